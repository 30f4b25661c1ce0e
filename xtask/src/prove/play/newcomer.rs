//! Case 7: somebody comes to a match that runs with bots, and drives one's tank from its next spawn on.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Since, Stage, drive::drive};
use crate::prove::{
    client::{ANSWER, Client, wait_for, wait_for_control},
    game_state::GameState,
    headless::Identity,
    report::Figures,
};

/// Newcomers are let in while a minute is left; the rest is for the bot to be shot in.
const MATCH_SECONDS: u16 = 300;

/// A weak bot lives for about half a minute, at times for much longer.
const SPAWN: Duration = Duration::from_secs(220);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    stage.begin_anew(MATCH_SECONDS)?;
    let mut first = stage.headless("first player", &Identity::Guest)?;
    first.press_play()?;
    let taken = wait_for_control(&mut first)?;
    let mut newcomer = stage.page("newcomer", "webtransport")?;
    newcomer.enter_as_guest()?;

    let mark = stage.room_mark()?;
    let since = Since::now();
    newcomer.press_play()?;
    let promised = wait_for(&mut newcomer, "a seat in the match that runs", ANSWER, GameState::ticket_seat)?;
    figures.note_seconds("play_to_seat_seconds", since.0);
    let seat = wait_for(&mut newcomer, "a bot's next spawn", SPAWN, GameState::seat)?;
    since.note_control(figures);
    ensure!(seat == promised, "seat {promised} was promised, the tank is seat {seat}'s");
    // Seats belong to the sides in turn.
    ensure!(seat % 2 != taken % 2, "seat {seat} is not on the side with fewer people than seat {taken}'s");
    stage.expect_joined(mark, &mut newcomer, seat)?;
    let status = stage.status()?;
    ensure!(status["matches_running"] == 1, "there should be one match: {status}");
    figures.note("seat", seat);
    figures.note_rounded("confirmed_metres", drive(&mut newcomer)?);
    figures.note("page_complaints", newcomer.page().complaints());
    Ok(())
}
