//! The database fails below a running hub: locked, read-only, full. Matches go on, and their results
//! come in when it is over.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::stage::Stage;
use crate::{
    interrupt,
    prove::{dial::HERE, http::Api, report::Figures},
};

const FAULT: Duration = Duration::from_secs(10);

/// A hub that cannot open its database is given this long to say so and be seen again.
const AWAY: Duration = Duration::from_secs(3);

/// Goal: how long results may take to come in once the fault is over.
const CAUGHT_UP: Duration = Duration::from_secs(10);

/// Somebody else has the right to write.
pub fn locked(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    through(stage, figures, |stage, figures| {
        let lock = stage.database.lock()?;
        let pages = endure(stage, FAULT)?;
        drop(lock);
        figures.note("pages_served_meanwhile", pages);
        Ok(())
    })
}

/// A PostgreSQL server refuses to write. SQLite's files are opened once, so there the fault is met by a
/// hub that starts: it must say so and give up, and nothing may be lost by that.
pub fn read_only(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    through(stage, figures, |stage, figures| {
        if stage.database.cluster().is_some() {
            stage.database.refuse_writes(true)?;
            let pages = endure(stage, FAULT)?;
            stage.database.refuse_writes(false)?;
            figures.note("pages_served_meanwhile", pages);
            return Ok(());
        }
        stage.hub.kill()?;
        stage.database.protect_files(true)?;
        let words = stage.hub.refuse_to_serve();
        interrupt::pause(AWAY)?;
        stage.database.protect_files(false)?;
        let serving = stage.hub.serve()?;
        let words = words?;
        figures.note("last_words_of_the_hub", words.trim());
        figures.note_rounded("seconds_until_serving_again", serving.as_secs_f64());
        ensure!(words.contains("hub.sqlite"), "the hub should name the file that it cannot write");
        Ok(())
    })
}

/// No process that writes the database gets a byte into a file. A PostgreSQL server ends by that and is
/// started again when there is room.
pub fn full(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    through(stage, figures, |stage, figures| {
        if let Some(cluster) = stage.database.cluster() {
            cluster.fill_the_disk()?;
            let pages = endure(stage, FAULT)?;
            stage.database.cluster().context("there should be a server")?.free_the_disk()?;
            figures.note("pages_served_meanwhile", pages);
            return Ok(());
        }
        stage.hub.fill_the_disk(true)?;
        let pages = endure(stage, FAULT)?;
        stage.hub.fill_the_disk(false)?;
        figures.note("pages_served_meanwhile", pages);
        Ok(())
    })
}

/// A fault that begins with matches under way, and what is left of it.
fn through(
    stage: &mut Stage<'_>,
    figures: &mut Figures,
    fault: impl FnOnce(&mut Stage<'_>, &mut Figures) -> Result<()>,
) -> Result<()> {
    let underway = stage.wait_for_matches(2)?.len();
    let (voids, results) = (stage.voids()?, stage.results()?);
    let began = Instant::now();
    fault(stage, figures)?;
    figures.note_seconds("fault_seconds", began);
    figures.note("matches_under_way", underway);
    figures.note("results_waiting_at_its_end", stage.journal()?.waiting);
    let caught_up = stage.wait_for_receipts(4 * CAUGHT_UP)?;
    figures.note_rounded("seconds_until_every_result_is_in", caught_up.as_secs_f64());
    stage.settle()?;
    let (voids, results) = (stage.voids()? - voids, stage.results()? - results);
    stage.go_on();
    figures.note("results", results);
    figures.note("void_matches", voids);
    ensure!(voids == 0, "{voids} matches became void by it");
    ensure!(results >= underway, "{underway} matches were under way, {results} results came in");
    ensure!(
        caught_up <= CAUGHT_UP,
        "results took {:.1} s to come in, {} are allowed",
        caught_up.as_secs_f64(),
        CAUGHT_UP.as_secs()
    );
    Ok(())
}

/// Lives through a fault; the hub must too. How often it served the landing page.
fn endure(stage: &mut Stage<'_>, time: Duration) -> Result<usize> {
    let began = Instant::now();
    let mut pages = 0;
    while began.elapsed() < time {
        stage.check()?;
        let page = Api::new(stage.hub.address(), HERE).get("/", None);
        pages += usize::from(page.is_ok_and(|answer| answer.status == 200));
        interrupt::pause(Duration::from_millis(500))?;
    }
    Ok(pages)
}
