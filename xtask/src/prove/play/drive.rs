//! Driving a page's tank by its keyboard.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::prove::{
    browser::{Key, Page, PageClient},
    client::{ANSWER, Client},
    game_state::{GameState, Track},
    wait::{Look, until},
};

/// What counts as driving, in metres.
pub const DRIVEN: f64 = 2.0;

/// Whoever has not driven by then stands against a wall, and goes the other way.
const STUCK: Duration = Duration::from_secs(4);

const FORWARD: Key = Key { code: "KeyW", key: "w", number: 87 };
const BACK: Key = Key { code: "KeyS", key: "s", number: 83 };

/// Drives until the room has confirmed it; the metres.
pub fn drive(player: &mut PageClient) -> Result<f64> {
    let mut drive = Drive::begin(player.page())?;
    let what = format!("driving to be confirmed ({})", player.name());
    let metres = until(&what, ANSWER, || {
        let state = player.state()?.context("the page should have a state")?;
        let metres = drive.go_on(player.page(), &state)?;
        Ok(if metres >= DRIVEN { Look::Found(metres) } else { Look::Instead(state.to_string()) })
    })?;
    drive.end(player.page())?;
    Ok(metres)
}

/// A key that is held.
pub struct Drive {
    key: Key,
    turned: Instant,
    confirmed: Track,
}

impl Drive {
    pub fn begin(page: &Page) -> Result<Self> {
        page.press_key(FORWARD)?;
        Ok(Self { key: FORWARD, turned: Instant::now(), confirmed: Track::default() })
    }

    /// Metres that the room has confirmed so far. To be told every state in between.
    pub fn go_on(&mut self, page: &Page, state: &GameState) -> Result<f64> {
        ensure!(state.screen() == "match", "the match has ended: {state}");
        self.confirmed.add(state.confirmed());
        let metres = self.confirmed.metres();
        if metres < DRIVEN && self.turned.elapsed() >= STUCK {
            page.release_key(self.key)?;
            self.key = if self.key.code == FORWARD.code { BACK } else { FORWARD };
            page.press_key(self.key)?;
            self.turned = Instant::now();
        }
        Ok(metres)
    }

    pub fn end(self, page: &Page) -> Result<()> {
        page.release_key(self.key)
    }
}
