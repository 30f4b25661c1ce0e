//! `prove lifecycle`: the hub's random walks over its state machine, more of them than a test run takes.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::report::{Figures, Report};
use crate::{
    cargo::{run_counted, workspace_cargo},
    children::{Line, run_lines},
    keys::Keys,
    layout::Layout,
    postgres::Cluster,
    progress::Progress,
    test::Tally,
};

/// The whole workspace's features, so that nothing is compiled twice.
const TEST: &[&str] = &["test", "--workspace", "--test", "lifecycle"];

const WALKS: u32 = 10_000;
const WALKS_QUICK: u32 = 300;

pub fn perform(
    layout: &Layout,
    keys: &Keys,
    quick: bool,
    progress: &mut Progress,
    report: &mut Report,
) -> Result<()> {
    progress.begin("walks");
    let mut compile = workspace_cargo(layout, keys);
    compile.args(TEST).arg("--no-run");
    run_counted(layout, "lifecycle", compile, progress, &mut || Ok(()))?;
    progress.note("compiled");
    let cluster = Cluster::start()?;
    let walks = if quick { WALKS_QUICK } else { WALKS };
    let mut walked = None;
    report.case("random walks lose nothing and double nothing", |figures| {
        let mut command = workspace_cargo(layout, keys);
        cluster.announce(&mut command);
        command.args(TEST).args(["--", "--nocapture"]).env("FOGLINE_WALKS", walks.to_string());
        let status = run_lines(
            &mut command,
            &mut |line| {
                let (Line::Out(text) | Line::Err(text)) = line;
                println!("{text}");
                note(&text, figures);
                walked = tally(&text).or(walked);
                Ok(())
            },
            &mut || Ok(()),
        )?;
        let Tally { passed, failed } = walked.context("the walks should have been counted")?;
        figures.note("walks", passed + failed);
        ensure!(status.success(), "{failed} of {walks} walks broke a rule; their seeds are above");
        ensure!(passed + failed >= walks as usize, "only {} of {walks} walks were walked", passed + failed);
        Ok(())
    })?;
    if let Some(walked) = walked {
        report.count(walked);
    }
    Ok(())
}

/// Reads `figure NAME VALUE`.
fn note(line: &str, figures: &mut Figures) {
    let Some((name, value)) = line.strip_prefix("figure ").and_then(|rest| rest.split_once(' ')) else {
        return;
    };
    let value = value.trim();
    let number = value.parse::<u64>().map(Value::from).or_else(|_| value.parse::<f64>().map(Value::from));
    figures.note(name, number.unwrap_or_else(|_| Value::from(value)));
}

/// Reads `lifecycle: N passed, M failed`.
fn tally(line: &str) -> Option<Tally> {
    let (_, counts) = line.split_once("lifecycle: ")?;
    let (passed, failed) = counts.split_once(" passed, ")?;
    Some(Tally { passed: passed.parse().ok()?, failed: failed.strip_suffix(" failed")?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_are_counted_from_the_last_line() {
        let read = tally("lifecycle: 298 passed, 2 failed");
        assert_eq!(read, Some(Tally { passed: 298, failed: 2 }));
        assert_eq!(tally("test lifecycle ... ok"), None);
    }
}
