//! `prove feel`: scripted players in real rooms, over links from good to awful, and what they felt.

mod crew;
mod hub;
mod profile;
mod stage;
mod trouble;

use std::path::PathBuf;

use anyhow::Result;

use self::{profile::PROFILES, stage::Stage};
use super::{dice::Dice, report::Report};
use crate::{keys::Keys, layout::Layout};

/// Seconds of play in one profile.
const SECONDS: u64 = 60;
const SECONDS_QUICK: u64 = 20;

/// Debug builds on a busy machine show what is broken, not how good it can be.
const LEEWAY_QUICK: f64 = 4.0;

/// What the experiment runs.
pub struct Binaries {
    pub room: PathBuf,
    pub crew: PathBuf,
}

/// All profiles, then a line that is cut; only one profile if it has to be quick. `seed` decides the weather
/// and what the players do.
pub fn perform(
    layout: &Layout,
    keys: &Keys,
    binaries: &Binaries,
    quick: bool,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    println!("seed {seed}");
    let stage = &mut Stage::set(layout, keys, binaries, Dice::new(seed))?;
    let (seconds, leeway) = if quick { (SECONDS_QUICK, LEEWAY_QUICK) } else { (SECONDS, 1.0) };
    for profile in PROFILES.iter().filter(|profile| !quick || profile.quick) {
        report.case(profile.title, |figures| profile.play(stage, seconds, leeway, figures))?;
    }
    if quick {
        return Ok(());
    }
    let title = "F11 F12 the line is cut for 1, 5 and 20 s, and comes from another port";
    report.case(title, |figures| trouble::run(stage, figures))
}
