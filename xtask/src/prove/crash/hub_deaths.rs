//! The hub is killed in the middle of everything, again and again.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::stage::{Stage, in_time};
use crate::{
    interrupt,
    prove::{
        report::Figures,
        sample::{median, worst},
    },
};

/// How long a hub lives.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_millis(4800);

/// Goal for every single start, in seconds.
const SERVING: f64 = 1.0;

/// A word about how far it is, so often.
const TELL_EVERY: usize = 25;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures, count: usize, end: Instant) -> Result<()> {
    let before = stage.voids()?;
    let mut serving = Vec::new();
    let mut underway = 0;
    let mut most = 0;
    for number in 0..count {
        in_time(end, number, count)?;
        let life = stage.dice.between(SHORTEST, LONGEST);
        interrupt::pause(life)?;
        stage.check()?;
        let matches = stage.players.underway().len();
        underway += matches;
        most = most.max(matches);
        stage.hub.kill()?;
        serving.push(stage.hub.serve()?.as_secs_f64());
        if (number + 1) % TELL_EVERY == 0 {
            println!("    {} of {count} deaths, {} results", number + 1, stage.results()?);
        }
    }
    stage.settle()?;
    let interrupted = stage.voids()? - before;
    let slowest = worst(&serving);
    figures.note("hub_deaths", count);
    figures.note_rounded("matches_under_way_at_a_death", underway as f64 / count.max(1) as f64);
    figures.note("most_matches_under_way", most);
    figures.note("results_so_far", stage.results()?);
    figures.note("rounds_interrupted_by_a_hub_death", interrupted);
    figures.note_rounded("seconds_until_serving_median", median(&serving));
    figures.note_rounded("seconds_until_serving_worst", slowest);
    stage.go_on();
    ensure!(interrupted == 0, "{interrupted} rounds were interrupted by a death of the hub");
    ensure!(slowest <= SERVING, "the hub took {slowest:.2} s until it served, {SERVING} is allowed");
    ensure!(most > 1, "there were never several matches under way");
    Ok(())
}
