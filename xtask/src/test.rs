//! `cargo xtask test`: every test there is, and one line that sums them up.

use std::{process::ExitCode, time::Instant};

use anyhow::{Result, bail};

use crate::{
    cargo::{run_counted, workspace_cargo},
    children::{Line, run_lines},
    keys::Keys,
    layout::Layout,
    postgres::Cluster,
    progress::{Progress, minutes},
    prove::{self, verdict},
    setup::{Need, set_up},
};

/// The whole workspace, with the features it ships with.
const WORKSPACE: &[&str] = &["test", "--workspace"];

/// The netcode under a clock that the tests move. The clock is replaced in everything built with
/// that feature, so nothing else may be.
const NETCODE: &[&str] = &["test", "--workspace", "--features", "game/mock-clock", "--test", "netcode"];

/// How many tests passed and failed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    pub fn exit_code(self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

pub fn run(layout: &Layout) -> Result<ExitCode> {
    let mut stages = Stages::default();
    let mut progress = Progress::new(3);
    progress.begin("set-up");
    stages.time("set-up", || {
        let needs = [Need::Native, Need::Web, Need::Test];
        set_up(layout, &needs, &mut progress, &mut || Ok(())).map(|()| Tally::default())
    })?;
    let keys = Keys::load(layout)?;
    let cluster = Cluster::start()?;
    progress.begin("tests");
    stages.time("tests", || cargo_test(layout, &keys, &cluster, "tests", WORKSPACE, &mut progress))?;
    progress.begin("netcode");
    stages.time("netcode", || cargo_test(layout, &keys, &cluster, "netcode", NETCODE, &mut progress))?;
    drop(cluster);
    stages.time("browser", || prove::play(layout, true))?;
    stages.time("crash", || prove::crash(layout, true, None))?;
    stages.time("abuse", || prove::abuse(layout, true, None))?;
    stages.time("feel", || prove::feel(layout, true, None))?;
    stages.time("guard", || prove::guard(layout, true, None))?;
    stages.time("soak", || prove::soak(layout, true, None))?;
    Ok(stages.finish())
}

/// What was run so far and how long it took.
#[derive(Default)]
struct Stages {
    lines: Vec<String>,
    tally: Tally,
}

impl Stages {
    fn time(&mut self, name: &str, stage: impl FnOnce() -> Result<Tally>) -> Result<()> {
        let began = Instant::now();
        let tally = stage()?;
        let Tally { passed, failed } = tally;
        let time = minutes(began.elapsed());
        self.lines.push(format!("{name:<10} {time:>8}  {passed} passed, {failed} failed"));
        self.tally.add(tally);
        Ok(())
    }

    fn finish(self) -> ExitCode {
        println!();
        for line in &self.lines {
            println!("{line}");
        }
        println!("{} passed, {} failed", self.tally.passed, self.tally.failed);
        self.tally.exit_code()
    }
}

/// Compiles first, counting crates, then runs and counts tests.
fn cargo_test(
    layout: &Layout,
    keys: &Keys,
    cluster: &Cluster,
    label: &str,
    arguments: &[&str],
    progress: &mut Progress,
) -> Result<Tally> {
    let mut compile = workspace_cargo(layout, keys);
    compile.args(arguments).arg("--no-run");
    run_counted(layout, label, compile, progress, &mut || Ok(()))?;
    progress.note("compiled");

    let mut command = workspace_cargo(layout, keys);
    cluster.announce(&mut command);
    command.args(arguments).arg("--no-fail-fast");
    let mut tally = Tally::default();
    let status = run_lines(
        &mut command,
        &mut |line| {
            let (Line::Out(text) | Line::Err(text)) = line;
            println!("{text}");
            tally.add(verdict::tally(&text).unwrap_or_default());
            Ok(())
        },
        &mut || Ok(()),
    )?;
    if !status.success() && tally.failed == 0 {
        bail!("`cargo {}` failed: {status}", arguments.join(" "));
    }
    Ok(tally)
}
