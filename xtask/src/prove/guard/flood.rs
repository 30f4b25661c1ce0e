//! T8: junk from thousands of addresses, while people play and somebody joins them.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::{Profile, gauge::Gauge, request, stage::Stage};
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

/// Goals: how much more memory there may be at the end, in kB; until when; what share of the ticks may
/// take longer than 4 ms; how long it may take to join; lines of the room's log in a second.
const GROWTH: f64 = 8.0 * 1024.0;
const BACK: Duration = Duration::from_secs(5);
const SLOW: f64 = 0.01;
const JOINING: Duration = Duration::from_secs(15);
const LINES: f64 = 10.0;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let thief = stage.thief()?;
    let junk = Junk { room: thief.ticket.addresses.udp, request: request::of(&thief.ticket)? };
    let mut late = stage.visitor("late player")?;
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
    let (Watched { joined, memory, after }, Poured { datagrams, answered }) = watched;

    let lines = stage.since(mark).len() as f64 / seconds.as_secs_f64();
    let slow = after.slow_ticks_since(&before)?;
    figures.note("sources", sources);
    figures.note("datagrams", datagrams);
    figures.note_rounded("datagrams_per_second", datagrams as f64 / seconds.as_secs_f64());
    figures.note("answered", answered);
    figures.note_rounded("join_seconds", joined.as_secs_f64());
    figures.note_rounded("memory_before_kb", before.memory_kb()?);
    figures.note_rounded("memory_peak_kb", worst(&memory));
    figures.note_rounded("slow_ticks_percent", slow * 100.0);
    figures.note_rounded("log_lines_per_second", lines);
    for why in ["shape", "stranger", "ticket"] {
        figures.note_rounded(&format!("refused_{why}"), after.refused(why) - before.refused(why));
    }
    let limit = before.memory_kb()? + GROWTH;
    let settled = until("the room's memory to be back", BACK, || {
        let memory = stage.gauge()?.memory_kb()?;
        Ok(if memory <= limit { Look::Found(memory) } else { Look::Instead(format!("{memory} kB")) })
    })?;
    figures.note_rounded("memory_after_kb", settled);
    ensure!(answered == 0, "{answered} datagrams of junk were answered");
    ensure!(joined <= JOINING, "joining took {:.1} s", joined.as_secs_f64());
    ensure!(lines <= LINES, "the room wrote {lines:.1} lines a second");
    ensure!(after.mishaps()? == before.mishaps()?, "something in the room has failed; see its log");
    // A debug build is slow in peace, too.
    ensure!(
        stage.profile == Profile::Debug || slow <= SLOW,
        "{:.1} % of the ticks took longer than 4 ms",
        slow * 100.0
    );
    stage.expect_everybody(mark)
}

struct Watched {
    joined: Duration,
    /// In kB, once a second.
    memory: Vec<f64>,
    after: Gauge,
}

/// Looks on for so long; meanwhile somebody joins.
fn watch(stage: &mut Stage<'_>, late: &mut Headless, mark: usize, seconds: Duration) -> Result<Watched> {
    let began = Instant::now();
    let mut memory = Vec::new();
    interrupt::pause(Duration::from_secs(2))?;
    let pressed = Instant::now();
    late.press_play()?;
    until("the late player to be linked", JOINING, || {
        stage.check()?;
        let here = stage.since(mark).iter().any(|line| line.contains("newcomer waits"));
        Ok(if here { Look::Found(()) } else { Look::Instead(format!("{} lines", stage.since(mark).len())) })
    })?;
    let joined = pressed.elapsed();
    while began.elapsed() < seconds {
        interrupt::pause(Duration::from_secs(1))?;
        stage.check()?;
        stage.expect_everybody(mark)?;
        memory.push(stage.gauge()?.memory_kb()?);
    }
    let after = stage.gauge()?;
    Ok(Watched { joined, memory, after })
}

struct Junk {
    room: SocketAddr,
    /// A good one, whose public part anybody may copy.
    request: Vec<u8>,
}

struct Poured {
    datagrams: u64,
    /// Datagrams that came back.
    answered: u64,
}

impl Junk {
    /// Sends from one source after the other, again and again, until it is over.
    fn pour(&self, sources: usize, mut dice: Dice, over: &AtomicBool) -> Result<Poured> {
        let mut poured = Poured { datagrams: 0, answered: 0 };
        let mut first = 0;
        while !over.load(Ordering::Relaxed) {
            let lot: Vec<_> =
                (first..first + LOT).map(|number| source(number % sources)).collect::<Result<_>>()?;
            first += LOT;
            let datagrams = self.datagrams(&mut dice);
            for socket in &lot {
                for datagram in &datagrams {
                    match socket.send_to(datagram, self.room) {
                        Ok(_) => poured.datagrams += 1,
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error).context("unable to send junk"),
                    }
                }
            }
            thread::sleep(PAUSE);
            let mut byte = [0];
            let answered = lot.iter().filter(|socket| socket.recv_from(&mut byte).is_ok()).count();
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
