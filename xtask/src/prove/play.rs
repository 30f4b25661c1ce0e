//! `prove play`: real matches over every transport, and a hub that lets nobody else in.

mod browser_match;
mod mixed_match;
mod native_match;
mod raw_socket;

use std::{net::SocketAddr, path::PathBuf, time::Instant};

use anyhow::{Context as _, Result, ensure};
use protocol::{http::HistoryRow, id::Team};
use serde_json::json;

use self::browser_match::Pictures;
use super::{
    browser::{Browser, PageClient},
    client::{ANSWER, Client},
    game_state::FinalScore,
    headless::{Headless, Identity},
    report::{Figures, Report},
    wait::{Look, until},
};
use crate::{
    keys::Keys,
    scratch::Scratch,
    system::{Output, System},
};

/// What every case is played on.
pub struct Stage<'a> {
    browser: Browser,
    client: PathBuf,
    keys: &'a Keys,
    output: Output,
    pictures: PathBuf,
    /// Matches that the only room has played to their end.
    played: usize,
    system: System,
}

/// All five cases, or the first if it has to be quick.
pub fn perform(stage: &mut Stage<'_>, quick: bool, report: &mut Report) -> Result<()> {
    report.case("a browser plays over WebTransport", |figures| {
        browser_match::run(stage, figures, "webtransport", Pictures::Taken)
    })?;
    if quick {
        return Ok(());
    }
    report.case("a browser plays over WebSocket", |figures| {
        browser_match::run(stage, figures, "websocket", Pictures::None)
    })?;
    report.case("a registered native client plays over UDP in a used room", |figures| {
        native_match::run(stage, figures)
    })?;
    report.case("three transports meet in one match", |figures| mixed_match::run(stage, figures))?;
    report.case("nobody signs in without answering the challenge", |figures| raw_socket::run(stage, figures))
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
        let browser = Browser::launch(&scratch.path().join("chromium"), &output)?;
        Ok(Self { browser, client, keys, output, pictures: folder, played: 0, system })
    }

    fn hub(&self) -> SocketAddr {
        self.system.hub()
    }

    fn page(&self, name: &'static str, transport: &'static str) -> Result<PageClient> {
        PageClient::visit(name, self.browser.page()?, self.hub(), transport)
    }

    fn headless(&self, name: &str, identity: &Identity<'_>) -> Result<Headless> {
        Headless::start(name, &self.client, self.hub(), identity, &self.output)
    }

    /// A mark in the room's log for [`Self::expect_joined`].
    fn room_mark(&mut self) -> Result<usize> {
        self.system.check()?;
        Ok(self.system.room_log()?.mark())
    }

    /// Both ends must agree on how the client of `seat` came.
    fn expect_joined(&self, mark: usize, client: &mut dyn Client, seat: u64) -> Result<()> {
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

/// The history's row of one match, which must be there once and say what the client showed.
fn one_row<'r>(rows: &'r [HistoryRow], result: &FinalScore) -> Result<&'r HistoryRow> {
    let mut rows = rows.iter().filter(|row| row.match_id.to_string() == result.match_id);
    let row = rows.next().with_context(|| format!("no row for match {}", result.match_id))?;
    ensure!(rows.next().is_none(), "match {} has two rows", result.match_id);
    ensure!(row.void_reason.is_none(), "the match is void: {:?}", row.void_reason);
    ensure!(
        (u64::from(row.amber), u64::from(row.azure)) == (result.amber, result.azure),
        "the row says {}:{}, the client {}:{}",
        row.amber,
        row.azure,
        result.amber,
        result.azure
    );
    Ok(row)
}

fn note_result(figures: &mut Figures, result: &FinalScore, row: &HistoryRow) {
    figures.note("score", json!({ "amber": result.amber, "azure": result.azure }));
    let team = if row.team == Team::Amber { "amber" } else { "azure" };
    figures.note("row", json!({ "team": team, "kills": row.kills, "deaths": row.deaths }));
}

/// Times from pressing *Play*.
struct Since(Instant);

impl Since {
    fn now() -> Self {
        Self(Instant::now())
    }

    fn note_control(&self, figures: &mut Figures) {
        figures.note_seconds("play_to_first_control_seconds", self.0);
    }
}

#[cfg(test)]
mod tests {
    use protocol::{http::Credentials, limits::PASSWORD_CHARS, text::PlayerName};

    use super::*;
    use crate::prove::headless::new_credentials;

    #[test]
    fn joining_is_read_from_the_rooms_log() {
        let line = "2026-11-23T04:00:00Z  INFO server_room: player joined seat=3 transport=\"webtransport\" name=ann";
        assert!(names(line, 3, "webtransport"));
        assert!(!names(line, 2, "webtransport"));
        assert!(!names(line, 3, "udp"));
    }

    #[test]
    fn credentials_fit_the_rules() {
        let Credentials { name, password } = new_credentials().expect("random bytes should be there");
        assert!(PlayerName::new(&name).is_ok());
        assert!(PASSWORD_CHARS.contains(&password.len()));
    }
}
