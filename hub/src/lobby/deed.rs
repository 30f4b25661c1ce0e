//! What the lobby has the database do, and what came of it.
//!
//! Deeds are done one after the other in the order they were decided, each in one transaction.

use diesel::QueryResult;
use protocol::{
    hub::LeftQueue,
    id::{AccountId, MatchId, PartyId, RoomId},
    key::PartyCode,
    rating::RatingChange,
    registry::{Allocation, ExpectedPlayer},
    result::MatchResult,
    text::PlayerName,
};

use crate::{
    account::store::account_by_key,
    matches::store::{self as matches, Opening, Settlement, Standing},
    matchmaking::store::{self as waiting, QueueEntry},
    store::connection::AnyConnection,
};

#[derive(Clone, Debug)]
pub enum Deed {
    Enqueue { joining: u64, entries: Vec<QueueEntry> },
    Dequeue { accounts: Vec<AccountId>, why: LeftQueue },
    SaveParty { id: PartyId, code: PartyCode, members: Vec<AccountId> },
    Mute { account: AccountId, name: PlayerName, on: bool },
    Open { opening: Opening },
    Admit { allocation: Allocation, player: ExpectedPlayer },
    Settle { room: RoomId, allocation: Allocation, result: MatchResult },
    Void { allocation: Allocation, reason: &'static str, back: Vec<QueueEntry> },
    LookUp { room: RoomId, allocation: Allocation },
}

#[derive(Clone, Debug)]
pub enum Done {
    /// These wait, whatever becomes of the hub.
    Enqueued {
        joining: u64,
    },
    Dequeued {
        accounts: Vec<AccountId>,
        why: LeftQueue,
    },
    PartySaved {
        id: PartyId,
    },
    Opened {
        allocation: Allocation,
    },
    Admitted {
        allocation: Allocation,
        player: ExpectedPlayer,
        seated: bool,
    },
    Settled {
        room: RoomId,
        allocation: Allocation,
        result: MatchResult,
        settlement: Settlement,
    },
    Voided {
        match_id: MatchId,
        reason: &'static str,
    },
    LookedUp {
        room: RoomId,
        allocation: Allocation,
        standing: Standing,
    },
    Muted {
        account: AccountId,
        /// Whom the account mutes now.
        mutes: Vec<(AccountId, PlayerName)>,
        outcome: Muting,
    },
    /// Nothing of it was done; the error is logged.
    Failed(Deed),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Muting {
    Done,
    NoSuchPlayer { name: PlayerName },
    TooMany,
}

impl Deed {
    /// What the log calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Enqueue { .. } => "enqueue",
            Self::Dequeue { .. } => "dequeue",
            Self::SaveParty { .. } => "save a party",
            Self::Mute { .. } => "mute",
            Self::Open { .. } => "open a match",
            Self::Admit { .. } => "admit a newcomer",
            Self::Settle { .. } => "settle a match",
            Self::Void { .. } => "void a match",
            Self::LookUp { .. } => "look a match up",
        }
    }

    /// Does it within the caller's transaction. `now` is unix time in milliseconds.
    pub fn perform(self, connection: &mut AnyConnection, now: i64) -> QueryResult<Done> {
        match self {
            Self::Enqueue { joining, entries } => {
                waiting::enqueue(connection, &entries)?;
                Ok(Done::Enqueued { joining })
            }
            Self::Dequeue { accounts, why } => {
                waiting::dequeue(connection, &accounts)?;
                Ok(Done::Dequeued { accounts, why })
            }
            Self::SaveParty { id, code, members } => {
                waiting::save_party(connection, id, &code, &members).map(|()| Done::PartySaved { id })
            }
            Self::Mute { account, name, on } => mute(connection, account, name, on),
            Self::Open { opening } => {
                matches::open(connection, &opening, now)?;
                Ok(Done::Opened { allocation: opening.allocation })
            }
            Self::Admit { allocation, player } => {
                let seated = matches::admit(connection, allocation, &player)?;
                Ok(Done::Admitted { allocation, player, seated })
            }
            Self::Settle { room, allocation, result } => {
                let settlement = matches::settle(connection, allocation, &result, now)?;
                Ok(Done::Settled { room, allocation, result, settlement })
            }
            Self::Void { allocation, reason, back } => {
                matches::void(connection, allocation, reason, &back, now)?;
                Ok(Done::Voided { match_id: allocation.match_id, reason })
            }
            Self::LookUp { room, allocation } => {
                let standing = matches::standing_of(connection, allocation)?;
                Ok(Done::LookedUp { room, allocation, standing })
            }
        }
    }
}

fn mute(connection: &mut AnyConnection, account: AccountId, name: PlayerName, on: bool) -> QueryResult<Done> {
    let outcome = match account_by_key(connection, &name.key())? {
        None => Muting::NoSuchPlayer { name },
        Some((muted, _)) if on => match waiting::mute(connection, account, muted.id)? {
            true => Muting::Done,
            false => Muting::TooMany,
        },
        Some((muted, _)) => {
            waiting::unmute(connection, account, muted.id)?;
            Muting::Done
        }
    };
    Ok(Done::Muted { account, mutes: waiting::mutes(connection, account)?, outcome })
}

/// What the match did to one player's rating, as the settlement says.
pub fn change_of(changes: &[(AccountId, RatingChange)], account: AccountId) -> RatingChange {
    changes.iter().find(|(changed, _)| *changed == account).map_or_else(
        || RatingChange::Unrated { reason: "Not rated: you were not in it at its end.".to_owned() },
        |(_, change)| change.clone(),
    )
}
