//! Case 6: two guests in a party, on one side, one of whom loads the page again in mid-match.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use super::{Since, Stage, drive::drive, note_result, one_row};
use crate::prove::{
    browser::PageClient,
    client::{ANSWER, Client, LOADING, wait_for, wait_for_control, wait_for_result},
    game_state::GameState,
    report::Figures,
};

/// Both drive, then one page is loaded again and drives once more, however slow the machine.
const MATCH_SECONDS: u16 = 90;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    stage.begin_anew(MATCH_SECONDS)?;
    // What an invited page dials by itself is WebTransport.
    let mut leader = stage.page("leader", "websocket")?;
    leader.enter_as_guest()?;
    let code = leader.create_party()?;
    let invited = Instant::now();
    let mut friend = stage.invited_page("friend", &code)?;
    expect_party_of_two(&mut friend)?;
    figures.note_seconds("invitation_to_party_seconds", invited);
    expect_party_of_two(&mut leader)?;

    let mark = stage.room_mark()?;
    let since = Since::now();
    leader.press_play()?;
    let lead_seat = wait_for_control(&mut leader)?;
    let seat = wait_for_control(&mut friend)?;
    figures.note_seconds("play_to_both_in_control_seconds", since.0);
    ensure!(lead_seat != seat, "both hold seat {seat}");
    stage.expect_joined(mark, &mut leader, lead_seat)?;
    stage.expect_joined(mark, &mut friend, seat)?;
    figures.note_rounded("leader_metres", drive(&mut leader)?);
    figures.note_rounded("friend_metres", drive(&mut friend)?);

    reload(stage, &mut friend, seat, figures)?;
    expect_party_of_two(&mut leader)?;

    let result = wait_for_result(&mut leader)?;
    let other = wait_for_result(&mut friend)?;
    ensure!(result == other, "the pages should show one result, they show {result:?} and {other:?}");
    stage.played += 1;
    let mut sides = Vec::new();
    for player in [&leader, &friend] {
        let rows = player.history()?;
        ensure!(rows.len() == 1, "{} should have one row, not {}", player.name(), rows.len());
        let row = one_row(&rows, &result)?;
        ensure!(row.mode.as_str() == "quick", "the row's mode is `{}`", row.mode.as_str());
        note_result(figures, &result, row);
        sides.push(row.team);
        let shown = player.shown_history()?;
        ensure!(shown == 1, "{} should be shown one row, not {shown}", player.name());
    }
    ensure!(sides.iter().all(|side| *side == sides[0]), "a party should be on one side, not on {sides:?}");
    figures.note("seats", json!([lead_seat, seat]));
    figures.note("accounts_with_one_row", sides.len());
    figures.note("page_complaints", [leader.page().complaints(), friend.page().complaints()].concat());
    Ok(())
}

/// Nothing is pressed: the page signs in by its cookie and goes back into its own tank.
fn reload(stage: &mut Stage<'_>, friend: &mut PageClient, seat: u64, figures: &mut Figures) -> Result<()> {
    let mark = stage.room_mark()?;
    let reloaded = Instant::now();
    friend.page().reload()?;
    let again = wait_for_control(friend)?;
    figures.note_seconds("reload_to_first_control_seconds", reloaded);
    let ticket = wait_for(friend, "the seat of its ticket", ANSWER, GameState::ticket_seat)?;
    ensure!(
        (again, ticket) == (seat, seat),
        "after the reload the tank is seat {again}'s and the ticket seat {ticket}'s, it was {seat}"
    );
    stage.expect_joined(mark, friend, seat)?;
    figures.note_rounded("metres_after_reload", drive(friend)?);
    expect_party_of_two(friend)
}

fn expect_party_of_two(player: &mut PageClient) -> Result<()> {
    wait_for(player, "the party of two", LOADING, |state| (state.comrades() == 2).then_some(()))
}
