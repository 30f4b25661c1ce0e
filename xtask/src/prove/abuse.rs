//! `prove abuse`: what attackers do, done to a real hub, each with the figure that bounds it.

mod enumeration;
mod flood;
mod frames;
mod guessing;
mod loris;
mod markup;
mod race;
mod repeats;
mod revocation;
mod scripted_room;
mod secrets;
mod stage;
mod surface;

use std::path::Path;

use anyhow::Result;

use self::stage::Stage;
use super::{dice::Dice, report::Report};
use crate::{keys::Keys, layout::Layout};

/// Flags of a hub that counts nobody's requests, to measure what lies behind the limits.
const OPEN: [&str; 8] = [
    "--login-per-10-min=1000000",
    "--failures-before-pause=1000000",
    "--requests-per-second=100000",
    "--register-per-hour=100000",
    "--guest-per-hour=100000",
    "--sockets-per-address=10000",
    "--match-seconds=5",
    "--bots-after-secs=1",
];

/// Matches begin soon; every limit is the one that everybody gets.
const GUARDED: [&str; 2] = ["--match-seconds=5", "--bots-after-secs=1"];

/// Every threat in turn; all but the slowest if it has to be quick, and fewer of everything.
pub fn perform(
    layout: &Layout,
    keys: &Keys,
    hub: &Path,
    quick: bool,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let stage = &mut Stage::set(layout, keys, hub, quick, dice.another(), &GUARDED)?;
    report.case("T9 idle, half-open and slow connections are cut", |figures| loris::run(stage, figures))?;
    report.case("T10 frames and bodies over the limit are refused", |figures| frames::run(stage, figures))?;
    report.case("T11 a flood is cut and disturbs nobody", |figures| flood::run(stage, figures))?;
    report.case("T18 passwords are not guessed", |figures| guessing::run(stage, figures))?;
    report.case("T20 the database holds no secret in clear", |figures| secrets::run(stage, figures))?;
    report.case("T21 no text breaks a statement", |figures| surface::injection(stage, figures))?;
    report.case("T23 another site moves nothing", |figures| surface::other_sites(stage, figures))?;
    report
        .case("T24 a session that has ended is dead everywhere", |figures| revocation::run(stage, figures))?;
    report.case("T25 of two sign-ins at once one lives", |figures| race::run(stage, figures))?;
    report.case("T26 a result counts once, whoever repeats or forges it", |figures| {
        repeats::run(stage, figures)
    })?;
    report.case("T27 the operators' port is not the players'", |figures| surface::admin(stage, figures))?;
    report.case("T29 no path leads out of the folders", |figures| surface::paths(stage, figures))?;
    report.case("T32 nobody is called as those who run the hub", |figures| surface::names(stage, figures))?;

    let open = &mut Stage::set(layout, keys, hub, quick, dice.another(), &OPEN)?;
    report.case("T22 no text becomes markup", |figures| markup::run(open, figures))?;
    report.case("T19 an unknown name takes as long as a wrong password", |figures| {
        enumeration::run(open, figures)
    })
}
