//! `/api/v1`: sign in, sign out, a token for a socket.

use std::time::Instant;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use axum_extra::extract::CookieJar;
use protocol::http::{Credentials, SignedIn, SocketTicket};

use crate::{
    account::{
        self,
        session::{self, Session},
    },
    error::ApiError,
    state::AppState,
};

type Answer = Result<(CookieJar, Json<SignedIn>), ApiError>;
type Body = Result<Json<Credentials>, JsonRejection>;

pub async fn register(State(state): State<AppState>, jar: CookieJar, body: Body) -> Answer {
    let signed_in = account::register(&state, credentials(body)?).await?;
    Ok(with_cookie(&state, jar, signed_in))
}

pub async fn login(State(state): State<AppState>, jar: CookieJar, body: Body) -> Answer {
    let signed_in = account::login(&state, credentials(body)?).await?;
    Ok(with_cookie(&state, jar, signed_in))
}

pub async fn guest(State(state): State<AppState>, jar: CookieJar) -> Answer {
    let signed_in = account::play_as_guest(&state).await?;
    Ok(with_cookie(&state, jar, signed_in))
}

pub async fn logout(
    State(state): State<AppState>,
    session: Session,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    account::log_out(&state, session).await?;
    Ok((StatusCode::NO_CONTENT, jar.add(session::removal(state.config.tls()))))
}

pub async fn socket_token(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<SocketTicket>, ApiError> {
    let token = state.socket_tokens.grant(&session, Instant::now());
    Ok(Json(SocketTicket { token }))
}

fn credentials(body: Body) -> Result<Credentials, ApiError> {
    match body {
        Ok(Json(credentials)) => Ok(credentials),
        Err(rejection) => Err(ApiError::Unreadable(rejection.body_text())),
    }
}

fn with_cookie(state: &AppState, jar: CookieJar, signed_in: SignedIn) -> (CookieJar, Json<SignedIn>) {
    let cookie = session::cookie(state.config.tls(), signed_in.bearer.clone());
    (jar.add(cookie), Json(signed_in))
}
