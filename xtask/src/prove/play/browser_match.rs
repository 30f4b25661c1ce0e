//! Cases 1 and 2: a person with a browser, from the landing page to the history.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Since, Stage, note_result, one_row};
use crate::prove::{
    browser::{HEIGHT, Key, PageClient, WIDTH},
    client::{ANSWER, Client, wait_for, wait_for_control, wait_for_result, wait_for_screen},
    game_state::{Place, Track},
    headless::{Headless, Identity},
    report::Figures,
    wait::{Look, until},
};

/// Enough for a teammate of the page's whichever seat it gets: teams are filled in turn.
const COMPANIONS: [&str; 3] = ["companion 1", "companion 2", "companion 3"];

/// What counts as driving, in metres.
const DRIVEN: f64 = 2.0;

const FORWARD: Key = Key { code: "KeyW", key: "w", number: 87 };
const BACK: Key = Key { code: "KeyS", key: "s", number: 83 };

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
    let mut key = FORWARD;
    player.page().press_key(key)?;
    let mut turned = Instant::now();
    let mut confirmed = Track::default();
    let mut seen = vec![Track::default(); companions.len()];
    let shots = until("driving and firing to be confirmed and seen", ANSWER, || {
        let state = player.state()?.context("the page should have a state")?;
        confirmed.add(state.confirmed());
        for (companion, track) in companions.iter_mut().zip(&mut seen) {
            track.add(companion.state()?.and_then(|state| state.tank(seat)));
        }
        let metres = seen.iter().map(Track::metres).fold(0.0, f64::max);
        let shots = state.shots_fired();
        if confirmed.metres() >= DRIVEN && metres >= DRIVEN && shots > 0 {
            return Ok(Look::Found(shots));
        }
        ensure!(state.screen() == "match", "the match has ended: {state}");
        if confirmed.metres() < DRIVEN && turned.elapsed().as_secs() >= 4 {
            // Against a wall it goes the other way.
            player.page().release_key(key)?;
            key = if key.code == FORWARD.code { BACK } else { FORWARD };
            player.page().press_key(key)?;
            turned = Instant::now();
        }
        Ok(Look::Instead(format!(
            "{:.1} m confirmed, {metres:.1} m seen by another, {shots} shots; {state}",
            confirmed.metres()
        )))
    })?;
    album.take(player, "match")?;
    player.page().release_key(key)?;
    player.page().release_mouse(aim)?;
    figures.note("confirmed_metres", round(confirmed.metres()));
    figures.note("seen_by_another_metres", round(seen.iter().map(Track::metres).fold(0.0, f64::max)));
    figures.note("shots_fired", shots);
    Ok(())
}

fn round(metres: f64) -> f64 {
    (metres * 10.0).round() / 10.0
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
