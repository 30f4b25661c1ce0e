//! T9: connections that want nothing, or want it very slowly.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use protocol::http::Credentials;

use super::stage::Stage;
use crate::{
    interrupt,
    prove::{
        dial::{connect, machine},
        http::Api,
        report::Figures,
        sample::{p99, worst},
        socket::Socket,
        wait::{Look, until},
    },
};

/// Goal: how long a connection that gets nowhere may stay open, in seconds.
const CUT: f64 = 6.0;

/// Goal: how much slower an honest log-in may be meanwhile. Under 50 ms more are the machine's.
const SLOWER: f64 = 2.0;
const NOISE: f64 = 0.05;

/// As many as one address may hold, and a few more.
const CROWD: usize = 80;
const ADMITTED: usize = 64;

const NET: u8 = 9;
const LOGINS: usize = 20;
const DRIP_EVERY: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let (_, owner) = stage.registered(NET, 0)?;
    let before = logins(stage, &owner, 0)?;
    let files = stage.hub.open_files()?;

    let mut attackers = Vec::new();
    for number in 0..stage.count(200, 80) {
        attackers.push(Attacker::begin(stage, number)?);
    }
    let mut during = Vec::new();
    let began = Instant::now();
    while attackers.iter().any(|attacker| attacker.cut.is_none()) && began.elapsed() < PATIENCE {
        interrupt::pause(Duration::from_millis(20))?;
        attackers.iter_mut().for_each(Attacker::go_on);
        if during.len() < LOGINS {
            during.push(login(stage, &owner, LOGINS + during.len())?);
        }
    }
    let open = attackers.iter().filter(|attacker| attacker.cut.is_none()).count();
    let cut: Vec<_> = attackers.iter().filter_map(|attacker| attacker.cut).collect();
    drop(attackers);
    until("the hub's files to be closed", PATIENCE, || {
        let now = stage.hub.open_files()?;
        Ok(if now <= files + 2 { Look::Found(()) } else { Look::Instead(format!("{now} of {files}")) })
    })?;
    let admitted = crowd(stage)?;

    figures.note("connections", cut.len() + open);
    figures.note("never_cut", open);
    figures.note_rounded("seconds_until_cut_worst", worst(&cut));
    figures.note_rounded("honest_login_p99_ms_before", 1e3 * p99(&before));
    figures.note_rounded("honest_login_p99_ms_meanwhile", 1e3 * p99(&during));
    figures.note("admitted_of_80_from_one_address", admitted);
    ensure!(open == 0, "{open} connections were not cut");
    ensure!(worst(&cut) <= CUT, "a connection stayed open for {:.1} s, {CUT} are allowed", worst(&cut));
    ensure!(admitted <= ADMITTED, "{admitted} connections came in from one address, {ADMITTED} may");
    let allowed = (SLOWER * p99(&before)).max(p99(&before) + NOISE);
    ensure!(p99(&during) <= allowed, "an honest log-in took {:.2} s meanwhile", p99(&during));
    Ok(())
}

/// One connection that gets nowhere.
struct Attacker {
    stream: TcpStream,
    began: Instant,
    drips: bool,
    dripped: Instant,
    /// Seconds until the hub closed it.
    cut: Option<f64>,
}

impl Attacker {
    /// In turn: silent, one byte of a head at a time, a WebSocket without a word.
    fn begin(stage: &Stage<'_>, number: usize) -> Result<Self> {
        let from = machine(NET, 100 + number / 40);
        let began = Instant::now();
        let stream = if number % 3 == 2 {
            Socket::open_from(from, stage.address(), "/socket/client")?.stream().try_clone()?
        } else {
            connect(from, stage.address())?
        };
        if number % 3 == 1 {
            (&stream).write_all(b"GET / HTTP/1.1\r\nX: ")?;
        }
        stream.set_nonblocking(true)?;
        Ok(Self { stream, began, drips: number % 3 == 1, dripped: began, cut: None })
    }

    fn go_on(&mut self) {
        if self.cut.is_some() {
            return;
        }
        let mut answer = [0; 1024];
        let mut closed = match self.stream.read(&mut answer) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        if self.drips && self.dripped.elapsed() >= DRIP_EVERY {
            self.dripped = Instant::now();
            closed |= self.stream.write_all(b"a").is_err();
        }
        if closed {
            self.cut = Some(self.began.elapsed().as_secs_f64());
        }
    }
}

fn logins(stage: &Stage<'_>, owner: &Credentials, first: usize) -> Result<Vec<f64>> {
    (first..first + LOGINS).map(|number| login(stage, owner, number)).collect()
}

/// Seconds that one right log-in takes, from a machine of its own.
pub fn login(stage: &Stage<'_>, owner: &Credentials, number: usize) -> Result<f64> {
    let began = Instant::now();
    let api = Api::new(stage.address(), machine(NET, 1 + number));
    let answer = api.post("/api/v1/login", None, &serde_json::to_string(owner)?)?;
    ensure!(answer.status == 200, "an honest log-in was answered with {}: {}", answer.status, answer.body);
    Ok(began.elapsed().as_secs_f64())
}

/// How many of a crowd from one address can talk to the hub at the same time.
fn crowd(stage: &Stage<'_>) -> Result<usize> {
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let mut stream = connect(machine(NET, 200), stage.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /style.css HTTP/1.1\r\nHost: hub\r\n\r\n").ok();
        crowd.push(stream);
    }
    let mut first = [0; 8];
    Ok(crowd.iter_mut().filter_map(|stream| stream.read(&mut first).ok()).filter(|read| *read > 0).count())
}
