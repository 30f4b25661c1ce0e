//! The wasm client: cargo compiles, Trunk packs, and only a whole build is ever served.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context as _, Result};

use crate::{
    cargo::{run_counted, workspace_cargo},
    children::{Watch, run_quietly, tethered},
    keys::Keys,
    layout::Layout,
    progress::Progress,
    setup::tools,
};

/// Puts the client into [`Layout::web`]; does nothing if that one is up to date.
pub fn build(layout: &Layout, release: bool, progress: &mut Progress, watch: Watch<'_>) -> Result<()> {
    progress.begin("web client");
    let keys = Keys::load(layout)?;
    fetch(layout, &keys, watch)?;
    let wasm = compile(layout, &keys, release, progress, watch)?;
    let stamp = stamp(layout, &wasm, release)?;
    let stamp_file = layout.state.join("web.stamp");
    let parked = parked(layout);
    if fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
        if parked.exists() && !layout.web().exists() {
            fs::rename(&parked, layout.web())?;
        }
        if layout.web().join("index.html").exists() {
            progress.note("up to date");
            return finish(layout);
        }
    }
    progress.note("packing");
    let fresh = layout.state.join("web.new");
    remove(&fresh)?;
    pack(layout, &keys, release, &fresh, watch)?;
    remove(&parked)?;
    if layout.web().exists() {
        fs::rename(layout.web(), &parked)?;
    }
    fs::rename(&fresh, layout.web())
        .with_context(|| format!("unable to put `{}` in place", layout.web().display()))?;
    remove(&parked)?;
    fs::write(&stamp_file, stamp)?;
    progress.note("built");
    finish(layout)
}

/// Takes the last build away, so that the play page does not serve it while a new one is made. It
/// comes back if it turns out to be up to date.
pub fn park(layout: &Layout) -> Result<()> {
    let parked = parked(layout);
    if layout.web().exists() {
        remove(&parked)?;
        fs::rename(layout.web(), &parked)?;
    }
    Ok(())
}

fn parked(layout: &Layout) -> PathBuf {
    layout.state.join("web.last")
}

fn finish(layout: &Layout) -> Result<()> {
    match fs::remove_file(layout.web_progress()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Trunk reads the metadata of every platform's crates and is kept off the network.
fn fetch(layout: &Layout, keys: &Keys, watch: Watch<'_>) -> Result<()> {
    let mut command = workspace_cargo(layout, keys);
    command.args(["fetch", "--locked"]);
    run_quietly("`cargo fetch`", &mut command, watch).map(drop)
}

/// With the arguments that Trunk will use, so that Trunk finds everything done.
fn compile(
    layout: &Layout,
    keys: &Keys,
    release: bool,
    progress: &mut Progress,
    watch: Watch<'_>,
) -> Result<PathBuf> {
    let profile = if release { "wasm-release" } else { "wasm-dev" };
    let mut command = workspace_cargo(layout, keys);
    command
        .args(["build", "--target=wasm32-unknown-unknown", "--manifest-path"])
        .arg(layout.checkout.join("client/Cargo.toml"))
        .args(["--profile", profile, "--bin", "client"]);
    run_counted(layout, &format!("client ({profile})"), command, progress, watch)?.file("client", "wasm")
}

fn pack(layout: &Layout, keys: &Keys, release: bool, into: &Path, watch: Watch<'_>) -> Result<()> {
    let mut command = tethered(&tools::trunk(layout));
    command
        .current_dir(&layout.checkout)
        .args(["build", "--config", "Trunk.toml", "--dist"])
        .arg(into)
        .env("PATH", tools::path_with_tools(layout)?)
        .env("CARGO_TARGET_DIR", &layout.target)
        .env("CARGO_TERM_COLOR", "never")
        .env("FOGLINE_CHALLENGE_KEY", keys.challenge_hex())
        .env("TRUNK_OFFLINE", "true")
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        .env("TRUNK_COLOR", "never")
        .env_remove("NO_COLOR");
    if release {
        command.arg("--release");
    }
    run_quietly("trunk", &mut command, watch).map(drop)
}

/// Changes whenever the packed client would.
fn stamp(layout: &Layout, wasm: &Path, release: bool) -> Result<String> {
    let mut files = vec![wasm.to_owned(), layout.checkout.join("Trunk.toml")];
    for entry in fs::read_dir(layout.checkout.join("wasm"))? {
        files.push(entry?.path());
    }
    files[1..].sort();
    let mut stamp = format!("release {release}\n");
    for file in files {
        let facts = fs::metadata(&file).with_context(|| format!("unable to look at `{}`", file.display()))?;
        let changed = facts.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        writeln!(stamp, "{} {} {changed}", file.display(), facts.len())?;
    }
    Ok(stamp)
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .with_context(|| format!("unable to remove `{}`", directory.display()))?;
    }
    Ok(())
}
