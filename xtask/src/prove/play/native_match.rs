//! Case 3: an account registered by a native client, in a room that is not new.

use anyhow::{Context as _, Result, ensure};

use super::{Since, Stage, note_result, one_row};
use crate::prove::{
    client::{ANSWER, Client, wait_for_control, wait_for_result, wait_for_screen},
    game_state::Track,
    headless::{Identity, new_credentials},
    http::Account,
    report::Figures,
    wait::{Look, until},
};

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    ensure!(stage.played > 0, "the room should have played a match before");
    figures.note("matches_before", stage.played);
    stage.wait_for_rest()?;
    let credentials = new_credentials()?;
    let mut player = stage.headless("native", &Identity::Registering(&credentials))?;

    let mark = stage.room_mark()?;
    let since = Since::now();
    player.press_play()?;
    let seat = wait_for_control(&mut player)?;
    since.note_control(figures);
    stage.expect_joined(mark, &mut player, seat)?;
    player.tell("drive 1 0.2")?;
    player.tell("fire 1")?;
    let mut confirmed = Track::default();
    until("driving to be confirmed", ANSWER, || {
        let state = player.state()?.context("the client should have a state")?;
        confirmed.add(state.confirmed());
        ensure!(state.screen() == "match", "the match has ended: {state}");
        let done = confirmed.metres() >= 2.0 && state.shots_fired() > 0;
        Ok(if done { Look::Found(()) } else { Look::Instead(state.to_string()) })
    })?;
    figures.note("transport", "udp");

    let result = wait_for_result(&mut player)?;
    stage.played += 1;
    player.press_back()?;
    wait_for_screen(&mut player, "lobby", ANSWER)?;
    let rows = Account::log_in(stage.hub(), &credentials)?.history()?;
    ensure!(rows.len() == 1, "the history should have one row, it has {}", rows.len());
    note_result(figures, &result, one_row(&rows, &result)?);
    Ok(())
}
