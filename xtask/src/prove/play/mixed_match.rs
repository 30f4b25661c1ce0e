//! Case 4: two pages and two native clients, three transports, one match, one score.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{Since, Stage, note_result, one_row};
use crate::prove::{
    client::{Client, wait_for_control, wait_for_result},
    headless::{Identity, new_credentials},
    http::Account,
    report::Figures,
};

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    stage.wait_for_rest()?;
    let identities = [new_credentials()?, new_credentials()?];
    let mut first = stage.headless("native 1", &Identity::Registering(&identities[0]))?;
    let mut second = stage.headless("native 2", &Identity::Registering(&identities[1]))?;
    let mut datagrams = stage.page("page 1", "webtransport")?;
    datagrams.enter_as_guest()?;
    let mut stream = stage.page("page 2", "websocket")?;
    stream.enter_as_guest()?;

    let mark = stage.room_mark()?;
    let since = Since::now();
    let mut players: [&mut dyn Client; 4] = [&mut datagrams, &mut stream, &mut first, &mut second];
    for player in &mut players {
        player.press_play()?;
    }
    for player in &mut players {
        let seat = wait_for_control(*player)?;
        stage.expect_joined(mark, *player, seat)?;
    }
    figures.note_seconds("play_to_all_in_control_seconds", since.0);
    figures.note("transports", json!(players.each_ref().map(|player| player.transport())));

    let results = players.iter_mut().map(|player| wait_for_result(*player)).collect::<Result<Vec<_>>>()?;
    stage.played += 1;
    let result = results.first().context("four should have a result")?;
    ensure!(
        results.iter().all(|other| other == result),
        "the clients should show one result, they show {results:?}"
    );
    let mut histories = vec![datagrams.history()?, stream.history()?];
    for credentials in &identities {
        histories.push(Account::log_in(stage.hub(), credentials)?.history()?);
    }
    for rows in &histories {
        note_result(figures, result, one_row(rows, result)?);
    }
    figures.note("clients_and_rows_agreeing", results.len() + histories.len());
    Ok(())
}
