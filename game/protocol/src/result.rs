//! How a match ended.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, Seat},
    text::PlayerName,
};

/// The final word of the room on one match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchResult {
    pub amber: u16,
    pub azure: u16,
    /// Length of the match in ticks.
    pub ticks: u32,
    /// In seat order, one line a seat.
    pub seats: Vec<SeatResult>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatResult {
    pub seat: Seat,
    /// `None` for a seat that was a bot's from the start.
    pub account: Option<AccountId>,
    pub name: PlayerName,
    pub kills: u16,
    pub deaths: u16,
}
