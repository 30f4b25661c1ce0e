//! The wasm client in a page, used as a person would: by mouse and keyboard.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use protocol::http::HistoryRow;

use super::Page;
use crate::{
    interrupt,
    prove::{
        client::{Client, LOADING, wait_for, wait_for_screen},
        game_state::{GameState, Place},
    },
};

/// How long a click may go without effect until it is repeated.
const CLICK: Duration = Duration::from_secs(8);

pub struct PageClient {
    name: &'static str,
    page: Page,
    hub: SocketAddr,
    transport: &'static str,
}

impl PageClient {
    /// Opens the landing page.
    pub fn visit(name: &'static str, page: Page, hub: SocketAddr, transport: &'static str) -> Result<Self> {
        page.open(&format!("http://{hub}/"))?;
        Ok(Self { name, page, hub, transport })
    }

    pub fn page(&self) -> &Page {
        &self.page
    }

    /// From the landing page into the lobby by way of *Play as guest*.
    pub fn enter_as_guest(&mut self) -> Result<()> {
        self.page.click(self.guest_button()?)?;
        self.page.wait_for_path(|path| path.trim_end_matches('/') == "/play")?;
        if self.transport != "webtransport" {
            self.page.open(&format!("http://{}/play?transport={}", self.hub, self.transport))?;
        }
        wait_for_screen(self, "lobby", LOADING)
    }

    /// The rows of this session's history, as the API gives them to the page.
    pub fn history(&self) -> Result<Vec<HistoryRow>> {
        let rows = self.page.evaluate("fetch('/api/v1/history').then(answer => answer.text())")?;
        let text = rows.as_str().unwrap_or_default();
        serde_json::from_str(text)
            .map_err(|error| anyhow::anyhow!("the history cannot be read ({error}): {text}"))
    }

    /// How many rows the history page shows.
    pub fn shown_history(&self) -> Result<u64> {
        self.page.open(&format!("http://{}/history", self.hub))?;
        let rows = self.page.evaluate("document.querySelectorAll('tbody tr').length")?;
        Ok(rows.as_u64().unwrap_or_default())
    }

    fn guest_button(&self) -> Result<Place> {
        let rect = self.page.evaluate(
            "(() => {
                const all = [...document.querySelectorAll('button, a, input[type=submit]')];
                const guest = all.find(e => /guest/i.test(e.textContent || e.value));
                if (!guest) return null;
                guest.scrollIntoView({ block: 'center' });
                const rect = guest.getBoundingClientRect();
                return [rect.x + rect.width / 2, rect.y + rect.height / 2];
            })()",
        )?;
        match (rect[0].as_f64(), rect[1].as_f64()) {
            (Some(x), Some(y)) => Ok(Place { x, y }),
            _ => bail!("the landing page has no button to play as guest"),
        }
    }

    /// Clicks a button of the client until its screen is left.
    fn press(&mut self, button: &str) -> Result<()> {
        let began = Instant::now();
        let what = format!("the button `{button}`");
        let first =
            wait_for(self, &what, LOADING, |state| state.button(button).map(|_| state.screen().to_owned()))?;
        while began.elapsed() < LOADING {
            if let Some(place) = self.state()?.and_then(|state| state.button(button)) {
                self.click_slowly(place)?;
            }
            let clicked = Instant::now();
            while clicked.elapsed() < CLICK {
                if self.state()?.is_some_and(|state| state.screen() != first) {
                    return Ok(());
                }
                interrupt::pause(Duration::from_millis(50))?;
            }
        }
        bail!("the button `{button}` has no effect ({})", self.name)
    }

    /// A client at a few frames a second must see pointer, press and release in turn.
    fn click_slowly(&self, place: Place) -> Result<()> {
        self.page.move_mouse(place)?;
        interrupt::pause(Duration::from_millis(150))?;
        self.page.press_mouse(place)?;
        interrupt::pause(Duration::from_millis(100))?;
        self.page.release_mouse(place)
    }
}

impl Client for PageClient {
    fn name(&self) -> &str {
        self.name
    }

    fn state(&mut self) -> Result<Option<GameState>> {
        let complaints = self.page.complaints();
        ensure!(
            !complaints.iter().any(|text| text.contains("panicked at") || text.contains("crashed")),
            "{}: the client has failed: {}",
            self.name,
            complaints.join("\n")
        );
        let state = self.page.try_evaluate("window.fogline ?? null")?;
        state.as_str().map(GameState::parse).transpose()
    }

    fn press_play(&mut self) -> Result<()> {
        self.press("play")
    }

    fn press_back(&mut self) -> Result<()> {
        self.press("back")
    }

    fn transport(&self) -> &'static str {
        self.transport
    }
}
