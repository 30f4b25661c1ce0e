//! Rooms' journals, the hub's tables and what players were told, laid side by side.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use protocol::{id::MatchId, registry::Allocation, result::MatchResult};
use serde_json::json;

use super::{
    journal::Journal,
    stage::{Stage, in_time},
    table::{Match, Tables},
};
use crate::{interrupt, prove::report::Figures};

/// Complaints that are shown; more say nothing new.
const SHOWN: usize = 5;

/// Plays on until at least `wanted` results are due, then compares every single one.
pub fn run(stage: &mut Stage<'_>, figures: &mut Figures, wanted: usize, end: Instant) -> Result<()> {
    let mut due = stage.results()?;
    while due < wanted {
        in_time(end, due, wanted)?;
        stage.check()?;
        interrupt::pause(Duration::from_millis(500))?;
        due = stage.results()?;
    }
    stage.settle()?;
    let findings = Findings::of(stage)?;
    let sessions = sessions_lost(stage)?;
    let longest = stage.players.diaries().map(|diary| diary.longest_wait).max().unwrap_or_default();
    figures.note("results_due", findings.due);
    figures.note("results_recorded", findings.recorded);
    figures.note("results_lost", findings.lost.len());
    figures.note("results_doubled", findings.doubled);
    figures.note("results_without_a_journal", findings.unwritten);
    figures.note("results_of_matches_that_never_opened", findings.unopened);
    figures.note("results_from_rooms_given_up", findings.fenced);
    figures.note("of_them_accepted", findings.fenced_accepted);
    figures.note("ratings_changed", findings.rated_seats);
    figures.note("ratings_changed_by_void_matches", findings.rated_voids);
    figures.note("accounts_with_a_wrong_rating", findings.wrong_ratings);
    figures.note("players_told_something_else", findings.misled.len());
    figures.note("sessions_lost", sessions);
    figures.note_rounded("longest_wait_seconds", longest.as_secs_f64());
    let shown: Vec<_> = findings.lost.iter().chain(&findings.misled).take(SHOWN).collect();
    if !shown.is_empty() {
        figures.note("for_instance", json!(shown));
    }
    ensure!(findings.due >= wanted, "{} results were due, {wanted} are wanted", findings.due);
    ensure!(findings.lost.is_empty(), "{} results were lost", findings.lost.len());
    ensure!(
        findings.doubled + findings.wrong_ratings == 0,
        "{} results were doubled, {} ratings are wrong",
        findings.doubled,
        findings.wrong_ratings
    );
    ensure!(findings.unwritten == 0, "{} recorded results are in no journal", findings.unwritten);
    ensure!(findings.fenced_accepted == 0, "{} results of void matches count", findings.fenced_accepted);
    ensure!(findings.rated_voids == 0, "{} ratings were changed by void matches", findings.rated_voids);
    ensure!(findings.misled.is_empty(), "{} things told to players are not so", findings.misled.len());
    ensure!(sessions == 0, "{sessions} sessions were lost");
    Ok(())
}

#[derive(Default)]
struct Findings {
    due: usize,
    recorded: usize,
    /// What is missing or different, in words.
    lost: Vec<String>,
    doubled: usize,
    /// Recorded without any room having written it down.
    unwritten: usize,
    /// A hub that died before it wrote the match down gave nobody a ticket for it.
    unopened: usize,
    /// Results of matches whose room had been given up before.
    fenced: usize,
    fenced_accepted: usize,
    rated_seats: usize,
    rated_voids: usize,
    wrong_ratings: usize,
    misled: Vec<String>,
}

impl Findings {
    fn of(stage: &Stage<'_>) -> Result<Self> {
        let journal = stage.journal()?;
        let tables = Tables::read(&stage.database)?;
        let mut findings = Self {
            doubled: journal.twice,
            rated_seats: tables.rated_seats,
            rated_voids: tables.rated_voids,
            wrong_ratings: tables.wrong_ratings,
            ..Self::default()
        };
        for (match_id, (allocation, result)) in &journal.results {
            findings.compare(stage, *match_id, *allocation, result, &tables);
        }
        findings.look_for_unwritten(&journal, &tables);
        findings.ask_players(stage, &tables);
        Ok(findings)
    }

    fn compare(
        &mut self,
        stage: &Stage<'_>,
        match_id: MatchId,
        allocation: Allocation,
        result: &MatchResult,
        tables: &Tables,
    ) {
        let told = || stage.players.diaries().any(|diary| diary.found.contains_key(&match_id));
        let Some(row) = tables.matches.get(&match_id.to_string()) else {
            if told() {
                self.due += 1;
                self.lost.push(format!("{match_id}: players had tickets, but there is no row"));
            } else {
                self.unopened += 1;
            }
            return;
        };
        if row.state == "void" && stage.doomed.contains(&match_id) {
            self.fenced += 1;
            return;
        }
        self.due += 1;
        match difference(row, allocation, result) {
            None => self.recorded += 1,
            Some(what) => self.lost.push(format!("{match_id}: {what}")),
        }
    }

    fn look_for_unwritten(&mut self, journal: &Journal, tables: &Tables) {
        let ids: Vec<_> = journal.results.keys().map(MatchId::to_string).collect();
        for (id, row) in &tables.matches {
            match row.state.as_str() {
                "ended" if !ids.contains(id) => self.unwritten += 1,
                "running" => self.lost.push(format!("{id}: it is running for ever")),
                _ => {}
            }
        }
    }

    fn ask_players(&mut self, stage: &Stage<'_>, tables: &Tables) {
        for diary in stage.players.diaries() {
            self.misled.extend(diary.complaints.iter().cloned());
            for (match_id, points) in &diary.ended {
                let row = tables.matches.get(&match_id.to_string());
                if row.is_none_or(|row| row.state != "ended" || (row.amber, row.azure) != *points) {
                    self.misled.push(format!("{match_id}: a player was told {points:?}"));
                }
            }
            for match_id in diary.voided.keys() {
                let row = tables.matches.get(&match_id.to_string());
                self.fenced_accepted += usize::from(row.is_none_or(|row| row.state != "void"));
            }
        }
    }
}

/// In what a row is not what the room wrote down.
fn difference(row: &Match, allocation: Allocation, result: &MatchResult) -> Option<String> {
    let recorded = (row.epoch, row.amber, row.azure, row.ticks);
    let written = (allocation.epoch.0, result.amber, result.azure, result.ticks);
    if row.state != "ended" {
        return Some(format!("it is {}", row.state));
    }
    if recorded != written {
        return Some(format!("recorded is {recorded:?}, the room wrote {written:?}"));
    }
    let seats = result
        .seats
        .iter()
        .filter_map(|seat| Some((u8::from(seat.seat), (seat.account?.to_string(), seat.kills, seat.deaths))));
    let seats = seats.collect::<BTreeMap<_, _>>();
    (row.seats != seats).then(|| format!("recorded are {:?}, the room wrote {seats:?}", row.seats))
}

/// Players whose session the hub has forgotten, then or now.
fn sessions_lost(stage: &Stage<'_>) -> Result<usize> {
    let mut lost = stage.players.diaries().map(|diary| diary.sessions_lost).sum::<usize>();
    for account in stage.players.accounts() {
        lost += usize::from(account.get("/api/v1/history")?.status == 401);
    }
    Ok(lost)
}
