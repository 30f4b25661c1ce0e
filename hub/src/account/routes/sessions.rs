//! `/api/v1/sessions`: where one is signed in.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use axum_extra::extract::CookieJar;
use protocol::http::{Problem, SessionRow};

use super::signed_out;
use crate::{
    account::{
        self,
        session::{self, Session},
        store,
    },
    clock::unix_ms,
    error::ApiError,
    state::AppState,
};

/// Where this account is signed in, the last used first, 100 at most.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    tag = "account",
    responses(
        (status = 200, description = "The sessions.", body = Vec<SessionRow>),
        (status = 401, description = "Nobody is signed in.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn list_sessions(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<SessionRow>>, ApiError> {
    let oldest = session::oldest(unix_ms());
    let sessions = state
        .store
        .read(move |connection| store::sessions_of(connection, session.account.id, &session.token, oldest))
        .await?;
    Ok(Json(sessions))
}

/// End one session of this account.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    tag = "account",
    params(("id" = String, Path, description = "The session, as the list names it.")),
    responses(
        (status = 204, description = "The session is over and its socket closed."),
        (status = 401, description = "Nobody is signed in.", body = Problem),
        (status = 404, description = "This account has no such session.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn end_session(
    State(state): State<AppState>,
    session: Session,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NoSuchSession)?;
    account::end_session(&state, &session, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End every session of this account, the one that asks included.
#[utoipa::path(
    post,
    path = "/api/v1/sessions/end-all",
    tag = "account",
    responses(
        (status = 204, description = "The sessions are over and their sockets closed."),
        (status = 401, description = "Nobody is signed in.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn end_all_sessions(
    State(state): State<AppState>,
    session: Session,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    account::log_out_everywhere(&state, session).await?;
    Ok(signed_out(&state, jar))
}
