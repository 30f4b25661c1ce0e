//! How the values of a match stand in the database.

use std::error::Error as StdError;

use diesel::{QueryResult, result::Error};
use protocol::id::{Epoch, Seat, Team};

/// The states of a match.
pub const RUNNING: &str = "running";
pub const ENDED: &str = "ended";
pub const VOID: &str = "void";

pub fn epoch_column(epoch: Epoch) -> i64 {
    i64::try_from(epoch.0).unwrap_or(i64::MAX)
}

pub fn epoch_of_column(column: i64) -> QueryResult<Epoch> {
    u64::try_from(column).map(Epoch).map_err(unreadable)
}

pub fn seat_column(seat: Seat) -> i16 {
    i16::from(seat.index())
}

pub fn seat_of_column(column: i16) -> QueryResult<Seat> {
    let index = u8::try_from(column).map_err(unreadable)?;
    Seat::try_from(index).map_err(unreadable)
}

pub fn team_column(team: Team) -> i16 {
    match team {
        Team::Amber => 0,
        Team::Azure => 1,
    }
}

pub fn team_of_column(column: i16) -> Team {
    if column == 0 { Team::Amber } else { Team::Azure }
}

pub fn team_size_of_column(column: i16) -> QueryResult<u8> {
    u8::try_from(column).map_err(unreadable)
}

/// Points, kills and deaths of one match.
pub fn score_of_column(column: i32) -> u16 {
    u16::try_from(column).unwrap_or_default()
}

/// Counts over many matches; one that does not fit shows as the largest that does.
pub fn count_of_column(column: i64) -> u32 {
    u32::try_from(column.max(0)).unwrap_or(u32::MAX)
}

/// A mode, a map or a party's code.
pub fn key_of_column<K: TryFrom<String, Error = String>>(column: String) -> QueryResult<K> {
    K::try_from(column).map_err(unreadable)
}

/// The database holds what the hub never writes.
pub fn unreadable(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::DeserializationError(error.into())
}
