//! `prove crash`: hub, rooms and database of a real system are killed, stopped and starved while
//! matches are played, and then every result is looked for.

mod audit;
pub(super) mod content;
mod database;
mod faults;
mod hub_deaths;
mod journal;
mod messages;
mod player;
mod players;
mod relay;
mod room;
mod room_deaths;
mod stage;
mod table;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;

use self::{database::Database, stage::Stage};
use super::{dice::Dice, report::Report};
use crate::{keys::Keys, layout::Layout};

/// How much is done on each database.
#[derive(Clone, Copy)]
struct Extent {
    hub_deaths: usize,
    /// Rooms killed, and as many stopped.
    room_deaths: usize,
    /// Results that are compared at least.
    results: usize,
    /// Time for all of it; what is not done by then has failed.
    limit: Duration,
}

const FULL: Extent =
    Extent { hub_deaths: 200, room_deaths: 25, results: 300, limit: Duration::from_secs(22 * 60) };

const QUICK: Extent = Extent { hub_deaths: 5, room_deaths: 0, results: 14, limit: Duration::from_secs(55) };

/// What the experiment runs.
pub struct Binaries {
    pub hub: PathBuf,
    pub room: PathBuf,
}

/// Both databases in turn; only SQLite if it has to be quick. `seed` decides every moment of it.
pub fn perform(
    layout: &Layout,
    keys: &Keys,
    binaries: &Binaries,
    quick: bool,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    on(Database::sqlite(), layout, keys, binaries, if quick { QUICK } else { FULL }, &mut dice, report)?;
    if quick {
        return Ok(());
    }
    on(Database::postgres(), layout, keys, binaries, FULL, &mut dice, report)
}

fn on(
    database: Result<Database>,
    layout: &Layout,
    keys: &Keys,
    binaries: &Binaries,
    extent: Extent,
    dice: &mut Dice,
    report: &mut Report,
) -> Result<()> {
    let database = database?;
    let name = database.name();
    let end = Instant::now() + extent.limit;
    let stage = &mut Stage::set(layout, keys, binaries, database, dice.another())?;
    report.case(&format!("the hub is killed {} times, on {name}", extent.hub_deaths), |figures| {
        hub_deaths::run(stage, figures, extent.hub_deaths, end)
    })?;
    if extent.room_deaths > 0 {
        report.case(&format!("rooms are killed {} times, on {name}", extent.room_deaths), |figures| {
            room_deaths::kill(stage, figures, extent.room_deaths, end)
        })?;
        report.case(&format!("rooms hang {} times, on {name}", extent.room_deaths), |figures| {
            room_deaths::hang(stage, figures, extent.room_deaths, end)
        })?;
        report.case(&format!("every message comes twice, late and out of order, on {name}"), |figures| {
            messages::run(stage, figures)
        })?;
        report
            .case(&format!("the database is locked, on {name}"), |figures| faults::locked(stage, figures))?;
        report.case(&format!("the database cannot be written, on {name}"), |figures| {
            faults::read_only(stage, figures)
        })?;
        report.case(&format!("the disk is full, on {name}"), |figures| faults::full(stage, figures))?;
    }
    report.case(&format!("every result is recorded once, on {name}"), |figures| {
        audit::run(stage, figures, extent.results, end)
    })
}
