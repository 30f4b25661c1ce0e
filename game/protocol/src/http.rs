//! Bodies of the HTTP API under `/api/v1`, JSON both ways.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST /api/v1/guest` | none | [`SignedIn`] |
//! | `POST /api/v1/register` | [`Credentials`] | [`SignedIn`] |
//! | `POST /api/v1/login` | [`Credentials`] | [`SignedIn`] |
//! | `POST /api/v1/logout` | none | 204 |
//! | `POST /api/v1/socket-token` | none | [`SocketTicket`] |
//! | `GET /api/v1/history` | none | list of [`HistoryRow`] |
//!
//! The first three also set the session cookie. The others take the cookie or
//! `Authorization: Bearer TOKEN`. Every error is a [`Problem`].

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, MatchId, Team},
    text::PlayerName,
};

/// A name and a password as typed; the hub checks both and says what is wrong with them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    pub name: String,
    pub password: String,
}

/// A session has begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    pub account: AccountId,
    pub name: PlayerName,
    pub guest: bool,
    /// The session's secret, for clients without cookies.
    pub bearer: String,
}

/// Signs one socket in, once, within [`crate::limits::SOCKET_TOKEN_LIFE`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SocketTicket {
    pub token: String,
}

/// One finished or void match as its player sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    pub match_id: MatchId,
    /// Unix time in milliseconds.
    pub ended_at_ms: i64,
    pub team: Team,
    pub amber: u16,
    pub azure: u16,
    pub kills: u16,
    pub deaths: u16,
    /// Why the match does not count; `None` for one that was played to its end.
    pub void_reason: Option<String>,
}

/// What went wrong, in words for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub error: String,
}
