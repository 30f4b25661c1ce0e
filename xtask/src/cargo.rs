//! Cargo with our environment, and how far it is.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{
    children::{Line, Watch, run_lines, tethered},
    keys::Keys,
    layout::Layout,
    progress::Progress,
};

/// The cargo that runs us, or the one on `PATH`.
pub fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    tethered(Path::new(&cargo))
}

/// Cargo in this checkout, with its target directory and the key for client builds.
pub fn workspace_cargo(layout: &Layout, keys: &Keys) -> Command {
    let mut command = cargo();
    command
        .current_dir(&layout.checkout)
        .env("CARGO_TARGET_DIR", &layout.target)
        .env("CARGO_TERM_COLOR", "never")
        .env("FOGLINE_CHALLENGE_KEY", keys.challenge_hex());
    command
}

/// What one cargo run has produced.
pub struct Built {
    artifacts: Vec<Value>,
}

impl Built {
    /// The executable of one binary target.
    pub fn executable(&self, name: &str) -> Result<PathBuf> {
        self.artifacts
            .iter()
            .filter(|artifact| artifact["target"]["name"] == name)
            .find_map(|artifact| artifact["executable"].as_str())
            .map(PathBuf::from)
            .with_context(|| format!("cargo has not built `{name}`"))
    }

    /// The file with that extension which a binary target for wasm consists of.
    pub fn file(&self, name: &str, extension: &str) -> Result<PathBuf> {
        self.artifacts
            .iter()
            .filter(|artifact| artifact["target"]["name"] == name)
            .filter_map(|artifact| artifact["filenames"].as_array())
            .flatten()
            .filter_map(|file| file.as_str().map(PathBuf::from))
            .find(|file| file.extension().is_some_and(|found| found == extension))
            .with_context(|| format!("cargo has not built `{name}.{extension}`"))
    }
}

/// Runs a cargo build that was given no `--message-format`, counting its crates in `progress`.
///
/// `label` names this set of crates; how many there are is remembered from the last time.
pub fn run_counted(
    layout: &Layout,
    label: &str,
    mut command: Command,
    progress: &mut Progress,
    watch: Watch<'_>,
) -> Result<Built> {
    command.arg("--message-format=json-render-diagnostics");
    let total = Totals::load(layout).total(label);
    let mut artifacts = Vec::new();
    let mut spoken = Vec::new();
    let status = run_lines(
        &mut command,
        &mut |line| {
            match line {
                Line::Out(json) => {
                    if let Ok(message) = serde_json::from_str::<Value>(&json)
                        && message["reason"] == "compiler-artifact"
                    {
                        artifacts.push(message);
                    }
                }
                Line::Err(text) => spoken.push(text),
            }
            progress.units(artifacts.len(), total);
            Ok(())
        },
        watch,
    )?;
    if !status.success() {
        bail!("{label}: cargo failed ({status}); it said:\n{}", spoken.join("\n"));
    }
    for warning in spoken.iter().filter(|line| line.starts_with("warning")) {
        progress.note(warning);
    }
    Totals::load(layout).remember(layout, label, artifacts.len())?;
    Ok(Built { artifacts })
}

/// How many crates each build had the last time.
struct Totals(BTreeMap<String, usize>);

impl Totals {
    fn load(layout: &Layout) -> Self {
        let text = fs::read(Self::file(&layout.state)).unwrap_or_default();
        Self(serde_json::from_slice(&text).unwrap_or_default())
    }

    fn total(&self, label: &str) -> Option<usize> {
        self.0.get(label).copied()
    }

    fn remember(mut self, layout: &Layout, label: &str, count: usize) -> Result<()> {
        self.0.insert(label.to_owned(), count);
        let file = Self::file(&layout.state);
        fs::write(&file, serde_json::to_string(&self.0)?)
            .with_context(|| format!("unable to write `{}`", file.display()))
    }

    fn file(state: &Path) -> PathBuf {
        state.join("crates.json")
    }
}
