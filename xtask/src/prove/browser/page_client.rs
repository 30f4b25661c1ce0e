//! The wasm client in a page, used as a person would: by mouse and keyboard.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use protocol::http::HistoryRow;

use super::Page;
use crate::{
    interrupt,
    prove::{
        client::{ANSWER, Client, LOADING, wait_for, wait_for_screen},
        game_state::{GameState, Place},
    },
};

/// How long a click may go without effect until it is repeated.
const CLICK: Duration = Duration::from_secs(8);

/// What a page dials that is not told otherwise.
const BY_ITSELF: &str = "webtransport";

/// The middle of what can be pressed on a page of the site and has these words on it.
const PLACE_OF: &str = "(words => {
    const all = [...document.querySelectorAll('button, a, input[type=submit]')];
    const wanted = all.find(e => (e.textContent || e.value || '').toLowerCase().includes(words));
    if (!wanted) return null;
    wanted.scrollIntoView({ block: 'center' });
    const rect = wanted.getBoundingClientRect();
    return [rect.x + rect.width / 2, rect.y + rect.height / 2];
})";

/// Ends when the page has been painted as it stays, in its own font.
const PAINTED: &str = "document.fonts.ready
    .then(() => new Promise(requestAnimationFrame))
    .then(() => new Promise(requestAnimationFrame))
    .then(() => null)";

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

    /// Follows an invitation to a party as somebody who has never been here, and plays as guest.
    pub fn accept_invitation(name: &'static str, page: Page, hub: SocketAddr, party: &str) -> Result<Self> {
        page.open(&format!("http://{hub}/join/{party}"))?;
        let mut client = Self { name, page, hub, transport: BY_ITSELF };
        client.press_on_site("join the party")?;
        client.press("guest", |state| state.screen() != "sign_in")?;
        wait_for_screen(&mut client, "lobby", LOADING)?;
        Ok(client)
    }

    pub fn page(&self) -> &Page {
        &self.page
    }

    /// From the landing page into the lobby by way of *Play as guest*.
    pub fn enter_as_guest(&mut self) -> Result<()> {
        self.press_on_site("play as guest")?;
        if self.transport != BY_ITSELF {
            self.page.open(&format!("http://{}/play?transport={}", self.hub, self.transport))?;
        }
        wait_for_screen(self, "lobby", LOADING)
    }

    /// The checksum of the golden match, played in this page.
    pub fn golden_checksum(&self) -> Result<String> {
        let checksum = self.page.evaluate("foglineGolden()")?;
        checksum.as_str().map(str::to_owned).context("the page should play the golden match")
    }

    /// The code of a party that this player makes.
    pub fn create_party(&mut self) -> Result<String> {
        self.press("create_party", |state| state.party_code().is_some())?;
        wait_for(self, "the party's code", ANSWER, |state| state.party_code().map(str::to_owned))
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

    /// Presses what leads into the game.
    /// A browser drops what is clicked before the page has been painted.
    fn press_on_site(&self, words: &str) -> Result<()> {
        self.page.evaluate(PAINTED)?;
        let place = self.page.evaluate(&format!("{PLACE_OF}({words:?})"))?;
        let (Some(x), Some(y)) = (place[0].as_f64(), place[1].as_f64()) else {
            bail!("there is nothing to press that says `{words}` ({})", self.name);
        };
        self.page.click(Place { x, y })?;
        self.page.wait_for_path(|path| path.trim_end_matches('/') == "/play")
    }

    /// Clicks a button of the client until that has had its effect.
    fn press(&mut self, button: &str, effect: impl Fn(&GameState) -> bool) -> Result<()> {
        let began = Instant::now();
        let what = format!("the button `{button}`");
        wait_for(self, &what, LOADING, |state| state.button(button).map(|_| ()))?;
        while began.elapsed() < LOADING {
            if let Some(place) = self.state()?.and_then(|state| state.button(button)) {
                self.click_slowly(place)?;
            }
            let clicked = Instant::now();
            while clicked.elapsed() < CLICK {
                if self.state()?.is_some_and(|state| effect(&state)) {
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
        self.press("play", |state| state.screen() != "lobby")
    }

    fn press_back(&mut self) -> Result<()> {
        self.press("back", |state| state.screen() != "result")
    }

    fn transport(&self) -> &'static str {
        self.transport
    }
}
