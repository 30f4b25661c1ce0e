//! F22: match after match, what the room holds after each, and what has grown.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::{
    players::Players,
    stage::{Holdings, Stage},
};
use crate::prove::{
    guard::gauge::{Gauge, LATENESS, TICKS},
    report::Figures,
    sample::median,
};

/// However slow the machine is.
const MOST: Duration = Duration::from_secs(36 * 60);

/// Goal for a day: kilobytes an hour that the second half adds.
const SLOPE_GOAL_KB: f64 = 1024.0;

/// Kilobytes that there may be more at the end than after the first matches. Allocators keep some of what they
/// were given.
const GROWTH_KB: f64 = 4.0 * 1024.0;

/// Matches at either end that are taken together.
const FEW: usize = 8;

/// How much slower the ticks of the last matches may be, unless they are quick anyway.
const SLOWER: f64 = 2.0;
const QUICK_MS: f64 = 1.0;

const PLAYED: &str = "fogline_room_matches_total{outcome=\"played\"}";
const RECORDED: &str = "fogline_results_total{outcome=\"recorded\"}";

/// After one match.
struct Row {
    minutes: f64,
    memory_kb: f64,
    gauge: Gauge,
}

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let fresh = stage.gauge()?;
    let mut players = Players::gather(stage)?;
    let began = Instant::now();
    let mut held: Option<Holdings> = None;
    let mut rows = Vec::<Row>::new();
    println!("    match minutes entities  files threads memory_kb tick_p99_ms late_p99_ms");
    let ended = loop {
        if rows.len() >= stage.scale.matches && began.elapsed() >= stage.scale.length {
            break Ok(());
        }
        if began.elapsed() > MOST {
            break Err(anyhow!("only {} matches in 36 minutes", rows.len()));
        }
        if let Err(error) = players.play(stage) {
            break Err(error.context(format!("match {}", rows.len() + 1)));
        }
        let wanted = held.filter(|_| rows.len() >= stage.scale.warm_up);
        let (holdings, gauge) = match stage.holdings(wanted) {
            Ok(found) => found,
            Err(error) => break Err(error.context(format!("after match {}", rows.len() + 1))),
        };
        held = Some(holdings);
        let row = Row { minutes: began.elapsed().as_secs_f64() / 60.0, memory_kb: gauge.memory_kb()?, gauge };
        let before = rows.last().map_or(&fresh, |row| &row.gauge);
        print(rows.len() + 1, &holdings, &row, before)?;
        rows.push(row);
    };
    players.note(figures);
    figures.note("matches", rows.len());
    figures.note_rounded("minutes", began.elapsed().as_secs_f64() / 60.0);
    ended?;
    judge(stage, &fresh, &rows, held, figures)
}

fn print(number: usize, held: &Holdings, row: &Row, before: &Gauge) -> Result<()> {
    println!(
        "    {number:>5} {:>7.1} {:>8} {:>6} {:>7} {:>9.0} {:>11.2} {:>11.2}",
        row.minutes,
        held.entities,
        held.open_files,
        held.threads,
        row.memory_kb,
        row.gauge.p99_ms_since(before, TICKS)?,
        row.gauge.p99_ms_since(before, LATENESS)?,
    );
    Ok(())
}

fn judge(
    stage: &mut Stage<'_>,
    fresh: &Gauge,
    rows: &[Row],
    held: Option<Holdings>,
    figures: &mut Figures,
) -> Result<()> {
    let held = held.context("there should be a match")?;
    let rows_after = rows.get(stage.scale.warm_up - 1..).unwrap_or_default();
    let (first, last) = rows_after.first().zip(rows_after.last()).context("there should be more matches")?;
    let few = FEW.min(rows_after.len() / 2).max(1);
    let memory: Vec<f64> = rows_after.iter().map(|row| row.memory_kb).collect();
    let growth = median(&memory[memory.len() - few..]) - median(&memory[..few]);
    let half = rows_after[rows_after.len() / 2..].iter();
    let slope = slope(half.map(|row| (row.minutes / 60.0, row.memory_kb)));
    let early = rows_after[few.min(rows_after.len() - 1)].gauge.p99_ms_since(&first.gauge, TICKS)?;
    let before = &rows_after[rows_after.len().saturating_sub(1 + few)].gauge;
    let late = last.gauge.p99_ms_since(before, TICKS)?;
    let whole = |name: &str| anyhow::Ok(last.gauge.figure(name)? - fresh.figure(name)?);
    let (played, recorded) = (whole(PLAYED)?, stage.hub.counter(RECORDED)?);
    let mishaps = last.gauge.mishaps()? - fresh.mishaps()?;

    figures.note("results_recorded", recorded);
    figures.note("entities", held.entities);
    figures.note("open_files", held.open_files);
    figures.note("threads", held.threads);
    figures.note_rounded("memory_first_kb", first.memory_kb);
    figures.note_rounded("memory_last_kb", last.memory_kb);
    figures.note_rounded("memory_growth_kb", growth);
    figures.note_rounded("memory_slope_kb_per_hour", slope);
    figures.note("memory_slope_kb_per_hour_goal", SLOPE_GOAL_KB);
    figures.note("memory_kb_after_each_match", memory);
    figures.note_rounded("tick_p99_first_ms", early);
    figures.note_rounded("tick_p99_last_ms", late);
    figures.note_rounded("tick_p99_ratio", late / early);
    figures.note_rounded("lateness_p99_ms", last.gauge.p99_ms_since(fresh, LATENESS)?);
    figures.note_rounded("skipped_seconds", whole("fogline_room_skipped_seconds_total")?);
    figures.note("mishaps", mishaps);

    let matches = rows.len() as f64;
    ensure!(played == matches, "the room counts {played} matches, {matches} were played");
    ensure!(recorded as f64 == matches, "the hub has recorded {recorded} of {matches} matches");
    ensure!(mishaps == 0.0, "something in the room has failed; see its log");
    ensure!(growth <= GROWTH_KB, "the room has grown by {growth:.0} kB");
    if stage.scale.length.is_zero() {
        // Too few matches to tell a trend from chance.
        return Ok(());
    }
    let most = stage.scale.most.slope * SLOPE_GOAL_KB;
    ensure!(slope <= most, "the room grows by {slope:.0} kB an hour, {most:.0} were allowed");
    ensure!(
        late <= (SLOWER * early).max(QUICK_MS),
        "ticks took {early:.2} ms at first and {late:.2} at last"
    );
    Ok(())
}

/// Of the straight line that fits these points best.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count().max(1) as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x / count, sum.1 + y / count));
    let (along, spread) = points
        .fold((0.0, 0.0), |sum, (at, value)| (sum.0 + (at - x) * (value - y), sum.1 + (at - x) * (at - x)));
    if spread > 0.0 { along / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_is_that_of_the_line() {
        let line = (0..10).map(|number| (f64::from(number), 3.0 * f64::from(number) + 7.0));
        assert!((slope(line) - 3.0).abs() < 1e-9);
        assert_eq!(slope([(1.0, 5.0)].into_iter()), 0.0);
        assert_eq!(slope([(1.0, 5.0), (1.0, 9.0)].into_iter()), 0.0);
    }
}
