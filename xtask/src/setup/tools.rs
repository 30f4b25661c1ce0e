//! Trunk, the wasm-bindgen CLI and wasm-opt, each in exactly the version that fits.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    cargo::{cargo, run_counted},
    children::{Watch, run_quietly, tethered},
    interrupt,
    layout::{Layout, on_path},
    progress::Progress,
};

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132";

pub fn ensure_trunk(layout: &Layout, progress: &mut Progress, watch: Watch<'_>) -> Result<()> {
    ensure_from_source(layout, "trunk", "trunk", TRUNK, progress, watch)
}

/// Crate and CLI must be equal, so the lock file decides.
pub fn ensure_wasm_bindgen(layout: &Layout, progress: &mut Progress, watch: Watch<'_>) -> Result<()> {
    let lock =
        fs::read_to_string(layout.checkout.join("Cargo.lock")).context("unable to read `Cargo.lock`")?;
    let version = locked_version(&lock, "wasm-bindgen").context("`Cargo.lock` should hold `wasm-bindgen`")?;
    ensure_from_source(layout, "wasm-bindgen-cli", "wasm-bindgen", version, progress, watch)
}

/// From npm: Debian's is too old for what Rust emits.
pub fn ensure_wasm_opt(layout: &Layout, progress: &Progress, watch: Watch<'_>) -> Result<()> {
    if find(layout, "wasm-opt").is_some_and(|tool| reports(&tool, BINARYEN)) {
        return Ok(());
    }
    progress.note(&format!("installing binaryen {BINARYEN} from npm"));
    let mut command = tethered(Path::new("npm"));
    command
        .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
        .arg(npm_prefix(layout))
        .arg(format!("binaryen@{BINARYEN}"));
    run_quietly("`npm install binaryen`", &mut command, watch).map(drop)
}

/// The Trunk that [`ensure_trunk`] has found or installed.
pub fn trunk(layout: &Layout) -> PathBuf {
    find(layout, "trunk").unwrap_or_else(|| PathBuf::from("trunk"))
}

/// `PATH` with our own tools in front.
pub fn path_with_tools(layout: &Layout) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let ours = tool_directories(layout).into_iter();
    env::join_paths(ours.chain(env::split_paths(&path))).context("unable to extend `PATH`")
}

fn ensure_from_source(
    layout: &Layout,
    krate: &str,
    tool: &str,
    version: &str,
    progress: &mut Progress,
    watch: Watch<'_>,
) -> Result<()> {
    if find(layout, tool).is_some_and(|tool| reports(&tool, version)) {
        return Ok(());
    }
    progress.note(&format!("building {krate} {version}"));
    let scratch = layout.tools().join("target");
    let install = |locked: &[&str]| {
        let mut command = cargo();
        command
            .current_dir(&layout.state)
            .args(["install", krate, "--version", version, "--force", "--root"])
            .arg(layout.tools())
            .args(locked)
            .env("CARGO_TARGET_DIR", &scratch)
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        command
    };
    if let Err(error) = run_counted(layout, krate, install(&["--locked"]), progress, watch) {
        interrupt::check().and_then(|()| watch())?;
        progress.note(&format!("{error:#}\n{krate}: trying again with newer dependencies"));
        run_counted(layout, krate, install(&[]), progress, watch).with_context(|| {
            format!("unable to install; by hand: `cargo install {krate} --version {version} --locked`")
        })?;
    }
    fs::remove_dir_all(&scratch).context("unable to clear up after `cargo install`")
}

/// Ours before the machine's.
fn find(layout: &Layout, tool: &str) -> Option<PathBuf> {
    tool_directories(layout)
        .into_iter()
        .map(|directory| directory.join(tool))
        .find(|path| path.exists())
        .or_else(|| on_path(tool))
}

fn tool_directories(layout: &Layout) -> [PathBuf; 2] {
    [layout.tools().join("bin"), npm_prefix(layout).join("node_modules/.bin")]
}

fn npm_prefix(layout: &Layout) -> PathBuf {
    layout.tools().join("npm")
}

fn reports(tool: &Path, version: &str) -> bool {
    Command::new(tool).arg("--version").env_remove("NO_COLOR").output().is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == version)
    })
}

fn locked_version<'a>(lock: &'a str, krate: &str) -> Option<&'a str> {
    let name = format!("name = \"{krate}\"");
    lock.lines().skip_while(|line| *line != name).nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-backend\"\nversion = \"9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "absent"), None);
    }
}
