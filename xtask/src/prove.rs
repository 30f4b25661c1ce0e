//! `cargo xtask prove`: claims of the README as experiments on the real thing.

mod browser;
mod cdp;
mod client;
mod game_state;
mod headless;
mod http;
mod play;
mod report;
mod scratch;
mod socket;
mod wait;

use std::{fs, process::ExitCode};

use anyhow::{Context as _, Result};

use self::{report::Report, scratch::Scratch};
use crate::{
    build,
    keys::Keys,
    layout::Layout,
    progress::Progress,
    setup::{Need, set_up},
    system::{Options, Output, System},
    test::Tally,
    web,
};

/// Seconds of one match.
const MATCH_SECONDS: u16 = 20;

/// Seconds until bots fill a match.
const BOTS_AFTER_SECS: u16 = 5;

/// `prove play` as a command of its own.
pub fn run(layout: &Layout, quick: bool) -> Result<ExitCode> {
    let tally = play(layout, quick)?;
    Ok(tally.exit_code())
}

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
        database: scratch.path().join("hub.sqlite"),
        address_file: scratch.path().join("hub.addr"),
        output: Output::Folder(output.clone()),
    };
    let system = System::start(layout, &keys, &options, &mut progress)?;
    let mut report = Report::new("play");
    let mut stage = play::Stage::new(system, &keys, client, &scratch, output)?;
    play::perform(&mut stage, quick, &mut report)?;
    drop(stage);
    report.finish(&layout.prove())
}
