//! T18: a dictionary from a hundred addresses against one account, while its owner is signed in.

use std::{net::SocketAddr, thread, time::Instant};

use anyhow::{Result, anyhow, ensure};
use protocol::http::Credentials;

use super::{loris::login, stage::Stage};
use crate::prove::{
    dial::machine,
    http::Api,
    report::Figures,
    sample::{p99, worst},
};

/// Goal: the share of guesses that are evaluated beyond the first few.
const EVALUATED: f64 = 0.001;

/// Wrong passwords that are free, as the hub's settings have it.
const FREE: u64 = 5;

/// Goal: seconds that another player's log-in may take meanwhile.
const LOGIN: f64 = 1.0;

const ADDRESSES: usize = 100;
const THREADS: usize = 4;
const NET: u8 = 18;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let (owner, credentials) = stage.registered(NET, 200)?;
    let (_, other) = stage.registered(NET, 201)?;
    let guesses = stage.count(10_000, 600);
    let hashed = stage.hub.counter("fogline_password_hashes_total")?;
    let began = Instant::now();
    let (attack, honest) = thread::scope(|scope| {
        let attackers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (name, hub) = (&credentials.name, stage.address());
                scope.spawn(move || guess(hub, name, thread, guesses / THREADS))
            })
            .collect();
        let mut honest = Vec::new();
        // Beyond those that the slow connections of T9 have used.
        while attackers.iter().any(|attacker| !attacker.is_finished()) && honest.len() < 20 {
            honest.push(
                login(stage, &other, 60 + honest.len()).map(|seconds| (seconds, owner.history().is_ok())),
            );
        }
        let attack: Vec<_> = attackers.into_iter().map(|attacker| attacker.join()).collect();
        (attack, honest)
    });
    let seconds = began.elapsed().as_secs_f64();
    let mut answered = Answered::default();
    for thread in attack {
        answered.add(thread.map_err(|_| anyhow!("an attacker has panicked"))??);
    }
    let honest = honest.into_iter().collect::<Result<Vec<_>>>()?;
    let logins: Vec<_> = honest.iter().map(|(seconds, _)| *seconds).collect();
    let hashed = stage.hub.counter("fogline_password_hashes_total")? - hashed;
    let evaluated = hashed.saturating_sub(logins.len() as u64);
    let share = evaluated.saturating_sub(FREE) as f64 / guesses as f64;
    let locked_out = honest.iter().filter(|(_, signed_in)| !signed_in).count();

    figures.note("guesses", guesses);
    figures.note("answered_wrong", answered.wrong);
    figures.note("turned_away", answered.turned_away);
    figures.note("evaluated", evaluated);
    figures.note("share_evaluated_beyond_the_first_5", share);
    figures.note_rounded("guesses_per_second", guesses as f64 / seconds);
    figures.note_rounded("honest_login_p99_ms", 1e3 * p99(&logins));
    figures.note("times_the_signed_in_owner_was_shut_out", locked_out);
    ensure!(answered.other == 0, "{} guesses were answered with another status", answered.other);
    ensure!(share <= EVALUATED, "{:.2} % of the guesses were evaluated", 100.0 * share);
    ensure!(worst(&logins) <= LOGIN, "an honest log-in took {:.1} s", worst(&logins));
    ensure!(locked_out == 0 && owner.socket_token().is_ok(), "the signed-in owner was shut out");
    Ok(())
}

#[derive(Default)]
struct Answered {
    wrong: usize,
    turned_away: usize,
    other: usize,
}

impl Answered {
    fn add(&mut self, more: Self) {
        self.wrong += more.wrong;
        self.turned_away += more.turned_away;
        self.other += more.other;
    }
}

fn guess(hub: SocketAddr, name: &str, thread: usize, guesses: usize) -> Result<Answered> {
    let mut answered = Answered::default();
    for number in 0..guesses {
        let from = machine(NET, (thread + number * THREADS) % ADDRESSES);
        let password = format!("password number {thread} {number}");
        let body = serde_json::to_string(&Credentials { name: name.to_owned(), password })?;
        match Api::new(hub, from).post("/api/v1/login", None, &body)?.status {
            401 => answered.wrong += 1,
            429 | 503 => answered.turned_away += 1,
            _ => answered.other += 1,
        }
    }
    Ok(answered)
}
