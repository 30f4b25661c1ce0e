//! Room and hub, over the WebSocket `/socket/room`, which the room dials.
//!
//! `Register` → `Registered`; then the hub sends `Prepare` when it needs the room, the room answers
//! `Prepared` with a ticket for every player, reports the `Result` until it gets the `Receipt`, and
//! says `Free` when it has reset. `docs/protocol.md` has an example of every message.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, Epoch, MatchId, RoomId, Seat},
    key::{Content, MapId, ModeId},
    rating::Rating,
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
        content: Content,
        host_key: String,
        /// The seats of the largest match it can hold.
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
    /// A ticket asked for by [`FromRegistry::IssueTicket`] or [`FromRegistry::Admit`].
    TicketIssued {
        allocation: Allocation,
        ticket: SeatTicket,
    },
    /// The whole match cannot be prepared.
    Declined {
        allocation: Allocation,
        reason: String,
    },
    /// This player gets no ticket.
    TicketDeclined {
        allocation: Allocation,
        account: AccountId,
        reason: String,
    },
    /// Repeated until [`FromRegistry::Receipt`] or [`FromRegistry::Cancel`], by a later process of the
    /// same host if need be.
    Result {
        allocation: Allocation,
        result: MatchResult,
    },
    /// This match is gone and the room can take another.
    Free {
        allocation: Allocation,
    },
    /// The room takes no match any more and ends its process when the one in it is over and recorded.
    /// Said once on every line, whoever wants it: the host by a signal, or [`FromRegistry::Drain`].
    Draining {},
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
        mode: ModeId,
        map: MapId,
        /// Players on each side; seats without a player are bots'.
        team_size: u8,
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
    /// The player's sign-in is over. The room cuts the player's link and voids the unused ticket; a bot
    /// drives, and the seat stays for whoever signs in to the account again.
    Revoke {
        allocation: Allocation,
        account: AccountId,
    },
    /// A newcomer for a running match. The room chooses a bot's seat, answers with a ticket for it,
    /// and hands the tank over when it next spawns.
    Admit {
        allocation: Allocation,
        player: Newcomer,
    },
    /// The result is recorded; the room may forget it.
    Receipt {
        allocation: Allocation,
    },
    /// The match is void at the hub; the room drops it without a result.
    Cancel {
        allocation: Allocation,
    },
    /// No match comes any more: the room ends its process when the one in it is over and recorded.
    Drain {},
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
    pub rating: Rating,
    /// Players of this match whose lines this one does not want to read.
    pub mutes: Vec<AccountId>,
}

/// Somebody who comes into a running match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newcomer {
    pub account: AccountId,
    pub name: PlayerName,
    pub rating: Rating,
    pub mutes: Vec<AccountId>,
}

impl Newcomer {
    /// The same player in a seat.
    pub fn seated(self, seat: Seat) -> ExpectedPlayer {
        let Newcomer { account, name, rating, mutes } = self;
        ExpectedPlayer { account, name, seat, rating, mutes }
    }
}

/// A ticket as the room hands it to the hub; see [`crate::ticket::Ticket::token`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatTicket {
    pub account: AccountId,
    pub seat: Seat,
    pub token: String,
}
