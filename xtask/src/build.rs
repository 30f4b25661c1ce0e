//! Which binaries there are and how each is built.
//!
//! In dev everything but the hub is built as part of the whole workspace, so that Bevy is compiled
//! with one feature set only. The hub needs no Bevy and is there first.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    cargo::{Built, run_counted, workspace_cargo},
    children::Watch,
    keys::Keys,
    layout::Layout,
    progress::Progress,
};

/// `alone` compiles what the hub needs and no more; otherwise it shares the workspace's crates.
pub fn hub(
    layout: &Layout,
    keys: &Keys,
    release: bool,
    alone: bool,
    progress: &mut Progress,
) -> Result<PathBuf> {
    progress.begin("hub");
    let built = binary(layout, keys, "hub", release, alone, progress, &mut || Ok(()))?;
    progress.note("built");
    built.executable("hub")
}

pub fn room(
    layout: &Layout,
    keys: &Keys,
    release: bool,
    progress: &mut Progress,
    watch: Watch<'_>,
) -> Result<PathBuf> {
    progress.begin("rooms");
    let built = binary(layout, keys, "server-room", release, release, progress, watch)?;
    progress.note("built");
    built.executable("server-room")
}

pub fn native_client(
    layout: &Layout,
    keys: &Keys,
    release: bool,
    progress: &mut Progress,
) -> Result<PathBuf> {
    progress.begin("native client");
    let built = binary(layout, keys, "client", release, release, progress, &mut || Ok(()))?;
    progress.note("built");
    built.executable("client")
}

/// The scripted players of `prove feel`.
pub fn crew(layout: &Layout, keys: &Keys, release: bool, progress: &mut Progress) -> Result<PathBuf> {
    progress.begin("scripted players");
    let mut command = workspace_cargo(layout, keys);
    command.args(["build", "--example", "crew"]);
    let label = if release {
        command.args(["--package", "game", "--features", "client", "--release"]);
        "crew (release)"
    } else {
        command.arg("--workspace");
        "crew"
    };
    let built = run_counted(layout, label, command, progress, &mut || Ok(()))?;
    progress.note("built");
    built.executable("crew")
}

fn binary(
    layout: &Layout,
    keys: &Keys,
    name: &str,
    release: bool,
    alone: bool,
    progress: &mut Progress,
    watch: Watch<'_>,
) -> Result<Built> {
    let mut command = workspace_cargo(layout, keys);
    command.arg("build");
    if alone {
        command.args(["--package", name]);
    } else {
        command.args(["--workspace", "--bin", name]);
    }
    if release {
        command.arg("--release");
    }
    let label = match (release, alone) {
        (true, _) => format!("{name} (release)"),
        (false, true) => format!("{name} (alone)"),
        (false, false) => name.to_owned(),
    };
    run_counted(layout, &label, command, progress, watch)
}
