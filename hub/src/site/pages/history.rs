//! One's own matches.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};

use super::{
    PageError, Viewer, asked,
    line::{MatchLine, lines},
    rendered, to_sign_in,
};
use crate::{clock::unix_ms, matches::store, state::AppState};

/// Matches on one page.
const PAGE: usize = 25;

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    viewer: Viewer,
    lines: Vec<MatchLine>,
    /// Whether newer matches are left out.
    later: bool,
    /// Where the next page begins, in ms of unix time.
    older: Option<i64>,
}

/// `?before=MS` leaves out what ended then or later.
pub async fn page(
    State(state): State<AppState>,
    viewer: Viewer,
    query: RawQuery,
) -> Result<Response, PageError> {
    let Some(account) = viewer.session.as_ref().map(|session| session.account.id) else {
        return Ok(to_sign_in());
    };
    let before = asked(&query, "before").and_then(|ms| ms.parse::<i64>().ok());
    // One more than is shown tells whether there are more.
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows =
        state.store.read(move |connection| store::history(connection, account, before, limit)).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let older = rows.last().filter(|_| more).map(|row| row.ended_at_ms);
    let lines = lines(&state, rows, unix_ms());
    rendered(&History { viewer, lines, later: before.is_some(), older })
}
