//! T8: junk from thousands of addresses, while people play and somebody joins them.

use std::{
    collections::HashSet,
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::{
    Profile,
    gauge::{Gauge, LATENESS, TURNS},
    request,
    stage::Stage,
};
use crate::{
    interrupt,
    prove::{
        client::Client as _,
        dice::Dice,
        headless::Headless,
        report::Figures,
        sample::worst,
        wait::{Look, until},
    },
};

const SOURCES: usize = 10_000;
const SOURCES_QUICK: usize = 1_000;
const SECONDS: usize = 60;
const SECONDS_QUICK: usize = 10;

/// Sources at once, and the pause after each lot: together some 20,000 datagrams a second.
const LOT: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// How long the room is watched before.
const PEACE: Duration = Duration::from_secs(5);

/// By which doors somebody comes during the flood.
const LATE: [&str; 2] = ["udp", "webtransport"];

/// For what junk is refused, and of how much of it the room must say so, for each of them. Two in four
/// datagrams have no shape, one is a stranger's, and one asks with a ticket that nobody has made.
const REASONS: [&str; 3] = ["shape", "stranger", "ticket"];
const SEEN: f64 = 0.1;

/// Goals: how much more memory there may be at any time, in kB; how soon it is back; how many milliseconds
/// 99 of 100 turns with a tick may take, and how many times as long as in peace where nothing is optimised;
/// how long it may take to join; lines of the room's log in a second.
const GROWTH: f64 = 8.0 * 1024.0;
const BACK: Duration = Duration::from_secs(5);
const TURN_MS: f64 = 4.0;
const SLOWER: f64 = 3.0;
const JOINING: Duration = Duration::from_secs(15);
const LINES: f64 = 10.0;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let thief = stage.thief()?;
    let junk = Junk { room: thief.ticket.addresses.udp, request: request::of(&thief.ticket)? };
    let mut late = Vec::new();
    for door in LATE {
        late.push(stage.visitor(&format!("late player by {door}"), door)?);
    }
    let peace = stage.gauge()?;
    interrupt::pause(PEACE)?;
    let seconds = Duration::from_secs(stage.count(SECONDS, SECONDS_QUICK) as u64);
    let sources = stage.count(SOURCES, SOURCES_QUICK);
    let (mark, before) = (stage.mark(), stage.gauge()?);
    let (over, dice) = (AtomicBool::new(false), stage.dice.another());

    let watched = thread::scope(|scope| {
        let flood = scope.spawn(|| junk.pour(sources, dice, &over));
        // The thread must be told to end whatever happens here.
        let watched = watch(stage, &mut late, mark, seconds);
        over.store(true, Ordering::Relaxed);
        let poured = flood.join().map_err(|_| anyhow!("the flood has panicked"))?;
        anyhow::Ok((watched?, poured?))
    })?;
    let (Watched { joined, returned, since, memory, after }, poured) = watched;

    let lines = stage.since(mark).len() as f64 / seconds.as_secs_f64();
    let calm = before.p99_ms_since(&peace, TURNS)?;
    let turn = after.p99_ms_since(&before, TURNS)?;
    let peak = worst(&memory);
    figures.note("sources", poured.sources.len());
    figures.note("datagrams", poured.datagrams);
    figures.note_rounded("datagrams_per_second", poured.datagrams as f64 / seconds.as_secs_f64());
    figures.note("answered", poured.answered);
    for (door, took) in LATE.into_iter().zip(&joined) {
        figures.note_rounded(&format!("join_seconds_{door}"), took.as_secs_f64());
    }
    figures.note_rounded("return_seconds", returned.as_secs_f64());
    figures.note_rounded("memory_before_kb", before.memory_kb()?);
    figures.note_rounded("memory_peak_kb", peak);
    figures.note_rounded("turn_p99_ms_before", calm);
    figures.note_rounded("turn_p99_ms", turn);
    figures.note_rounded("lateness_p99_ms_before", before.p99_ms_since(&peace, LATENESS)?);
    figures.note_rounded("lateness_p99_ms", after.p99_ms_since(&before, LATENESS)?);
    figures.note_rounded("log_lines_per_second", lines);
    let mut refused = Vec::new();
    for why in REASONS {
        let count = after.refused(why)? - before.refused(why)?;
        figures.note_rounded(&format!("refused_{why}"), count);
        refused.push((why, count));
    }
    let limit = before.memory_kb()? + GROWTH;
    let settled = until("the room's memory to be back", BACK, || {
        let memory = stage.gauge()?.memory_kb()?;
        Ok(if memory <= limit { Look::Found(memory) } else { Look::Instead(format!("{memory} kB")) })
    })?;
    figures.note_rounded("memory_after_kb", settled);

    ensure!(poured.sources.len() == sources, "only {} of {sources} sources sent", poured.sources.len());
    let least = SEEN * poured.datagrams as f64;
    for (why, count) in refused {
        ensure!(count >= least, "only {count} datagrams were refused for `{why}`, {least:.0} were wanted");
    }
    ensure!(poured.answered == 0, "{} datagrams of junk were answered", poured.answered);
    for took in joined.into_iter().chain([returned]) {
        ensure!(took <= JOINING, "joining took {:.1} s", took.as_secs_f64());
    }
    ensure!(peak <= limit, "the room held {peak:.0} kB at worst, {limit:.0} were allowed");
    ensure!(lines <= LINES, "the room wrote {lines:.1} lines a second");
    ensure!(after.mishaps()? == before.mishaps()?, "something in the room has failed; see its log");
    let most = match stage.profile {
        Profile::Debug => (SLOWER * calm).max(TURN_MS),
        Profile::Release => TURN_MS,
    };
    ensure!(turn <= most, "99 of 100 turns took up to {turn:.1} ms, {most:.1} were allowed");
    stage.expect_everybody(since)
}

