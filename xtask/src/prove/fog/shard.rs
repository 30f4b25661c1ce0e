//! One test in several processes at once, and the figures that they print.

use std::{collections::BTreeMap, path::Path, thread};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::{
    children::{Line, run_lines, tethered},
    prove::verdict,
    test::Tally,
};

/// What a process is told by its environment.
pub type Environment = Vec<(&'static str, String)>;

/// Figures by name, summed up over all processes.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<String, u64>);

impl Counts {
    /// 0 if nothing of that name was counted.
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    fn add(&mut self, line: &str) {
        if let Some((name, value)) = verdict::figure(line) {
            *self.0.entry(name.to_owned()).or_default() += value;
        }
    }
}

/// Runs one test of a test binary in as many processes as there are environments, all at the same time.
///
/// # Errors
///
/// A process could not be started, or the test did not run, or failed.
pub fn run_all(binary: &Path, test: &str, environments: &[Environment]) -> Result<Counts> {
    let outcomes: Vec<Result<Counts>> = thread::scope(|scope| {
        let started = |environment| scope.spawn(move || run(binary, test, environment));
        let running: Vec<_> = environments.iter().map(started).collect();
        running
            .into_iter()
            .map(|shard| shard.join().unwrap_or_else(|_| Err(anyhow!("a process was not followed"))))
            .collect()
    });
    let mut sum = Counts::default();
    for outcome in outcomes {
        for (name, value) in outcome?.0 {
            *sum.0.entry(name).or_default() += value;
        }
    }
    Ok(sum)
}

/// The thread that starts a process lives as long as the process, which would end with it.
fn run(binary: &Path, test: &str, environment: &Environment) -> Result<Counts> {
    let mut command = tethered(binary);
    command.args(["--exact", test, "--nocapture"]);
    for (name, value) in environment {
        command.env(name, value);
    }
    let mut counts = Counts::default();
    let mut tally = None;
    let status = run_lines(
        &mut command,
        &mut |line| {
            let (Line::Out(text) | Line::Err(text)) = line;
            println!("{text}");
            counts.add(&text);
            tally = verdict::tally(&text).or(tally);
            Ok(())
        },
        &mut || Ok(()),
    )?;
    let tally = tally.with_context(|| format!("`{test}` did not come to an end: {status}"))?;
    let passed = tally == Tally { passed: 1, failed: 0 };
    ensure!(passed && status.success(), "`{test}` failed, see above");
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_same_name_are_summed_up() {
        let mut counts = Counts::default();
        for line in ["figure pairs 3", "figure pairs 4", "figure ticks x", "25 of 500 pairs"] {
            counts.add(line);
        }
        assert_eq!((counts.of("pairs"), counts.of("ticks")), (7, 0));
    }
}
