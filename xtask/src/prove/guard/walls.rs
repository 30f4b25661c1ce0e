//! The guard's own tests, with as many forged and replayed tickets as nobody would wait for every day.

use anyhow::{Context as _, Result, ensure};

use super::Profile;
use crate::{
    cargo::{run_counted, workspace_cargo},
    children::{Line, run_lines},
    keys::Keys,
    layout::Layout,
    progress::Progress,
    prove::report::Figures,
};

/// As `cargo xtask test` has it, so that nothing is compiled twice.
const DEBUG: &[&str] = &["test", "--workspace", "--features", "game/mock-clock", "--test", "netcode"];
const RELEASE: &[&str] =
    &["test", "--release", "--package", "game", "--features", "mock-clock", "--test", "netcode"];

const FORGED: u64 = 1_000_000;
const FORGED_QUICK: u64 = 20_000;
const REPLAYED: u64 = 10_000;
const REPLAYED_QUICK: u64 = 2_000;

pub fn compile(layout: &Layout, keys: &Keys, profile: Profile, progress: &mut Progress) -> Result<()> {
    progress.begin(&format!("tests ({})", profile.name()));
    let mut compile = workspace_cargo(layout, keys);
    compile.args(profile.arguments()).arg("--no-run");
    let label = match profile {
        Profile::Debug => "netcode",
        Profile::Release => "netcode (release)",
    };
    run_counted(layout, label, compile, progress, &mut || Ok(()))?;
    progress.note("compiled");
    Ok(())
}

pub fn run(layout: &Layout, keys: &Keys, profile: Profile, quick: bool, figures: &mut Figures) -> Result<()> {
    let (forged, replayed) = if quick { (FORGED_QUICK, REPLAYED_QUICK) } else { (FORGED, REPLAYED) };
    let mut command = workspace_cargo(layout, keys);
    command
        .args(profile.arguments())
        .args(["--", "--nocapture", "guard::"])
        .env("FOGLINE_FORGED", forged.to_string())
        .env("FOGLINE_REPLAYED", replayed.to_string());
    let (mut told, mut counted) = (Vec::new(), None);
    let status = run_lines(
        &mut command,
        &mut |line| {
            let (Line::Out(text) | Line::Err(text)) = line;
            told.extend(figure(&text));
            counted = tally(&text).or(counted);
            if text.contains("panicked at") || text.starts_with("test ") {
                println!("{text}");
            }
            Ok(())
        },
        &mut || Ok(()),
    )?;
    for (name, value) in &told {
        figures.note(name, *value);
    }
    let (passed, failed) = counted.context("the tests should have been counted")?;
    figures.note("tests", passed + failed);
    ensure!(status.success() && failed == 0, "{failed} of {} tests failed", passed + failed);
    ensure!(passed > 0, "there should be tests");
    for (name, least) in [("forged_tickets_decrypted", forged), ("replayed_tickets_decrypted", replayed)] {
        let count = told.iter().find(|(told, _)| told == name).map_or(0, |(_, count)| *count);
        ensure!(count >= least, "{name}: {count} of {least}");
    }
    Ok(())
}

impl Profile {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Profile::Debug => DEBUG,
            Profile::Release => RELEASE,
        }
    }
}

/// Reads `figure NAME COUNT`.
fn figure(line: &str) -> Option<(String, u64)> {
    let (name, count) = line.strip_prefix("figure ")?.split_once(' ')?;
    Some((name.to_owned(), count.trim().parse().ok()?))
}

/// Reads `test result: ok. 3 passed; 1 failed; ...`.
fn tally(line: &str) -> Option<(u64, u64)> {
    let counts = line.strip_prefix("test result: ")?;
    let count = |word: &str| {
        counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
    };
    Some((count("passed")?, count("failed")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_results_are_read() {
        let told = figure("figure forged_tickets_decrypted 3000");
        assert_eq!(told, Some(("forged_tickets_decrypted".to_owned(), 3_000)));
        let result = tally("test result: FAILED. 12 passed; 3 failed; 0 ignored; finished in 0.01s");
        assert_eq!(result, Some((12, 3)));
        assert_eq!(tally("test guard::flood ... ok"), None);
    }
}
