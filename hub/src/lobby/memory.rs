//! What a hub that starts knows from the one before it.

use diesel::QueryResult;
use protocol::{id::AccountId, text::PlayerName};

use crate::{
    matches::store::{self as matches, RunningMatch},
    matchmaking::store::{self as waiting, PartyRow, QueueEntry},
    store::connection::AnyConnection,
};

/// Read once, before anybody is served.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Counts the starts of the hub, from 1.
    pub start: u32,
    pub running: Vec<RunningMatch>,
    /// Who waited, with rating in points.
    pub waiting: Vec<(QueueEntry, f64)>,
    pub parties: Vec<PartyRow>,
    /// Of everybody who is in a party.
    pub names: Vec<(AccountId, PlayerName)>,
}

impl Memory {
    /// Also counts this start, so that it needs a transaction that writes.
    pub fn recall(connection: &mut AnyConnection) -> QueryResult<Self> {
        Ok(Self {
            start: waiting::next_start(connection)?,
            running: matches::running(connection)?,
            waiting: waiting::waiting(connection)?,
            parties: waiting::parties(connection)?,
            names: waiting::party_names(connection)?,
        })
    }
}
