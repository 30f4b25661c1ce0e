//! T5, T6: datagrams that end other programs, sent by somebody whom the room has begun to talk to.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    gauge::Gauge,
    request::{self, REQUEST},
    stage::Stage,
};
use crate::{
    interrupt,
    prove::{
        report::Figures,
        wait::{Look, until},
    },
};

/// The longest datagram that is tried.
const LONGEST: usize = 1_300;

/// In quick runs only every so many lengths.
const STRIDE: usize = 13;

/// Datagrams at once, and the pause between, so that the room reads what is sent.
const LOT: u8 = 64;
const PAUSE: Duration = Duration::from_millis(4);

/// A link that only asks is cleared away before that, and has to ask again.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Tickets live for 30 s.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// How often each of [`known`] is sent, and what share of them the room must say that it has refused.
const OF_EACH: usize = 100;
const SEEN: f64 = 0.9;

/// Goal: bytes of the answer for each of the request, in percent.
const ANSWER: usize = 35;

const PATIENCE: Duration = Duration::from_secs(5);

/// Known by name: more sequence bytes than there are, kinds that only a room sends, kinds that there are
/// not, and a number at the end of numbers.
fn known() -> Vec<Vec<u8>> {
    let of = |first: u8, length: usize, fill: u8| {
        let mut datagram = vec![fill; length];
        datagram[0] = first;
        datagram
    };
    let mut known = vec![of(0xF5, 26, 0), of(0x95, 26, 0), of(0x01, 18, 0), of(0x85, 64, 0xFF)];
    known.extend([0x81, 0x82, 0x87, 0x88, 0x8F].map(|first| of(first, 40, 0)));
    known
}

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let mark = stage.mark();
    let before = stage.gauge()?;
    let thief = stage.thief()?;
    let (socket, mut ask) = (thief.socket()?, request::of(&thief.ticket)?);
    socket.send(&ask)?;
    let answer = answer(&socket)?;
    figures.note("answer_bytes", answer);
    figures.note("request_bytes", REQUEST);

    let mut sent = 0_u64;
    let (mut asked, mut renewed) = (Instant::now(), Instant::now());
    for length in (0..=LONGEST).step_by(stage.count(1, STRIDE)) {
        if renewed.elapsed() > RENEW_EVERY {
            let thief = stage.thief()?;
            thief.renew()?;
            ask = request::of(&thief.ticket)?;
            renewed = Instant::now();
        }
        if asked.elapsed() > ASK_EVERY {
            socket.send(&ask).context("the room's port should be open")?;
            asked = Instant::now();
        }
        let mut datagram = vec![0xA5; length];
        for first in 0..=u8::MAX {
            if first % LOT == 0 {
                interrupt::pause(PAUSE)?;
            }
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            socket.send(&datagram).context("the room's port should be open")?;
            sent += 1;
        }
    }
    let swept = settled(stage)?;
    let known = known();
    for datagram in &known {
        socket.send(&ask)?;
        for _ in 0..OF_EACH {
            socket.send(datagram).context("the room's port should be open")?;
        }
        interrupt::pause(PAUSE)?;
    }
    let after = settled(stage)?;
    let deadly = known.len() * OF_EACH;
    figures.note("datagrams", sent);
    for why in ["shape", "stranger", "forged", "claimed", "flood"] {
        figures.note_rounded(&format!("refused_{why}"), swept.refused(why)? - before.refused(why)?);
    }
    let refused = after.refused("shape")? - swept.refused("shape")?;
    figures.note("known_by_name", deadly);
    figures.note_rounded("known_by_name_refused", refused);
    figures.note("mishaps", after.mishaps()?);
    ensure!(answer * 100 <= REQUEST * ANSWER, "{answer} bytes answer a request of {REQUEST}");
    ensure!(after.mishaps()? == before.mishaps()?, "something in the room has failed; see its log");
    ensure!(refused >= SEEN * deadly as f64, "the room has seen only {refused} of {deadly} deadly datagrams");
    let refused = swept.refused("shape")? - before.refused("shape")?;
    ensure!(refused > sent as f64 / 2.0, "the room has seen only {refused} of {sent} datagrams");
    let forged = swept.refused("forged")? - before.refused("forged")?;
    ensure!(forged > 0.0, "no datagram has reached decryption");
    stage.expect_everybody(mark)
}

/// What the room has counted by now; it looks at itself once a second.
fn settled(stage: &mut Stage<'_>) -> Result<Gauge> {
    interrupt::pause(Duration::from_millis(1_500))?;
    stage.check()?;
    stage.gauge()
}

/// Bytes of the first answer.
fn answer(socket: &UdpSocket) -> Result<usize> {
    let mut buffer = [0; 1500];
    until("an answer to a good request", PATIENCE, || {
        Ok(match socket.recv(&mut buffer) {
            Ok(length) => Look::Found(length),
            Err(error) => Look::Instead(error.to_string()),
        })
    })
}
