//! `prove soak`: one room plays match after match, in bad weather, with players who come, leave, come back
//! and are killed, and holds afterwards what it held before.

mod kernel;
mod players;
mod run;
mod stage;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, ensure};

use self::stage::Stage;
use super::{
    dice::Dice,
    report::{Figures, Report},
};
use crate::{keys::Keys, layout::Layout};

/// Goals of the design, written down beside what is measured: milliseconds from start to ready, kilobytes of
/// memory in proportion to how many share it, percent of one core.
const READY_GOAL_MS: f64 = 150.0;
const MEMORY_GOAL_KB: u64 = 12 * 1024;
const IDLE_GOAL: f64 = 0.1;

/// How many times as much as the goal a run may measure: other processes on the machine take their part, and
/// half an hour tells a slope only so well. Debug builds, of quick runs, are not what the goals are for.
pub struct Most {
    ready: f64,
    memory: u64,
    idle: f64,
    slope: f64,
}

const RELEASE: Most = Most { ready: 4.0, memory: 3, idle: 5.0, slope: 3.0 };
const DEBUG: Most = Most { ready: 30.0, memory: 10, idle: 50.0, slope: f64::INFINITY };

/// What the experiment runs.
pub struct Binaries {
    pub hub: PathBuf,
    pub room: PathBuf,
    pub client: PathBuf,
}

/// How much of it.
#[derive(Clone, Copy)]
pub struct Scale {
    /// How far from the goals.
    pub most: &'static Most,
    /// Matches, at least, and how long they go on, at least.
    pub matches: usize,
    pub length: Duration,
    pub match_seconds: u16,
    pub players: usize,
    /// Matches after which everybody has come by every door and everything that is made once is there.
    pub warm_up: usize,
    /// How long the room is watched while nobody needs it.
    pub idle: Duration,
}

const FULL: Scale = Scale {
    most: &RELEASE,
    matches: 50,
    length: Duration::from_secs(30 * 60),
    match_seconds: 20,
    players: 4,
    warm_up: 3,
    idle: Duration::from_secs(30),
};

const QUICK: Scale = Scale {
    most: &DEBUG,
    matches: 3,
    length: Duration::ZERO,
    match_seconds: 5,
    players: 2,
    warm_up: 1,
    idle: Duration::from_secs(3),
};

/// `seed` decides the weather and what the players do.
pub fn perform(
    layout: &Layout,
    keys: &Keys,
    binaries: &Binaries,
    quick: bool,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    println!("seed {seed}");
    let scale = if quick { QUICK } else { FULL };
    let stage = &mut Stage::set(layout, keys, binaries, scale, Dice::new(seed))?;
    report.case("a room is soon ready and costs little while nobody needs it", |figures| {
        let ready = stage.ready.as_secs_f64() * 1_000.0;
        figures.note_rounded("ready_ms", ready);
        figures.note("ready_ms_goal", READY_GOAL_MS);
        let most = stage.scale.most.ready * READY_GOAL_MS;
        ensure!(ready <= most, "the room was ready after {ready:.0} ms, {most:.0} were allowed");
        rest(stage, figures)
    })?;
    let title = "F22 match after match with players who come and go, and nothing grows";
    report.case(title, |figures| run::run(stage, figures))?;
    report.case("after them it costs as little", |figures| rest(stage, figures))
}

fn rest(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let idle = stage.idle_percent()?;
    figures.note_rounded("idle_percent_of_a_core", idle);
    figures.note("idle_percent_of_a_core_goal", IDLE_GOAL);
    let memory = stage.process().pss_kb()?;
    figures.note("memory_pss_kb", memory);
    figures.note("memory_pss_kb_goal", MEMORY_GOAL_KB);
    let most = stage.scale.most;
    ensure!(idle <= most.idle * IDLE_GOAL, "a room that nobody needs takes {idle:.2} % of a core");
    ensure!(memory <= most.memory * MEMORY_GOAL_KB, "a room that nobody needs holds {memory} kB");
    Ok(())
}
