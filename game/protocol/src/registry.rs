//! Room and hub, over the WebSocket `/socket/room`, which the room dials.
//!
//! `Register` → `Registered`; then the hub sends `Prepare` when it needs the room, the room answers
//! `Prepared` with a ticket for every player, reports the `Result` until it gets the `Receipt`, and
//! says `Free` when it has reset.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, Epoch, MatchId, RoomId, Seat},
    refusal::Refusal,
    result::MatchResult,
    text::PlayerName,
    ticket::RoomAddresses,
};

/// Room to hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToRegistry {
    /// First message of the connection. `playing` is the match in progress when the room comes back
    /// after the socket was lost; it then keeps that match.
    Register {
        protocol: u16,
        host_key: String,
        capacity: u8,
        addresses: RoomAddresses,
        playing: Option<Allocation>,
    },
    /// Every [`crate::limits::HEARTBEAT_EVERY`] in which the simulation got on; `tick` is where it is.
    /// A room that hangs falls silent.
    Heartbeat {
        tick: u32,
    },
    Prepared {
        allocation: Allocation,
        tickets: Vec<SeatTicket>,
    },
    /// A ticket asked for by [`FromRegistry::IssueTicket`].
    TicketIssued {
        allocation: Allocation,
        ticket: SeatTicket,
    },
    Declined {
        allocation: Allocation,
        reason: String,
    },
    Result {
        allocation: Allocation,
        result: MatchResult,
    },
    /// The match is gone and the room can take another.
    Free {},
}

/// Hub to room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromRegistry {
    Registered {
        room: RoomId,
    },
    Prepare {
        allocation: Allocation,
        /// Seeds everything random in the match.
        seed: u64,
        /// Length of the match in seconds, 5 to 3,600.
        seconds: u16,
        players: Vec<ExpectedPlayer>,
    },
    IssueTicket {
        allocation: Allocation,
        account: AccountId,
    },
    /// The result is recorded; the room may forget it.
    Receipt {
        allocation: Allocation,
    },
    /// The match is void at the hub; the room drops it without a result.
    Cancel {
        allocation: Allocation,
    },
    /// The connection ends with this.
    Refused {
        refusal: Refusal,
    },
}

/// One match in one room, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    pub match_id: MatchId,
    pub epoch: Epoch,
}

/// Whom a room lets in, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedPlayer {
    pub account: AccountId,
    pub name: PlayerName,
    pub seat: Seat,
}

/// A ticket as the room hands it to the hub; see [`crate::ticket::Ticket::token`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatTicket {
    pub account: AccountId,
    pub seat: Seat,
    pub token: String,
}
