//! What every case is played on: a system, a browser, and the way to new players.

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    keys::Keys,
    layout::Layout,
    progress::Progress,
    prove::{
        BOTS_AFTER_SECS,
        browser::{Browser, PageClient},
        client::{ANSWER, Client, LOADING},
        dial::HERE,
        headless::{Headless, Identity},
        http::Api,
        wait::{Look, until},
    },
    scratch::Scratch,
    system::{Options, Output, System},
};

pub struct Stage<'a> {
    pub(super) keys: &'a Keys,
    pub(super) pictures: PathBuf,
    /// Matches that the only room has played to their end.
    pub(super) played: usize,
    browser: Browser,
    client: PathBuf,
    layout: Layout,
    output: Output,
    scratch: PathBuf,
    system: System,
}

impl<'a> Stage<'a> {
    pub fn new(
        system: System,
        keys: &'a Keys,
        client: PathBuf,
        scratch: &Scratch,
        folder: PathBuf,
    ) -> Result<Self> {
        let output = Output::Folder(folder.clone());
        let scratch = scratch.path().to_owned();
        let browser = Browser::launch(&scratch.join("chromium"), &output)?;
        let layout = Layout::find()?;
        Ok(Self { keys, pictures: folder, played: 0, browser, client, layout, output, scratch, system })
    }

    /// Goes on with a hub of its own that knows nobody, and one room, whose matches last so long.
    pub(super) fn begin_anew(&mut self, match_seconds: u16) -> Result<()> {
        let name = format!("matches-of-{match_seconds}-s");
        let (folder, logs) = (self.scratch.join(&name), self.pictures.join(&name));
        for folder in [&folder, &logs] {
            fs::create_dir_all(folder).with_context(|| format!("unable to create `{}`", folder.display()))?;
        }
        let options = Options {
            port: 0,
            rooms: 1,
            release: false,
            hub_alone: false,
            match_seconds: Some(match_seconds),
            bots_after_secs: Some(BOTS_AFTER_SECS),
            weather: None,
            database: format!("sqlite://{}", folder.join("hub.sqlite").display()),
            folder,
            output: Output::Folder(logs),
        };
        self.system = System::start(&self.layout, self.keys, &options, &mut Progress::new(2))?;
        self.played = 0;
        self.wait_for_rest()
    }

    /// Until a room is free and nobody waits or plays: who presses *Play* then gets a fresh match, and a
    /// page that is opened then may speak to the room.
    pub(super) fn wait_for_rest(&mut self) -> Result<()> {
        self.system.check()?;
        until("the hub to be at rest", LOADING, || {
            let status = self.status()?;
            let rests = status["matches_running"] == 0 && status["waiting"] == 0 && status["rooms_free"] == 1;
            Ok(if rests { Look::Found(()) } else { Look::Instead(status.to_string()) })
        })
    }

    /// The hub's counts that anybody may read.
    pub(super) fn status(&self) -> Result<Value> {
        let path = "/api/v1/status";
        Api::new(self.hub(), HERE).get(path, None)?.good(path)
    }

    pub(super) fn hub(&self) -> SocketAddr {
        self.system.hub()
    }

    /// What the golden match leads to natively, as the game's own test keeps it.
    pub(super) fn golden_checksum(&self) -> Result<String> {
        let path = self.layout.golden_checksum();
        let kept =
            fs::read_to_string(&path).with_context(|| format!("unable to read `{}`", path.display()))?;
        Ok(kept.trim_end().to_owned())
    }

    /// A page on the landing page.
    pub(super) fn page(&self, name: &'static str, transport: &'static str) -> Result<PageClient> {
        PageClient::visit(name, self.browser.page()?, self.hub(), transport)
    }

    /// A page that has come by an invitation, as a guest in the lobby.
    pub(super) fn invited_page(&self, name: &'static str, party: &str) -> Result<PageClient> {
        PageClient::accept_invitation(name, self.browser.page()?, self.hub(), party)
    }

    pub(super) fn headless(&self, name: &str, identity: &Identity<'_>) -> Result<Headless> {
        Headless::start(name, &self.client, self.hub(), identity, &self.output)
    }

    /// A mark in the room's log for [`Self::expect_joined`].
    pub(super) fn room_mark(&mut self) -> Result<usize> {
        self.system.check()?;
        Ok(self.system.room_log()?.mark())
    }

    /// Both ends must agree on how the client of `seat` came.
    pub(super) fn expect_joined(&self, mark: usize, client: &mut dyn Client, seat: u64) -> Result<()> {
        let transport = client.transport();
        let said = client.state()?.and_then(|state| state.transport().map(str::to_owned));
        ensure!(
            said.as_deref() == Some(transport),
            "{} should play over {transport} but says {said:?}",
            client.name()
        );
        let log = self.system.room_log()?;
        let what = format!("the room to log seat {seat} joining over {transport}");
        until(&what, ANSWER, || {
            let lines = log.since(mark);
            let mut joined = lines.iter().filter(|line| line.contains("player joined"));
            Ok(match joined.find(|line| names(line, seat, transport)) {
                Some(_) => Look::Found(()),
                None => Look::Instead(log.tail(3)),
            })
        })
    }
}

fn names(line: &str, seat: u64, transport: &str) -> bool {
    let mut words = line.split_whitespace();
    let field = |word: &str| word.trim_end_matches(',').replace('"', "");
    words.clone().any(|word| field(word) == format!("seat={seat}"))
        && words.any(|word| field(word) == format!("transport={transport}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_is_read_from_the_rooms_log() {
        let line = "2026-11-23T04:00:00Z  INFO server_room: player joined seat=3 transport=\"webtransport\" name=ann";
        assert!(names(line, 3, "webtransport"));
        assert!(!names(line, 2, "webtransport"));
        assert!(!names(line, 3, "udp"));
    }
}
