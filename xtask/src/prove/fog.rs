//! `prove fog`: the pairs of matches that the netcode tests compare, many more of them, on every core.

mod shard;

use std::{path::Path, thread::available_parallelism, time::Instant};

use anyhow::{Result, ensure};

use self::shard::{Counts, run_all};
use super::report::Report;
use crate::{
    cargo::{run_counted, workspace_cargo},
    keys::Keys,
    layout::Layout,
    progress::Progress,
};

/// Alone and optimised: a tick is simulated four million times.
const BUILD: &[&str] =
    &["test", "--release", "--package", "game", "--features", "mock-clock", "--test", "netcode"];

/// As the tests build it.
const BUILD_QUICK: &[&str] = &["test", "--workspace", "--features", "game/mock-clock", "--test", "netcode"];

const COMPARED: &str = "fog::t12_hidden_enemy_changes_no_byte";
const REPEATED: &str = "fog::t12_match_that_is_repeated_is_the_same_to_the_byte";
const REOPENED: &str = "fog::t12_every_leak_that_is_opened_again_is_found";

const PAIRS: u64 = 1_000;
const PAIRS_QUICK: u64 = 20;

/// Of one match.
const SECONDS: u32 = 20;
const SECONDS_QUICK: u32 = 10;

/// For the pairs, on two cores.
const MOST_MINUTES: f64 = 30.0;

pub fn perform(
    layout: &Layout,
    keys: &Keys,
    quick: bool,
    progress: &mut Progress,
    report: &mut Report,
) -> Result<()> {
    progress.begin("pairs");
    let mut compile = workspace_cargo(layout, keys);
    compile.args(if quick { BUILD_QUICK } else { BUILD }).arg("--no-run");
    let label = if quick { "netcode" } else { "fog" };
    let built = run_counted(layout, label, compile, progress, &mut || Ok(()))?;
    let binary = built.executable("netcode")?;
    progress.note("compiled");

    report.case("a match that is repeated is the same to the byte", |_| {
        run_all(&binary, REPEATED, &[Vec::new()]).map(drop)
    })?;
    let (pairs, seconds) = if quick { (PAIRS_QUICK, SECONDS_QUICK) } else { (PAIRS, SECONDS) };
    report.case("a hidden enemy changes no byte that the other team is told", |figures| {
        let began = Instant::now();
        let counts = compare(&binary, pairs, seconds)?;
        for (name, value) in &counts.0 {
            figures.note(name, *value);
        }
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        figures.note("seconds_of_a_match", seconds);
        figures.note_rounded("minutes", minutes);
        ensure!(counts.of("pairs_counted") >= pairs, "only {} pairs counted", counts.of("pairs_counted"));
        for what in ["drove", "fired", "threw", "died", "promised"] {
            let differed = format!("pairs_that_{what}_differently");
            ensure!(counts.of(&differed) > 0, "in no pair anything hidden {what} differently");
        }
        ensure!(minutes <= MOST_MINUTES, "it took {minutes:.0} minutes");
        Ok(())
    })?;
    report.case("every leak that is opened again is found", |figures| {
        for (name, value) in &run_all(&binary, REOPENED, &[Vec::new()])?.0 {
            figures.note(name, *value);
        }
        Ok(())
    })
}

/// Shares the pairs among the cores, a process each: the stepped clock is one for a process.
fn compare(binary: &Path, pairs: u64, seconds: u32) -> Result<Counts> {
    let cores = available_parallelism().map_or(1, usize::from) as u64;
    let share = pairs.div_ceil(cores);
    let shards: Vec<_> = (0..cores)
        .map(|core| {
            vec![
                ("FOGLINE_FOG_PAIRS", share.to_string()),
                ("FOGLINE_FOG_SECONDS", seconds.to_string()),
                ("FOGLINE_FOG_FIRST", (1 + core * 1_000_000).to_string()),
            ]
        })
        .collect();
    run_all(binary, COMPARED, &shards)
}
