//! The line between rooms and hub repeats, delays and reorders everything.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{relay::Relay, stage::Stage};
use crate::{interrupt, prove::report::Figures};

/// How long matches are played over that line.
const TIME: Duration = Duration::from_secs(45);

/// Results that come in that time at least.
const RESULTS: usize = 10;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    stage.settle()?;
    let relay = Relay::start(stage.hub.address(), stage.dice.another())?;
    for room in &mut stage.rooms {
        room.kill()?;
        room.start(relay.address())?;
    }
    stage.wait_for_rooms()?;
    let (voids, results) = (stage.voids()?, stage.results()?);
    stage.go_on();
    let began = Instant::now();
    while began.elapsed() < TIME {
        stage.check()?;
        interrupt::pause(Duration::from_millis(200))?;
    }
    stage.settle()?;
    let (voids, results) = (stage.voids()? - voids, stage.results()? - results);
    let counts = relay.counts();
    figures.note("messages", counts.carried);
    figures.note("repeated", counts.repeated);
    figures.note("overtaken", counts.overtaken);
    figures.note("longest_delay_ms", Relay::LONGEST_DELAY.as_millis() as u64);
    figures.note("results", results);
    figures.note("void_matches", voids);

    let hub = stage.hub.address();
    for room in &mut stage.rooms {
        room.kill()?;
        room.start(hub)?;
    }
    stage.wait_for_rooms()?;
    stage.go_on();
    ensure!(results >= RESULTS, "only {results} matches were played to their end");
    ensure!(voids == 0, "{voids} matches became void");
    ensure!(counts.overtaken > 0, "nothing came out of order");
    Ok(())
}
