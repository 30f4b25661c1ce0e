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

/// The profile of rooms that are built for release: what hosts run. `release` in its place shares crates with
/// what else is built so, for a larger and slower room.
const ROOM_PROFILE: &str = "room";

/// `alone` compiles what the hub needs and no more; otherwise it shares the workspace's crates.
pub fn hub(
    layout: &Layout,
    keys: &Keys,
    release: bool,
    alone: bool,
    progress: &mut Progress,
) -> Result<PathBuf> {
    progress.begin("hub");
    let built = binary(layout, keys, "hub", profile(release), alone, progress, &mut || Ok(()))?;
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
    let profile = release.then_some(ROOM_PROFILE);
    let built = binary(layout, keys, "server-room", profile, release, progress, watch)?;
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
    let built = binary(layout, keys, "client", profile(release), release, progress, &mut || Ok(()))?;
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

fn profile(release: bool) -> Option<&'static str> {
    release.then_some("release")
}

/// Without a profile it is a dev build.
fn binary(
    layout: &Layout,
    keys: &Keys,
    name: &str,
    profile: Option<&str>,
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
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    let label = match (profile, alone) {
        (Some(profile), _) => format!("{name} ({profile})"),
        (None, true) => format!("{name} (alone)"),
        (None, false) => name.to_owned(),
    };
    run_counted(layout, &label, command, progress, watch)
}
