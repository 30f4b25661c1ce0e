//! `/api/v1`: signing in and out, a token for a socket, who one is.

pub mod credentials;
pub mod sessions;

use std::time::Instant;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use axum_extra::extract::CookieJar;
use protocol::http::{Credentials, Problem, Profile, SignedIn, SocketTicket};

use crate::{
    account::{
        self,
        caller::Caller,
        session::{self, Session},
    },
    error::ApiError,
    matches,
    state::AppState,
};

type Answer = Result<(CookieJar, Json<SignedIn>), ApiError>;
type Body<T> = Result<Json<T>, JsonRejection>;

/// Become a guest with a name that the hub gives.
#[utoipa::path(
    post,
    path = "/api/v1/guest",
    tag = "account",
    responses(
        (status = 200, description = "Signed in; the cookie is set.", body = SignedIn),
        (status = 429, description = "Too many guests from this address.", body = Problem),
    )
)]
pub async fn guest(State(state): State<AppState>, caller: Caller, jar: CookieJar) -> Answer {
    let signed_in = account::play_as_guest(&state, &caller).await?;
    Ok(with_cookie(&state, jar, signed_in))
}

/// Make an account with a name and a password.
#[utoipa::path(
    post,
    path = "/api/v1/register",
    tag = "account",
    request_body = Credentials,
    responses(
        (status = 200, description = "Signed in; the cookie is set.", body = SignedIn),
        (status = 409, description = "The name is taken.", body = Problem),
        (status = 422, description = "The name or the password will not do.", body = Problem),
        (status = 429, description = "Too many accounts from this address.", body = Problem),
        (status = 503, description = "Too many people are signing in.", body = Problem),
    )
)]
pub async fn register(
    State(state): State<AppState>,
    caller: Caller,
    jar: CookieJar,
    body: Body<Credentials>,
) -> Answer {
    let signed_in = account::register(&state, &caller, read(body)?).await?;
    Ok(with_cookie(&state, jar, signed_in))
}

/// Sign in with a name and a password.
#[utoipa::path(
    post,
    path = "/api/v1/login",
    tag = "account",
    request_body = Credentials,
    responses(
        (status = 200, description = "Signed in; the cookie is set.", body = SignedIn),
        (status = 401, description = "The name or the password is wrong.", body = Problem),
        (status = 403, description = "The account is banned; until when and why.", body = Problem),
        (status = 429, description = "Too many tries from this address or at this name.", body = Problem),
        (status = 503, description = "Too many people are signing in.", body = Problem),
    )
)]
pub async fn login(
    State(state): State<AppState>,
    caller: Caller,
    jar: CookieJar,
    body: Body<Credentials>,
) -> Answer {
    let signed_in = account::login(&state, &caller, read(body)?).await?;
    Ok(with_cookie(&state, jar, signed_in))
}

/// End this session.
#[utoipa::path(
    post,
    path = "/api/v1/logout",
    tag = "account",
    responses(
        (status = 204, description = "The session is over and its socket closed."),
        (status = 401, description = "Nobody is signed in.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn logout(
    State(state): State<AppState>,
    session: Session,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    account::log_out(&state, session).await?;
    Ok(signed_out(&state, jar))
}

/// A token that signs one socket in, once, within a minute.
#[utoipa::path(
    post,
    path = "/api/v1/socket-token",
    tag = "account",
    responses(
        (status = 200, description = "The token.", body = SocketTicket),
        (status = 401, description = "Nobody is signed in.", body = Problem),
        (status = 403, description = "The account is banned; until when and why.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn socket_token(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<SocketTicket>, ApiError> {
    let token = state.socket_tokens.grant(&session, Instant::now());
    Ok(Json(SocketTicket { token }))
}

/// The profile of whoever asks.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "account",
    responses(
        (status = 200, description = "The own profile.", body = Profile),
        (status = 401, description = "Nobody is signed in.", body = Problem),
        (status = 403, description = "The account is banned; until when and why.", body = Problem),
    ),
    security(("cookie" = []), ("bearer" = []))
)]
pub async fn me(State(state): State<AppState>, session: Session) -> Result<Json<Profile>, ApiError> {
    let account = session.account.id;
    let profile = state.store.read(move |connection| matches::store::profile(connection, account)).await?;
    // The account may have been deleted since its session was looked up.
    profile.map(Json).ok_or(ApiError::SignedOut)
}

fn read<T>(body: Body<T>) -> Result<T, ApiError> {
    match body {
        Ok(Json(body)) => Ok(body),
        Err(rejection) => Err(ApiError::of_body(rejection.status(), rejection.body_text())),
    }
}

fn with_cookie(state: &AppState, jar: CookieJar, signed_in: SignedIn) -> (CookieJar, Json<SignedIn>) {
    let cookie = session::cookie(state.config.tls(), signed_in.bearer.clone());
    (jar.add(cookie), Json(signed_in))
}

fn signed_out(state: &AppState, jar: CookieJar) -> (StatusCode, CookieJar) {
    (StatusCode::NO_CONTENT, jar.add(session::removal(state.config.tls())))
}
