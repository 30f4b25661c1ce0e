//! Cases 1 and 2: a person with a browser, from the landing page to the history.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result, ensure};

use super::{
    Since, Stage,
    drive::{DRIVEN, Drive},
    note_result, one_row,
};
use crate::prove::{
    browser::{HEIGHT, PageClient, WIDTH},
    client::{ANSWER, Client, wait_for, wait_for_control, wait_for_result, wait_for_screen},
    game_state::{Place, Track},
    headless::{Headless, Identity},
    report::Figures,
    wait::{Look, until},
};

/// Enough for a teammate of the page's whichever seat it gets: teams are filled in turn.
const COMPANIONS: [&str; 3] = ["companion 1", "companion 2", "companion 3"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    Taken,
    None,
}

pub fn run(
    stage: &mut Stage<'_>,
    figures: &mut Figures,
    transport: &'static str,
    pictures: Pictures,
) -> Result<()> {
    stage.wait_for_rest()?;
    let folder = stage.pictures.clone();
    let album = Album { pictures, folder: &folder };
    let mut companions = COMPANIONS
        .into_iter()
        .map(|name| stage.headless(name, &Identity::Guest))
        .collect::<Result<Vec<_>>>()?;
    let mut player = stage.page("page", transport)?;
    album.take(&player, "landing")?;
    let entered = Instant::now();
    player.enter_as_guest()?;
    figures.note_seconds("guest_to_lobby_seconds", entered);
    let golden = player.golden_checksum()?;
    let kept = stage.golden_checksum()?;
    ensure!(golden == kept, "the golden match leads to {golden} in the page, to {kept} natively");
    figures.note("golden_checksum", golden);
    chat(&mut player, &mut companions)?;
    album.take(&player, "hub")?;

    let mark = stage.room_mark()?;
    let since = Since::now();
    player.press_play()?;
    for companion in &mut companions {
        companion.press_play()?;
    }
    let seat = wait_for_control(&mut player)?;
    since.note_control(figures);
    stage.expect_joined(mark, &mut player, seat)?;
    figures.note("transport", transport);
    drive_and_fire(&mut player, &mut companions, seat, figures, &album)?;

    let result = wait_for_result(&mut player)?;
    album.take(&player, "result")?;
    stage.played += 1;
    player.press_back()?;
    wait_for_screen(&mut player, "lobby", ANSWER)?;
    let rows = player.history()?;
    ensure!(rows.len() == 1, "the history should have one row, it has {}", rows.len());
    note_result(figures, &result, one_row(&rows, &result)?);
    let shown = player.shown_history()?;
    ensure!(shown == 1, "the history page should show one row, it shows {shown}");
    figures.note("page_complaints", player.page().complaints());
    Ok(())
}

/// Someone else's words reach the page.
fn chat(player: &mut PageClient, companions: &mut [Headless]) -> Result<()> {
    let companion = companions.first_mut().context("there should be a companion")?;
    companion.tell("chat good luck")?;
    wait_for(player, "a companion's words", ANSWER, |state| {
        state.chat().iter().any(|line| line.ends_with("good luck")).then_some(())
    })
}

/// Holds a key and the trigger until the room, and another client, have seen it.
fn drive_and_fire(
    player: &mut PageClient,
    companions: &mut [Headless],
    seat: u64,
    figures: &mut Figures,
    album: &Album<'_>,
) -> Result<()> {
    let aim = Place { x: f64::from(WIDTH) * 0.7, y: f64::from(HEIGHT) * 0.4 };
    player.page().move_mouse(aim)?;
    player.page().press_mouse(aim)?;
    let mut drive = Drive::begin(player.page())?;
    let mut seen = vec![Track::default(); companions.len()];
    let (confirmed, metres, shots) = until("driving and firing to be confirmed and seen", ANSWER, || {
        let state = player.state()?.context("the page should have a state")?;
        let confirmed = drive.go_on(player.page(), &state)?;
        for (companion, track) in companions.iter_mut().zip(&mut seen) {
            track.add(companion.state()?.and_then(|state| state.tank(seat)));
        }
        let metres = seen.iter().map(Track::metres).fold(0.0, f64::max);
        let shots = state.shots_fired();
        Ok(if confirmed >= DRIVEN && metres >= DRIVEN && shots > 0 {
            Look::Found((confirmed, metres, shots))
        } else {
            let so_far = format!("{confirmed:.1} m confirmed, {metres:.1} m seen by another, {shots} shots");
            Look::Instead(format!("{so_far}; {state}"))
        })
    })?;
    album.take(player, "match")?;
    drive.end(player.page())?;
    player.page().release_mouse(aim)?;
    figures.note_rounded("confirmed_metres", confirmed);
    figures.note_rounded("seen_by_another_metres", metres);
    figures.note("shots_fired", shots);
    Ok(())
}

/// Pictures for the README.
struct Album<'a> {
    pictures: Pictures,
    folder: &'a Path,
}

impl Album<'_> {
    fn take(&self, player: &PageClient, name: &str) -> Result<()> {
        match self.pictures {
            Pictures::Taken => player.page().picture(&self.folder.join(format!("{name}.png"))),
            Pictures::None => Ok(()),
        }
    }
}
