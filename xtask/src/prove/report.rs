//! Cases, what they measured, and the line that sums them up.

use std::{fs, path::Path, thread::available_parallelism, time::Instant};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::{interrupt::Interrupted, test::Tally};

/// One claim's experiment.
pub struct Report {
    name: &'static str,
    cases: Vec<Value>,
    tally: Tally,
}

/// What one case has measured, in the order of its keys.
#[derive(Default)]
pub struct Figures(Map<String, Value>);

impl Figures {
    pub fn note(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Seconds since `began`, to the hundredth.
    pub fn note_seconds(&mut self, key: &str, began: Instant) {
        self.note_rounded(key, began.elapsed().as_secs_f64());
    }

    /// To the hundredth.
    pub fn note_rounded(&mut self, key: &str, value: f64) {
        self.note(key, (value * 100.0).round() / 100.0);
    }
}

impl Report {
    pub fn new(name: &'static str) -> Self {
        Self { name, cases: Vec::new(), tally: Tally::default() }
    }

    /// A failed case does not end the others; Ctrl-C does.
    pub fn case(&mut self, title: &str, experiment: impl FnOnce(&mut Figures) -> Result<()>) -> Result<()> {
        let number = self.cases.len() + 1;
        println!("\n({number}) {title}");
        let began = Instant::now();
        let mut figures = Figures::default();
        let outcome = experiment(&mut figures);
        figures.note_seconds("case_seconds", began);
        for (key, value) in &figures.0 {
            println!("    {key}: {value}");
        }
        let error = match outcome {
            Ok(()) => {
                println!("    pass");
                self.tally.passed += 1;
                None
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                println!("    FAIL: {error:#}");
                self.tally.failed += 1;
                Some(format!("{error:#}"))
            }
        };
        self.cases.push(json!({
            "case": number,
            "title": title,
            "passed": error.is_none(),
            "error": error,
            "figures": figures.0,
        }));
        Ok(())
    }

    /// Sums up in other units than cases; a failed case stays one.
    pub fn count(&mut self, tally: Tally) {
        self.tally = Tally { passed: tally.passed, failed: tally.failed.max(self.tally.failed) };
    }

    /// Writes the figures to `NAME.json` in `folder` and prints the last line.
    pub fn finish(self, folder: &Path) -> Result<Tally> {
        let Tally { passed, failed } = self.tally;
        let figures = json!({
            "name": self.name,
            "cores": available_parallelism().map_or(1, usize::from),
            "passed": passed,
            "failed": failed,
            "cases": self.cases,
        });
        let path = folder.join(format!("{}.json", self.name));
        fs::write(&path, format!("{figures:#}\n"))
            .with_context(|| format!("unable to write `{}`", path.display()))?;
        println!("\n{}: {passed} passed, {failed} failed", self.name);
        Ok(self.tally)
    }
}
