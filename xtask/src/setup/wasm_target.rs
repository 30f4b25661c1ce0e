//! The standard library for `wasm32-unknown-unknown`.
//!
//! Rustup's server has it. Where that cannot be reached, it is built from source: a minute's work.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::rust_source;
use crate::{
    cargo::{cargo, run_counted},
    children::{Watch, run_quietly, tethered},
    interrupt,
    layout::{Layout, on_path},
    progress::Progress,
};

const TARGET: &str = "wasm32-unknown-unknown";

pub fn ensure(layout: &Layout, progress: &mut Progress, watch: Watch<'_>) -> Result<()> {
    let compiler = Compiler::find(layout)?;
    if compiler.has_target() {
        return Ok(());
    }
    progress.note(&format!("adding the target {TARGET}"));
    if let Some(rustup) = on_path("rustup") {
        let added = add_by_rustup(layout, &rustup, watch);
        interrupt::check().and_then(|()| watch())?;
        if added.is_ok() && compiler.has_target() {
            return Ok(());
        }
    }
    progress.note("rustup cannot add it: building the target from source");
    build_from_source(layout, &compiler, progress, watch).with_context(|| {
        format!("unable to get the target {TARGET}; with a network, `rustup target add {TARGET}` does it")
    })
}

struct Compiler {
    sysroot: PathBuf,
    release: String,
}

impl Compiler {
    fn find(layout: &Layout) -> Result<Self> {
        let sysroot = rustc(layout, &["--print", "sysroot"])?;
        let release = rustc(layout, &["-vV"])?
            .lines()
            .find_map(|line| line.strip_prefix("release: "))
            .context("`rustc -vV` should name its release")?
            .to_owned();
        Ok(Self { sysroot: PathBuf::from(sysroot.trim()), release })
    }

    /// Where the target's libraries belong.
    fn target(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(TARGET)
    }

    fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    fn has_target(&self) -> bool {
        rlibs(&self.target().join("lib"))
            .is_ok_and(|rlibs| rlibs.iter().any(|rlib| file_name(rlib).starts_with("libstd-")))
    }
}

/// What the compiler answers.
pub fn rustc(layout: &Layout, arguments: &[&str]) -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .current_dir(&layout.checkout)
        .args(arguments)
        .output()
        .context("unable to start `rustc`")?;
    if !output.status.success() {
        bail!("`rustc {}` failed: {}", arguments.join(" "), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn add_by_rustup(layout: &Layout, rustup: &Path, watch: Watch<'_>) -> Result<()> {
    let mut command = tethered(rustup);
    command.current_dir(&layout.checkout).args(["target", "add", TARGET]).env("RUSTUP_MAX_RETRIES", "0");
    run_quietly("rustup", &mut command, watch).map(drop)
}

fn build_from_source(
    layout: &Layout,
    compiler: &Compiler,
    progress: &mut Progress,
    watch: Watch<'_>,
) -> Result<()> {
    let work = layout.state.join("wasm-target");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    if !compiler.source().join("library/Cargo.lock").exists() {
        progress.note(&format!("fetching the source of Rust {}", compiler.release));
        rust_source::install(&compiler.release, &compiler.source(), &work, watch)?;
    }
    progress.note("building the standard library");
    let built = build_std(layout, &work, progress, watch)?;
    install(&built, compiler)?;
    // Cargo does not notice that the standard library is another one.
    let stale = layout.target.join(TARGET);
    if stale.exists() {
        fs::remove_dir_all(stale)?;
    }
    fs::remove_dir_all(work)?;
    Ok(())
}

/// Builds an empty crate together with std. Without the embedded bitcode, LTO of the client fails.
fn build_std(layout: &Layout, work: &Path, progress: &mut Progress, watch: Watch<'_>) -> Result<PathBuf> {
    let krate = work.join("empty");
    fs::create_dir_all(krate.join("src"))?;
    fs::write(krate.join("src/lib.rs"), "")?;
    fs::write(
        krate.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    let target = work.join("target");
    let mut command = cargo();
    command
        .current_dir(&krate)
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    run_counted(layout, "standard library", command, progress, watch)?;
    Ok(target.join(TARGET).join("release/deps"))
}

fn install(built: &Path, compiler: &Compiler) -> Result<()> {
    let draft = compiler.target().with_extension("new");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    fs::create_dir_all(draft.join("lib"))?;
    for rlib in rlibs(built)?.iter().filter(|rlib| !file_name(rlib).starts_with("libempty-")) {
        fs::copy(rlib, draft.join("lib").join(file_name(rlib)))?;
    }
    if compiler.target().exists() {
        fs::remove_dir_all(compiler.target())?;
    }
    fs::rename(&draft, compiler.target())
        .with_context(|| format!("unable to put `{}` in place", compiler.target().display()))
}

fn rlibs(directory: &Path) -> Result<Vec<PathBuf>> {
    Ok(fs::read_dir(directory)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rlib"))
        .collect())
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
