//! The guard's own tests, with as many forged and replayed tickets as nobody would wait for every day.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use anyhow::{Context as _, Result, ensure};

use super::Profile;
use crate::{
    cargo::{run_counted, workspace_cargo},
    children::{Line, run_lines},
    keys::Keys,
    layout::Layout,
    progress::Progress,
    prove::{report::Figures, verdict},
    test::Tally,
};

const FORGED: u64 = 1_000_000;
const FORGED_QUICK: u64 = 20_000;
const REPLAYED: u64 = 10_000;
const REPLAYED_QUICK: u64 = 2_000;

/// Of the holes and threats in `docs/security.md`, those that must have a test with their id in its name.
const HOLES: RangeInclusive<u32> = 1..=14;
const THREATS: RangeInclusive<u32> = 1..=8;

/// Tests of one kind.
struct Suite {
    label: &'static str,
    arguments: &'static [&'static str],
    /// Modules.
    of: &'static [&'static str],
}

const DOORS: &[&str] = &["guard::", "doors::"];
const WALLS: &[&str] = &["room::guard::", "room::ticket::", "room::listen::"];

/// As `cargo xtask test` has them, so that nothing is compiled twice.
const DEBUG: [Suite; 2] = [
    Suite { label: "libraries", arguments: &["test", "--workspace", "--lib"], of: WALLS },
    Suite {
        label: "netcode",
        arguments: &["test", "--workspace", "--features", "game/mock-clock", "--test", "netcode"],
        of: DOORS,
    },
];

const RELEASE: [Suite; 2] = [
    Suite {
        label: "libraries (release)",
        arguments: &["test", "--release", "-p", "game", "--features", "mock-clock", "--lib"],
        of: WALLS,
    },
    Suite {
        label: "netcode (release)",
        arguments: &["test", "--release", "-p", "game", "--features", "mock-clock", "--test", "netcode"],
        of: DOORS,
    },
];

pub fn compile(layout: &Layout, keys: &Keys, profile: Profile, progress: &mut Progress) -> Result<()> {
    progress.begin(&format!("tests ({})", profile.name()));
    for suite in profile.suites() {
        let mut compile = workspace_cargo(layout, keys);
        compile.args(suite.arguments).arg("--no-run");
        run_counted(layout, suite.label, compile, progress, &mut || Ok(()))?;
    }
    progress.note("compiled");
    Ok(())
}

pub fn run(layout: &Layout, keys: &Keys, profile: Profile, quick: bool, figures: &mut Figures) -> Result<()> {
    let (forged, replayed) = if quick { (FORGED_QUICK, REPLAYED_QUICK) } else { (FORGED, REPLAYED) };
    let mut heard = Heard::default();
    let mut broken = Vec::new();
    for suite in profile.suites() {
        let mut command = workspace_cargo(layout, keys);
        command
            .args(suite.arguments)
            .args(["--no-fail-fast", "--", "--show-output"])
            .args(suite.of)
            .env("FOGLINE_FORGED", forged.to_string())
            .env("FOGLINE_REPLAYED", replayed.to_string());
        let before = heard.tally.passed;
        let mut listen = |line: Line| {
            let (Line::Out(text) | Line::Err(text)) = line;
            heard.line(&text);
            anyhow::Ok(())
        };
        let status = run_lines(&mut command, &mut listen, &mut || Ok(()))?;
        ensure!(heard.tally.passed > before, "{}: there should be tests that pass: {status}", suite.label);
        if !status.success() {
            broken.push(format!("{}: {status}", suite.label));
        }
    }
    for (name, value) in &heard.figures {
        figures.note(name, *value);
    }
    let Tally { passed, failed } = heard.tally;
    figures.note("tests", passed + failed);
    ensure!(broken.is_empty() && failed == 0, "{failed} of {} tests failed: {broken:?}", passed + failed);
    for (name, least) in [("forged_tickets_decrypted", forged), ("replayed_tickets_decrypted", replayed)] {
        let count = heard.figures.get(name).with_context(|| format!("`{name}` should be told"))?;
        ensure!(*count >= least, "{name}: {count} of {least}");
    }
    let missing: Vec<_> = wanted().filter(|id| !heard.ids.contains(id)).collect();
    ensure!(missing.is_empty(), "no test that passed has one of these in its name: {missing:?}");
    Ok(())
}

impl Profile {
    fn suites(self) -> &'static [Suite] {
        match self {
            Profile::Debug => &DEBUG,
            Profile::Release => &RELEASE,
        }
    }
}

/// What the tests have said.
#[derive(Default)]
struct Heard {
    tally: Tally,
    figures: BTreeMap<String, u64>,
    /// Of holes and threats that a test that passed has in its name.
    ids: BTreeSet<String>,
}

impl Heard {
    fn line(&mut self, text: &str) {
        self.tally.add(verdict::tally(text).unwrap_or_default());
        self.figures.extend(verdict::figure(text).map(|(name, value)| (name.to_owned(), value)));
        self.ids.extend(verdict::passed(text).into_iter().flat_map(ids).map(str::to_owned));
        if text.contains("panicked at") || text.starts_with("test ") {
            println!("{text}");
        }
    }
}

/// The words at the front of a test's name that are a letter and a number.
fn ids(name: &str) -> impl Iterator<Item = &str> {
    let is_id =
        |word: &&str| word.strip_prefix(['l', 't']).is_some_and(|number| number.parse::<u32>().is_ok());
    name.split('_').take_while(is_id)
}

fn wanted() -> impl Iterator<Item = String> {
    let threats = THREATS.map(|threat| format!("t{threat}"));
    HOLES.map(|hole| format!("l{hole}")).chain(threats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_may_name_several_holes_and_threats() {
        let found = |name| ids(name).collect::<Vec<_>>();
        assert_eq!(found("t8_l7_junk_makes_no_link"), ["t8", "l7"]);
        assert!(found("late_input_for_t13_is_dropped").is_empty());
    }

    #[test]
    fn only_tests_that_passed_count_for_their_ids() {
        let mut heard = Heard::default();
        for line in [
            "test guard::tickets::t2_used_ticket_is_refused ... ok",
            "test guard::packets::l4_fragment_is_refused ... FAILED",
            "figure forged_tickets_decrypted 7",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; finished in 0.01s",
        ] {
            heard.line(line);
        }
        assert_eq!(heard.ids, BTreeSet::from(["t2".to_owned()]));
        assert_eq!(heard.figures.get("forged_tickets_decrypted"), Some(&7));
        assert_eq!(heard.tally, Tally { passed: 1, failed: 1 });
    }
}
