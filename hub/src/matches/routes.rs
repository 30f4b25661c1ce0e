//! `/api/v1`: matches, profiles and the leaderboard.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use protocol::{
    http::{HistoryRow, LeaderboardRow, MatchDetail, Problem, Profile},
    id::MatchId,
    text::PlayerName,
};
use serde::Deserialize;

use crate::{
    account::{session::Session, store::account_by_key},
    error::ApiError,
    matches::store,
    state::AppState,
};

/// Rows of one page of the history.
const HISTORY_ROWS: i64 = 50;

/// Rows of the leaderboard.
const LEADERBOARD_ROWS: i64 = 100;

/// Where a page of the history begins.
#[derive(Debug, Deserialize)]
pub struct Page {
    before: Option<i64>,
}

/// The caller's ended and void matches, newest first, 50 at a time.
#[utoipa::path(
    get,
    path = "/api/v1/history",
    tag = "matches",
    params(
        ("before" = Option<i64>, Query, description = "Only matches that ended before this unix time in \
            milliseconds: the `ended_at_ms` of the last row leads to the next page.")
    ),
    responses(
        (status = 200, description = "One page of the history.", body = Vec<HistoryRow>),
        (status = 400, description = "`before` is not a number.", body = Problem),
        (status = 401, description = "Nobody is signed in.", body = Problem),
    )
)]
pub async fn history(
    State(state): State<AppState>,
    session: Session,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Vec<HistoryRow>>, ApiError> {
    let Query(Page { before }) = page.map_err(|rejection| ApiError::Unreadable(rejection.body_text()))?;
    let account = session.account.id;
    let rows =
        state.store.read(move |connection| store::history(connection, account, before, HISTORY_ROWS)).await?;
    Ok(Json(rows))
}

/// One match that is over. What happens in a running one is its players' business.
#[utoipa::path(
    get,
    path = "/api/v1/matches/{id}",
    tag = "matches",
    params(("id" = MatchId, Path, description = "The match, as the history names it.")),
    responses(
        (status = 200, description = "The match in full.", body = MatchDetail),
        (status = 404, description = "There is no such match, or it is still running.", body = Problem),
    )
)]
pub async fn match_detail(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<MatchDetail>, ApiError> {
    let id = MatchId(id.parse().map_err(|_| ApiError::NotFound)?);
    let detail = state.store.read(move |connection| store::detail(connection, id)).await?;
    detail.filter(|detail| detail.ended_at_ms.is_some()).map(Json).ok_or(ApiError::NotFound)
}

/// What everybody may know of a player.
#[utoipa::path(
    get,
    path = "/api/v1/profiles/{name}",
    tag = "matches",
    params(("name" = String, Path, description = "The player's name in upper or lower case.")),
    responses(
        (status = 200, description = "The player's rating and statistics.", body = Profile),
        (status = 404, description = "There is no player of this name.", body = Problem),
    )
)]
pub async fn profile(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Profile>, ApiError> {
    let key = PlayerName::new(&name).map_err(|_| ApiError::NotFound)?.key();
    let profile = state
        .store
        .read(move |connection| match account_by_key(connection, &key)? {
            Some((account, _)) => store::profile(connection, account.id),
            None => Ok(None),
        })
        .await?;
    profile.map(Json).ok_or(ApiError::NotFound)
}

/// The 100 strongest players who have an account and five rated matches.
#[utoipa::path(
    get,
    path = "/api/v1/leaderboard",
    tag = "matches",
    responses((status = 200, description = "The strongest first.", body = Vec<LeaderboardRow>))
)]
pub async fn leaderboard(State(state): State<AppState>) -> Result<Json<Vec<LeaderboardRow>>, ApiError> {
    let rows = state.store.read(move |connection| store::leaderboard(connection, LEADERBOARD_ROWS)).await?;
    Ok(Json(rows))
}
