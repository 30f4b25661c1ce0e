//! `/api/v1`: name and password, gaining, changing and giving them up.

use axum::{Json, extract::State, http::StatusCode};
use axum_extra::extract::CookieJar;
use protocol::http::{Credentials, Deletion, PasswordChange, PasswordReset, Problem, Profile};

use super::{Body, me, read, signed_out};
use crate::{
    account::{self, caller::Caller, session::Session},
    error::ApiError,
    state::AppState,
};

/// Give a guest's account a name and a password; everything else of it stays.
#[utoipa::path(
    post,
    path = "/api/v1/claim",
    tag = "account",
    request_body = Credentials,
    responses(
        (status = 200, description = "The own profile with its new name.", body = Profile),
        (status = 401, description = "Nobody is signed in.", body = Problem),
        (status = 409, description = "The name is taken, or this is no guest's account.", body = Problem),
        (status = 422, description = "The name or the password will not do.", body = Problem),
        (status = 503, description = "Too many people are signing in.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn claim(
    State(state): State<AppState>,
    session: Session,
    body: Body<Credentials>,
) -> Result<Json<Profile>, ApiError> {
    account::claim(&state, &session, read(body)?).await?;
    me(State(state), session).await
}

/// Set another password; all other sessions end.
#[utoipa::path(
    post,
    path = "/api/v1/password",
    tag = "account",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "The new password is good from now on."),
        (status = 401, description = "Nobody is signed in.", body = Problem),
        (status = 403, description = "The current password is wrong.", body = Problem),
        (status = 409, description = "A guest has no password.", body = Problem),
        (status = 422, description = "The new password will not do.", body = Problem),
        (status = 429, description = "Too many wrong passwords from this session.", body = Problem),
        (status = 503, description = "Too many people are signing in.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn change_password(
    State(state): State<AppState>,
    session: Session,
    body: Body<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    account::change_password(&state, &session, read(body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set another password with a one-time code from an operator; all sessions end.
#[utoipa::path(
    post,
    path = "/api/v1/password/reset",
    tag = "account",
    request_body = PasswordReset,
    responses(
        (status = 204, description = "The new password is good from now on."),
        (status = 403, description = "The name is unknown, or the code wrong, used or too old.", body = Problem),
        (status = 422, description = "The new password will not do.", body = Problem),
        (status = 429, description = "Too many tries from this address.", body = Problem),
        (status = 503, description = "Too many people are signing in.", body = Problem),
    )
)]
pub async fn reset_password(
    State(state): State<AppState>,
    caller: Caller,
    body: Body<PasswordReset>,
) -> Result<StatusCode, ApiError> {
    account::reset::reset_password(&state, &caller, read(body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete this account for good.
#[utoipa::path(
    post,
    path = "/api/v1/account/delete",
    tag = "account",
    request_body = Deletion,
    responses(
        (status = 204, description = "The account is gone."),
        (status = 401, description = "Nobody is signed in.", body = Problem),
        (status = 403, description = "The password is wrong or missing.", body = Problem),
        (status = 429, description = "Too many wrong passwords from this session.", body = Problem),
        (status = 503, description = "Too many people are signing in.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn delete_account(
    State(state): State<AppState>,
    session: Session,
    jar: CookieJar,
    body: Body<Deletion>,
) -> Result<(StatusCode, CookieJar), ApiError> {
    account::delete(&state, session, read(body)?).await?;
    Ok(signed_out(&state, jar))
}
