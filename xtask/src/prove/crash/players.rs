//! Everybody who plays while the system is being broken.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use anyhow::Result;
use protocol::id::MatchId;

use super::player::{Diary, Player, Whereabouts};
use crate::prove::{dial::machine, dice::Dice, http::Account, visitor::Build};

/// What all players obey.
#[derive(Default)]
pub struct Orders {
    pub go_home: AtomicBool,
    /// Nobody queues any more; who plays plays on.
    pub rest: AtomicBool,
}

/// One thread each. Dropping it sends them home.
pub struct Players {
    crew: Vec<Member>,
    orders: Arc<Orders>,
}

struct Member {
    account: Account,
    diary: Arc<Mutex<Diary>>,
    thread: Option<JoinHandle<()>>,
}

/// A match that is being played, as its players know.
#[derive(Clone, Debug)]
pub struct Underway {
    pub match_id: MatchId,
    /// Where its tickets lead.
    pub room: u16,
    /// When the first player got a ticket.
    pub since: Instant,
    pub players: Vec<usize>,
}

impl Players {
    /// Guests from as many machines.
    pub fn enter(count: usize, hub: SocketAddr, build: &Build, dice: &mut Dice) -> Result<Self> {
        let orders = Arc::new(Orders::default());
        let mut crew = Vec::new();
        for number in 0..count {
            let account = Account::guest_from(hub, machine(1, number))?;
            let diary = Arc::new(Mutex::new(Diary::default()));
            let player =
                Player::new(account.clone(), build.clone(), diary.clone(), orders.clone(), dice.another());
            let thread = Some(thread::spawn(move || player.play()));
            crew.push(Member { account, diary, thread });
        }
        Ok(Self { crew, orders })
    }

    pub fn rest(&self, rest: bool) {
        self.orders.rest.store(rest, Ordering::Relaxed);
    }

    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.crew.iter().map(|member| &member.account)
    }

    /// What each of them has seen.
    pub fn diaries(&self) -> impl Iterator<Item = MutexGuard<'_, Diary>> {
        self.crew.iter().map(Member::diary)
    }

    /// Whether nobody waits or plays.
    pub fn idle(&self) -> bool {
        self.diaries().all(|diary| diary.whereabouts == Whereabouts::Idle)
    }

    pub fn underway(&self) -> Vec<Underway> {
        let mut matches = BTreeMap::<MatchId, Underway>::new();
        for (number, diary) in self.diaries().enumerate() {
            let Whereabouts::Playing(match_id) = diary.whereabouts else { continue };
            let Some(found) = diary.found.get(&match_id) else { continue };
            let fresh = || Underway { match_id, room: found.room, since: found.at, players: Vec::new() };
            let underway = matches.entry(match_id).or_insert_with(fresh);
            underway.since = underway.since.min(found.at);
            underway.players.push(number);
        }
        matches.into_values().collect()
    }

    /// When each player of a match was told that it is void, and was back in the queue or beyond;
    /// `None` while one of them waits for it.
    pub fn back_from(&self, underway: &Underway) -> Option<(Instant, Instant)> {
        let mut last = None::<(Instant, Instant)>;
        for member in underway.players.iter().filter_map(|number| self.crew.get(*number)) {
            let diary = member.diary();
            let void = diary.voided.get(&underway.match_id)?;
            let (told, back) = (void.told, void.back?);
            last = Some(last.map_or((told, back), |(t, b)| (t.max(told), b.max(back))));
        }
        last
    }

    pub fn at_a_glance(&self) -> String {
        let count = |wanted: fn(&Whereabouts) -> bool| {
            self.diaries().filter(|diary| wanted(&diary.whereabouts)).count()
        };
        format!(
            "{} away, {} idle, {} waiting, {} playing",
            count(|w| *w == Whereabouts::Away),
            count(|w| *w == Whereabouts::Idle),
            count(|w| *w == Whereabouts::Waiting),
            count(|w| matches!(w, Whereabouts::Playing(_)))
        )
    }
}

impl Member {
    fn diary(&self) -> MutexGuard<'_, Diary> {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Players {
    fn drop(&mut self) {
        self.orders.go_home.store(true, Ordering::Relaxed);
        for member in &mut self.crew {
            if let Some(thread) = member.thread.take()
                && thread.join().is_err()
            {
                eprintln!("warning: a player has panicked");
            }
        }
    }
}