struct Watched {
    /// From *Play* until the room let them in, in the order of [`LATE`].
    joined: Vec<Duration>,
    /// From *Play* until somebody who had left drove again.
    returned: Duration,
    /// A mark in the room's log, from when on nobody leaves.
    since: usize,
    /// In kB, once a second.
    memory: Vec<f64>,
    after: Gauge,
}

/// Looks on for so long; meanwhile some join, and one who plays leaves and comes back.
fn watch(stage: &mut Stage<'_>, late: &mut [Headless], mark: usize, seconds: Duration) -> Result<Watched> {
    let began = Instant::now();
    interrupt::pause(Duration::from_secs(2))?;
    let mut memory = vec![stage.gauge()?.memory_kb()?];
    let mut joined = Vec::new();
    for player in late {
        let pressed = Instant::now();
        player.press_play()?;
        let door = format!("transport={}", player.transport());
        until(&format!("{} to be let in", player.name()), 2 * JOINING, || {
            stage.check()?;
            let lines = stage.since(mark);
            let here = lines.iter().any(|line| line.contains("newcomer waits") && line.contains(&door));
            Ok(if here { Look::Found(()) } else { Look::Instead(format!("{} lines", lines.len())) })
        })?;
        joined.push(pressed.elapsed());
        memory.push(stage.gauge()?.memory_kb()?);
    }
    stage.expect_everybody(mark)?;
    let returned = stage.come_back()?;
    let since = stage.mark();
    while began.elapsed() < seconds {
        interrupt::pause(Duration::from_secs(1))?;
        stage.check()?;
        stage.expect_everybody(since)?;
        memory.push(stage.gauge()?.memory_kb()?);
    }
    let after = stage.gauge()?;
    Ok(Watched { joined, returned, since, memory, after })
}

struct Junk {
    room: SocketAddr,
    /// A good one, whose public part anybody may copy.
    request: Vec<u8>,
}

#[derive(Default)]
struct Poured {
    /// Which of them have sent something.
    sources: HashSet<usize>,
    datagrams: u64,
    /// Datagrams that came back.
    answered: u64,
}

impl Junk {
    /// Sends from one source after the other, again and again, until it is over.
    fn pour(&self, sources: usize, mut dice: Dice, over: &AtomicBool) -> Result<Poured> {
        let mut poured = Poured::default();
        let mut first = 0;
        while !over.load(Ordering::Relaxed) {
            let numbers = (first..first + LOT).map(|number| number % sources);
            let lot: Vec<_> =
                numbers.map(|number| anyhow::Ok((number, source(number)?))).collect::<Result<_>>()?;
            first += LOT;
            let datagrams = self.datagrams(&mut dice);
            for (number, socket) in &lot {
                for datagram in &datagrams {
                    match socket.send_to(datagram, self.room) {
                        Ok(_) => {
                            poured.sources.insert(*number);
                            poured.datagrams += 1;
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error).context("unable to send junk"),
                    }
                }
            }
            thread::sleep(PAUSE);
            let mut byte = [0];
            let answered = lot.iter().filter(|(_, socket)| socket.recv_from(&mut byte).is_ok()).count();
            poured.answered += answered as u64;
        }
        Ok(poured)
    }

    /// Noise, a packet of death, what a client sends later, and a request that only its ticket gives away.
    fn datagrams(&self, dice: &mut Dice) -> [Vec<u8>; 4] {
        let noise = (0..150).flat_map(|_| dice.throw().to_be_bytes()).collect();
        let mut payload = vec![dice.throw() as u8; 200];
        payload[0] = 0x15;
        [noise, vec![0xF5; 26], payload, request::invented(&self.request, dice.throw())]
    }
}

/// One of many machines.
fn source(number: usize) -> Result<UdpSocket> {
    let number = u32::try_from(number).unwrap_or_default();
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 2, 0, 1).to_bits() + number);
    let socket = UdpSocket::bind((address, 0)).with_context(|| format!("unable to send from {address}"))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
