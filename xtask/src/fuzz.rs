//! `cargo xtask fuzz`: libFuzzer on every decoder of our wires.

mod engine;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use self::engine::Engine;
use crate::{
    cargo::{run_counted, workspace_cargo},
    keys::Keys,
    layout::Layout,
    progress::Progress,
    prove::report::{Figures, Report},
    setup::{Need, set_up, wasm_target::rustc},
};

/// Compiled code then reports where it goes and what it compares: the flags of cargo-fuzz.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

#[derive(Args)]
pub struct Options {
    /// Only this one; its name is that of its folder in `fuzz/corpus`
    target: Option<String>,
    /// For each target
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u64,
    /// Adds to `fuzz/corpus` the smallest inputs that reach farther than what lies there
    #[arg(long)]
    keep: bool,
}

pub fn run(layout: &Layout, options: &Options) -> Result<ExitCode> {
    let targets = chosen(layout, options.target.as_deref())?;
    let mut progress = Progress::new(2);
    progress.begin("set-up");
    set_up(layout, &[Need::Native], &mut progress, &mut || Ok(()))?;
    let binary = build(layout, &mut progress)?;
    fs::create_dir_all(layout.prove())
        .with_context(|| format!("unable to create `{}`", layout.prove().display()))?;
    let mut report = Report::new("fuzz");
    for target in &targets {
        report.case(target, |figures| fuzz(layout, &binary, target, options, figures))?;
    }
    Ok(report.finish(&layout.prove())?.exit_code())
}

fn chosen(layout: &Layout, wanted: Option<&str>) -> Result<Vec<String>> {
    let corpus = layout.corpus();
    let mut all = Vec::new();
    for folder in fs::read_dir(&corpus).with_context(|| format!("unable to read `{}`", corpus.display()))? {
        all.push(folder?.file_name().to_string_lossy().into_owned());
    }
    all.sort();
    let Some(wanted) = wanted else { return Ok(all) };
    ensure!(
        all.iter().any(|target| target == wanted),
        "there is no target `{wanted}`; there are {}",
        all.join(", ")
    );
    Ok(vec![wanted.to_owned()])
}

/// In a folder of its own: nothing that is built for anything else can be used.
fn build(layout: &Layout, progress: &mut Progress) -> Result<PathBuf> {
    progress.begin("targets");
    let about = rustc(layout, &["-vV"])?;
    let host = about
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc -vV` should name its host")?;
    let mut command = workspace_cargo(layout, &Keys::load(layout)?);
    // With a target named, the flags are not for build scripts and macros.
    command
        .args(["build", "--package", "fuzz", "--features", "engine", "--profile", "fuzz", "--target", host])
        .env("CARGO_TARGET_DIR", layout.target.join("fuzz"))
        .env("RUSTFLAGS", FLAGS);
    let built = run_counted(layout, "fuzz", command, progress, &mut || Ok(()))?;
    progress.note("built");
    built.executable("fuzz-engine")
}

fn fuzz(
    layout: &Layout,
    binary: &Path,
    target: &str,
    options: &Options,
    figures: &mut Figures,
) -> Result<()> {
    let engine = Engine::new(layout, binary, target)?;
    let run = engine.run(options.seconds)?;
    figures.note("executions", run.executions);
    figures.note("executions_a_second", run.executions_a_second);
    figures.note("coverage", run.coverage);
    figures.note("peak_memory_mib", run.peak_memory_mib);
    if let Some(culprit) = &run.culprit {
        return Err(engine.accuse(culprit, &run.last_words));
    }
    figures.note("corpus_files", engine.minimise()?);
    if options.keep {
        figures.note("files_added_to_the_tree", engine.keep()?);
    }
    Ok(())
}
