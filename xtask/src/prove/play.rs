//! `prove play`: real matches over every transport, and a hub that lets nobody else in.

mod browser_match;
mod drive;
mod mixed_match;
mod native_match;
mod newcomer;
mod party_match;
mod raw_socket;
mod stage;

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use protocol::{http::HistoryRow, id::Team};
use serde_json::json;

use self::browser_match::Pictures;
pub use self::stage::Stage;
use super::{
    game_state::FinalScore,
    report::{Figures, Report},
};

/// All seven cases, or the first if it has to be quick.
///
/// The first five share a hub whose matches are too short for newcomers, so that *Play* leads into a
/// match of one's own. The others have hubs with longer matches.
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
    report
        .case("nobody signs in without answering the challenge", |figures| raw_socket::run(stage, figures))?;
    report.case("a party plays, and one of the two reloads in mid-match", |figures| {
        party_match::run(stage, figures)
    })?;
    report.case("a newcomer takes over a bot's tank", |figures| newcomer::run(stage, figures))
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

    use crate::prove::headless::new_credentials;

    #[test]
    fn credentials_fit_the_rules() {
        let Credentials { name, password } = new_credentials().expect("random bytes should be there");
        assert!(PlayerName::new(&name).is_ok());
        assert!(PASSWORD_CHARS.contains(&password.len()));
    }
}
