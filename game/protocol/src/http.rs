//! Bodies of the HTTP API under `/api/v1`, JSON both ways. `GET /api/v1/openapi.json` describes
//! every call.
//!
//! Sign-in sets the session cookie and answers the same secret as a bearer. Calls that need a session
//! take either. Every error is a [`Problem`].

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, MatchId, Seat, Team},
    key::{MapId, ModeId},
    rating::{Rating, RatingChange},
    text::PlayerName,
};

/// A name and a password as typed; the hub checks both and says what is wrong with them.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    pub name: String,
    pub password: String,
}

/// A session has begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SignedIn {
    pub account: AccountId,
    pub name: PlayerName,
    pub guest: bool,
    /// The session's secret, for clients without cookies.
    pub bearer: String,
}

/// Signs one socket in, once, within [`crate::limits::SOCKET_TOKEN_LIFE`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SocketTicket {
    pub token: String,
}

/// One finished or void match as its player sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HistoryRow {
    pub match_id: MatchId,
    /// Unix time in milliseconds.
    pub ended_at_ms: i64,
    pub mode: ModeId,
    pub map: MapId,
    pub team: Team,
    pub amber: u16,
    pub azure: u16,
    pub kills: u16,
    pub deaths: u16,
    /// `None` for a void match.
    pub rating: Option<RatingChange>,
    /// Why the match does not count; `None` for one that was played to its end.
    pub void_reason: Option<String>,
}

/// One match in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MatchDetail {
    pub match_id: MatchId,
    pub mode: ModeId,
    pub map: MapId,
    /// Unix time in milliseconds.
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub amber: u16,
    pub azure: u16,
    pub void_reason: Option<String>,
    /// Why no rating moved; `None` for a rated, running or void match.
    pub unrated_reason: Option<String>,
    pub seats: Vec<MatchSeat>,
}

/// One seat of a match, in seat order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MatchSeat {
    pub seat: Seat,
    /// `None` for a bot and for an account that was deleted.
    pub account: Option<AccountId>,
    pub name: String,
    pub bot: bool,
    pub kills: u16,
    pub deaths: u16,
    /// Before and after, where the match was rated.
    pub rating: Option<(Rating, Rating)>,
}

/// What everybody may know of a player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Profile {
    pub account: AccountId,
    pub name: PlayerName,
    pub guest: bool,
    /// Unix time in milliseconds.
    pub since_ms: i64,
    pub rating: Rating,
    pub statistics: Statistics,
}

/// Counted over all matches that were played to their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Statistics {
    pub matches: u32,
    pub rated: u32,
    pub won: u32,
    pub lost: u32,
    pub drawn: u32,
    pub kills: u32,
    pub deaths: u32,
}

/// One line of the leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeaderboardRow {
    /// From 1; equal ratings share a rank.
    pub rank: u32,
    pub account: AccountId,
    pub name: PlayerName,
    pub rating: Rating,
    pub rated: u32,
    pub won: u32,
}

/// A place where this account is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionRow {
    /// Names the session without giving it away.
    pub id: String,
    /// What the browser or client calls itself.
    pub device: String,
    pub created_at_ms: i64,
    pub last_seen_ms: i64,
    /// Whether it is the one that asks.
    pub current: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    pub current: String,
    pub new: String,
}

/// A new password for an account whose owner lost it; an operator's command issues the code.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    pub name: String,
    pub code: String,
    pub new: String,
}

/// Deleting an account asks for the password once more; a guest has none.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    pub password: Option<String>,
}

/// What went wrong, in words for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    pub error: String,
}
