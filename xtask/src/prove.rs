//! `cargo xtask prove`: claims of the README as experiments on the real thing.

mod abuse;
mod browser;
mod cdp;
mod client;
mod crash;
mod dial;
pub(crate) mod dice;
mod feel;
mod fog;
mod game_state;
mod guard;
mod headless;
mod http;
mod hub;
mod lifecycle;
mod play;
pub(crate) mod report;
mod sample;
mod soak;
mod socket;
pub(crate) mod verdict;
mod visitor;
mod wait;

use std::fs;

use anyhow::{Context as _, Result};

use self::report::Report;
use crate::{
    build,
    keys::Keys,
    layout::Layout,
    progress::Progress,
    scratch::Scratch,
    setup::{Need, set_up},
    system::{Options, Output, System},
    test::Tally,
    web,
};

/// Seconds of one match.
const MATCH_SECONDS: u16 = 20;

/// Seconds until bots fill a match.
const BOTS_AFTER_SECS: u16 = 5;

/// Builds everything, starts a system of its own on a free port and plays on it.
pub fn play(layout: &Layout, quick: bool) -> Result<Tally> {
    let mut progress = Progress::new(5);
    progress.begin("set-up");
    set_up(layout, &[Need::Native, Need::Web, Need::Test], &mut progress, &mut || Ok(()))?;
    let keys = Keys::load(layout)?;
    let client = build::native_client(layout, &keys, false, &mut progress)?;
    web::build(layout, false, &mut progress, &mut || Ok(()))?;

    let output = layout.prove().join("play");
    fs::create_dir_all(&output).with_context(|| format!("unable to create `{}`", output.display()))?;
    let scratch = Scratch::new("fogline-prove")?;
    let options = Options {
        port: 0,
        // One, so that a later match is played in a room that has played before.
        rooms: 1,
        release: false,
        hub_alone: false,
        match_seconds: Some(MATCH_SECONDS),
        bots_after_secs: Some(BOTS_AFTER_SECS),
        weather: None,
        database: format!("sqlite://{}", scratch.path().join("hub.sqlite").display()),
        folder: scratch.path().to_owned(),
        output: Output::Folder(output.clone()),
    };
    let system = System::start(layout, &keys, &options, &mut progress)?;
    let mut report = Report::new("play");
    let mut stage = play::Stage::new(system, &keys, client, &scratch, output)?;
    play::perform(&mut stage, quick, &mut report)?;
    drop(stage);
    report.finish(&layout.prove())
}

/// Walks at random through the life of matches, in the hub's own test of it.
pub fn lifecycle(layout: &Layout, quick: bool) -> Result<Tally> {
    let mut progress = Progress::new(2);
    let keys = prepare(layout, &mut progress)?;
    let mut report = Report::new("lifecycle");
    lifecycle::perform(layout, &keys, quick, &mut progress, &mut report)?;
    report.finish(&layout.prove())
}

/// Kills, stops and starves a system of its own. `seed` repeats the moments of an earlier run.
pub fn crash(layout: &Layout, quick: bool, seed: Option<u64>) -> Result<Tally> {
    let mut progress = Progress::new(3);
    let keys = prepare(layout, &mut progress)?;
    let binaries = crash::Binaries {
        hub: build::hub(layout, &keys, false, false, &mut progress)?,
        room: build::room(layout, &keys, false, &mut progress, &mut || Ok(()))?,
    };
    let mut report = Report::new("crash");
    crash::perform(layout, &keys, &binaries, quick, seed.map_or_else(dice::fresh_seed, Ok)?, &mut report)?;
    report.finish(&layout.prove())
}

/// Attacks a hub of its own.
pub fn abuse(layout: &Layout, quick: bool, seed: Option<u64>) -> Result<Tally> {
    let mut progress = Progress::new(2);
    let keys = prepare(layout, &mut progress)?;
    let hub = build::hub(layout, &keys, false, false, &mut progress)?;
    let mut report = Report::new("abuse");
    abuse::perform(layout, &keys, &hub, quick, seed.map_or_else(dice::fresh_seed, Ok)?, &mut report)?;
    report.finish(&layout.prove())
}

/// Plays over links from good to awful, in rooms of its own. Release builds, unless it has to be quick: what
/// is felt should be the link and not the compiler.
pub fn feel(layout: &Layout, quick: bool, seed: Option<u64>) -> Result<Tally> {
    let mut progress = Progress::new(3);
    let keys = prepare(layout, &mut progress)?;
    let binaries = feel::Binaries {
        room: build::room(layout, &keys, !quick, &mut progress, &mut || Ok(()))?,
        crew: build::crew(layout, &keys, !quick, &mut progress)?,
    };
    let mut report = Report::new("feel");
    feel::perform(layout, &keys, &binaries, quick, seed.map_or_else(dice::fresh_seed, Ok)?, &mut report)?;
    report.finish(&layout.prove())
}

/// Compares what is told of matches that differ only in what is hidden.
pub fn fog(layout: &Layout, quick: bool) -> Result<Tally> {
    let mut progress = Progress::new(2);
    let keys = prepare(layout, &mut progress)?;
    let mut report = Report::new("fog");
    fog::perform(layout, &keys, quick, &mut progress, &mut report)?;
    report.finish(&layout.prove())
}

/// Attacks a room beside a match that people play.
pub fn guard(layout: &Layout, quick: bool, seed: Option<u64>) -> Result<Tally> {
    let mut progress = Progress::new(if quick { 5 } else { 7 });
    let keys = prepare(layout, &mut progress)?;
    let mut report = Report::new("guard");
    let seed = seed.map_or_else(dice::fresh_seed, Ok)?;
    guard::perform(layout, &keys, quick, seed, &mut progress, &mut report)?;
    report.finish(&layout.prove())
}

/// Plays match after match in one room. Release builds of the room, unless it has to be quick.
pub fn soak(layout: &Layout, quick: bool, seed: Option<u64>) -> Result<Tally> {
    let mut progress = Progress::new(4);
    let keys = prepare(layout, &mut progress)?;
    let binaries = soak::Binaries {
        hub: build::hub(layout, &keys, false, false, &mut progress)?,
        room: build::room(layout, &keys, !quick, &mut progress, &mut || Ok(()))?,
        client: build::native_client(layout, &keys, false, &mut progress)?,
    };
    let mut report = Report::new("soak");
    soak::perform(layout, &keys, &binaries, quick, seed.map_or_else(dice::fresh_seed, Ok)?, &mut report)?;
    report.finish(&layout.prove())
}

fn prepare(layout: &Layout, progress: &mut Progress) -> Result<Keys> {
    progress.begin("set-up");
    set_up(layout, &[Need::Native, Need::Test], progress, &mut || Ok(()))?;
    fs::create_dir_all(layout.prove())
        .with_context(|| format!("unable to create `{}`", layout.prove().display()))?;
    Keys::load(layout)
}
