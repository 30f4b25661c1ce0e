//! LibFuzzer on one target: what it is given, what it says, and what it leaves behind.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Error, Result, anyhow, ensure};

use crate::{
    children::{Line, run_lines, run_quietly, tethered},
    layout::Layout,
};

/// Largest input in bytes. Frames of a room may be larger, and mean nothing more.
const LARGEST: &str = "-max_len=4096";

/// Seconds for one input, and MiB for all, after which a target counts as broken.
const SLOWEST: &str = "-timeout=5";
const MEMORY: &str = "-rss_limit_mb=1024";

/// Files of one target in the tree, and bytes of one file, that [`Engine::keep`] does not go beyond.
const PLENTY: usize = 64;
const LARGEST_KEPT: u64 = 2_048;

/// Lines of a broken target that are shown.
const LAST_WORDS: usize = 12;

pub struct Engine<'a> {
    binary: &'a Path,
    target: &'a str,
    /// In the tree.
    kept: PathBuf,
    /// Whatever reached farther in any run, in the build folder.
    grown: PathBuf,
    /// Where inputs go that break a target.
    culprits: PathBuf,
}

/// What one run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub executions: u64,
    pub executions_a_second: u64,
    /// Branches that were reached.
    pub coverage: u64,
    pub peak_memory_mib: u64,
    /// The input that broke the target.
    pub culprit: Option<PathBuf>,
    pub last_words: VecDeque<String>,
}

impl<'a> Engine<'a> {
    pub fn new(layout: &Layout, binary: &'a Path, target: &'a str) -> Result<Self> {
        let engine = Self {
            binary,
            target,
            kept: layout.corpus().join(target),
            grown: layout.state.join("fuzz").join(target),
            culprits: layout.prove().join("fuzz").join(target),
        };
        for folder in [&engine.grown, &engine.culprits] {
            fs::create_dir_all(folder).with_context(|| format!("unable to create `{}`", folder.display()))?;
        }
        Ok(engine)
    }

    pub fn run(&self, seconds: u64) -> Result<Run> {
        let mut command = self.command();
        command
            .arg("-print_final_stats=1")
            .arg(format!("-max_total_time={seconds}"))
            .args([&self.grown, &self.kept]);
        let mut run = Run::default();
        let status = run_lines(
            &mut command,
            &mut |line| {
                let (Line::Out(text) | Line::Err(text)) = line;
                run.note(text);
                Ok(())
            },
            &mut || Ok(()),
        )?;
        let told = run.culprit.is_some() || status.success();
        ensure!(told, "`{}` ended with {status}:\n{}", self.target, show(&run.last_words));
        Ok(run)
    }

    /// Leaves in the grown corpus the fewest inputs that reach what all reach; how many these are.
    pub fn minimise(&self) -> Result<usize> {
        let fewest = self.grown.with_extension("new");
        empty(&fewest)?;
        self.merge(&fewest, &[&self.kept, &self.grown])?;
        fs::remove_dir_all(&self.grown)?;
        fs::rename(&fewest, &self.grown)
            .with_context(|| format!("unable to put `{}` in place", self.grown.display()))?;
        Ok(fs::read_dir(&self.grown)?.count())
    }

    /// Adds to the tree what reaches farther than what lies there, the smallest first, as long as it stays
    /// small; how many were added.
    pub fn keep(&self) -> Result<usize> {
        let all = self.grown.with_extension("all");
        empty(&all)?;
        let mut room = PLENTY;
        for file in fs::read_dir(&self.kept)? {
            let file = file?;
            fs::copy(file.path(), all.join(file.file_name()))?;
            room = room.saturating_sub(1);
        }
        self.merge(&all, &[&self.grown])?;
        let mut found: Vec<(u64, OsString)> = Vec::new();
        for file in fs::read_dir(&all)? {
            let file = file?;
            if !self.kept.join(file.file_name()).exists() {
                found.push((file.metadata()?.len(), file.file_name()));
            }
        }
        found.retain(|(size, _)| *size <= LARGEST_KEPT);
        found.sort();
        found.truncate(room);
        for (_, name) in &found {
            fs::copy(all.join(name), self.kept.join(name))?;
        }
        fs::remove_dir_all(&all)?;
        Ok(found.len())
    }

    /// What to tell about an input that breaks the target.
    pub fn accuse(&self, culprit: &Path, last_words: &VecDeque<String>) -> Error {
        let (target, binary, input) = (self.target, self.binary.display(), culprit.display());
        anyhow!(
            "`{input}` breaks `{target}`:\n{}\n\
             again: FOGLINE_FUZZ={target} {binary} {input}\n\
             for good: cp {input} fuzz/corpus/{target}/ && cargo test --workspace --test kept",
            show(last_words)
        )
    }

    fn merge(&self, into: &Path, from: &[&Path]) -> Result<()> {
        let mut command = self.command();
        command.arg("-merge=1").arg(into).args(from);
        run_quietly(&format!("merging the corpus of `{}`", self.target), &mut command, &mut || Ok(()))
            .map(drop)
    }

    fn command(&self) -> Command {
        let mut command = tethered(self.binary);
        command
            .env("FOGLINE_FUZZ", self.target)
            .args([LARGEST, SLOWEST, MEMORY])
            .arg(format!("-artifact_prefix={}/", self.culprits.display()));
        command
    }
}

impl Run {
    /// Reads one line of libFuzzer's.
    fn note(&mut self, line: String) {
        if let Some((name, value)) = line.strip_prefix("stat::").and_then(|stat| stat.split_once(':')) {
            let value = value.trim().parse().unwrap_or_default();
            match name {
                "number_of_executed_units" => self.executions = value,
                "average_exec_per_sec" => self.executions_a_second = value,
                "peak_rss_mb" => self.peak_memory_mib = value,
                _ => {}
            }
        } else if line.starts_with('#') {
            let mut words = line.split_whitespace();
            if words.any(|word| word == "cov:") {
                self.coverage = words.next().and_then(|count| count.parse().ok()).unwrap_or(self.coverage);
            }
        } else {
            if let Some((_, path)) = line.split_once("Test unit written to ") {
                self.culprit = Some(PathBuf::from(path.trim()));
            }
            if self.last_words.len() == LAST_WORDS {
                self.last_words.pop_front();
            }
            self.last_words.push_back(line);
        }
    }
}

fn show(lines: &VecDeque<String>) -> String {
    lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("unable to create `{}`", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_culprit_are_read_from_what_libfuzzer_says() {
        let mut run = Run::default();
        for line in [
            "INFO: Seed: 1",
            "#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb",
            "#9 NEW    cov: 34 ft: 35 corp: 2/9b lim: 4 exec/s: 0 rss: 41Mb L: 8/8 MS: 1 ChangeBit-",
            "#99 pulse  corp: 2/9b",
            "artifact_prefix='/x/'; Test unit written to /x/crash-ab",
            "stat::number_of_executed_units: 99",
            "stat::average_exec_per_sec:     33",
            "stat::peak_rss_mb:              41",
        ] {
            run.note(line.to_owned());
        }
        assert_eq!((run.executions, run.executions_a_second), (99, 33));
        assert_eq!((run.coverage, run.peak_memory_mib), (34, 41));
        assert_eq!(run.culprit, Some(PathBuf::from("/x/crash-ab")));
        assert_eq!(run.last_words.len(), 2);
    }
}
