//! The landing page, what it counts, and the page that is not there.

use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{PageError, Viewer, notice, rendered};
use crate::{lobby::Overview, state::AppState};

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing {
    viewer: Viewer,
    notice: Option<&'static str>,
    overview: Overview,
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound {
    viewer: Viewer,
    words: &'static str,
}

pub async fn landing(
    State(state): State<AppState>,
    viewer: Viewer,
    query: RawQuery,
) -> Result<Response, PageError> {
    rendered(&Landing { viewer, notice: notice::named_by(&query), overview: state.lobby.overview() })
}

/// How many are here, wait and play, and how many rooms there are.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "hub",
    responses((
        status = 200,
        description = "The counts that the landing page shows: `players_online`, `waiting`, `rooms`, \
            `rooms_free` and `matches_running`.",
        content_type = "application/json"
    ))
)]
pub async fn status(State(state): State<AppState>) -> Json<Overview> {
    Json(state.lobby.overview())
}

pub async fn not_found(viewer: Viewer) -> Result<Response, PageError> {
    missing(viewer, "There is no page at this address.")
}

/// The answer where an address names something that does not exist.
pub(super) fn missing(viewer: Viewer, words: &'static str) -> Result<Response, PageError> {
    let page = rendered(&NotFound { viewer, words })?;
    Ok((StatusCode::NOT_FOUND, page).into_response())
}
