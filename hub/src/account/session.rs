//! The session of a request: from the cookie or `Authorization: Bearer`.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use crate::{
    account::store::{self, Account},
    clock::unix_ms,
    error::ApiError,
    secret::TokenHash,
    state::AppState,
};

/// A session that nobody used for this long is over.
pub const IDLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// `last_seen` is written at most this often.
const TOUCH_EVERY_MS: i64 = 60 * 60 * 1000;

/// A signed-in request. As an extractor it answers 401 without one, and 403 with the reason to
/// somebody who is banned.
#[derive(Clone, Debug)]
pub struct Session {
    pub account: Account,
    pub token: TokenHash,
}

/// A request that may be signed in. Somebody who is banned is told so here, too.
pub struct Visitor(pub Option<Session>);

impl Visitor {
    /// What the page's header calls the visitor.
    pub fn name(&self) -> Option<String> {
        self.0.as_ref().map(|session| session.account.name.to_string())
    }
}

/// Unix time before which a session's last use is too long ago.
pub fn oldest(now: i64) -> i64 {
    now - i64::try_from(IDLE.as_millis()).unwrap_or(i64::MAX)
}

/// The session that a request names, as the database keeps it; it may not exist.
pub fn token(headers: &HeaderMap, tls: bool) -> Option<TokenHash> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if let Some(bearer) = bearer {
        return Some(TokenHash::of(bearer));
    }
    let jar = CookieJar::from_headers(headers);
    jar.get(cookie_name(tls)).map(|cookie| TokenHash::of(cookie.value()))
}

/// The cookie that carries `bearer`.
pub fn cookie(tls: bool, bearer: String) -> Cookie<'static> {
    Cookie::build((cookie_name(tls), bearer))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(tls)
        .permanent()
        .build()
}

/// The cookie that takes the session away.
pub fn removal(tls: bool) -> Cookie<'static> {
    Cookie::build((cookie_name(tls), ""))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(tls)
        .removal()
        .build()
}

fn cookie_name(tls: bool) -> &'static str {
    if tls { "__Host-fogline_session" } else { "fogline_session" }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        find(state, &parts.headers).await?.ok_or(ApiError::SignedOut)
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(find(state, &parts.headers).await?))
    }
}

async fn find(state: &AppState, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    let Some(token) = token(headers, state.config.tls()) else {
        return Ok(None);
    };
    let now = unix_ms();
    let wanted = token.clone();
    let found =
        state.store.read(move |connection| store::live_session(connection, &wanted, oldest(now))).await?;
    let Some(session) = found else {
        return Ok(None);
    };
    if let Some(ban) = session.ban.filter(|ban| ban.in_force(now)) {
        return Err(ban.into());
    }
    if now - session.last_seen > TOUCH_EVERY_MS {
        touch(state, token.clone(), now).await;
    }
    Ok(Some(Session { account: session.account, token }))
}

/// A database that cannot be written keeps nobody from reading.
async fn touch(state: &AppState, token: TokenHash, now: i64) {
    let touched = state.store.write(move |connection| store::touch_session(connection, &token, now)).await;
    if let Err(error) = touched {
        tracing::warn!(%error, "unable to note that a session is in use");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let plain = cookie(false, "secret".to_owned()).to_string();
        assert!(plain.contains("HttpOnly") && plain.contains("SameSite=Lax"));
        assert!(!plain.contains("Secure"));
    }

    #[test]
    fn cookie_over_tls_belongs_to_this_host_alone() {
        let secure = cookie(true, "secret".to_owned()).to_string();
        assert!(secure.starts_with("__Host-") && secure.contains("Secure"));
        assert!(secure.contains("Path=/") && !secure.contains("Domain"));
    }
}
