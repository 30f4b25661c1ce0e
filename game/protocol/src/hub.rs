//! Client and hub, over the WebSocket `/socket/client`.
//!
//! `Hello` → `Challenge` → `Answer` → `Admitted` → `SignIn` → `SignedIn`; the rest in any order. A
//! [`FromHub::Refused`] is the last message of its connection.

use serde::{Deserialize, Serialize};

use crate::{
    challenge::{Answer, Nonce},
    id::{AccountId, MatchId},
    refusal::Refusal,
    result::MatchResult,
    text::{ChatText, PlayerName},
    ticket::Ticket,
};

/// Client to hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToHub {
    Hello {
        protocol: u16,
    },
    Answer {
        answer: Answer,
    },
    /// `token` comes from `POST /api/v1/socket-token`.
    SignIn {
        token: String,
    },
    Chat {
        text: ChatText,
    },
    JoinQueue {},
    LeaveQueue {},
    /// A new ticket for the seat this player holds: the old one lapsed or the link was lost.
    ReissueTicket {
        match_id: MatchId,
    },
}

/// Hub to client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromHub {
    Challenge {
        nonce: Nonce,
    },
    Admitted {},
    /// The line lives: sent every 15 s, because a page cannot see a WebSocket's own pings.
    Ping {},
    SignedIn {
        account: AccountId,
        name: PlayerName,
        guest: bool,
    },
    /// Who is signed in. `names` is cut at [`crate::limits::ROSTER_NAMES`], `total` is not.
    Here {
        names: Vec<PlayerName>,
        total: u32,
    },
    Chatted {
        from: PlayerName,
        text: ChatText,
    },
    /// This player waits, `waiting` players in all do. Sent on joining and on every change.
    Queued {
        waiting: u32,
        note: QueueNote,
    },
    LeftQueue {},
    /// A seat is held for this player until the match ends.
    MatchFound {
        ticket: Ticket,
    },
    /// The result is recorded.
    MatchEnded {
        match_id: MatchId,
        result: MatchResult,
    },
    /// The match does not count. The player is at the front of the queue again.
    MatchVoid {
        match_id: MatchId,
        reason: String,
    },
    /// The last message was not carried out; the connection stays.
    Declined {
        refusal: Refusal,
    },
    /// The connection ends with this.
    Refused {
        refusal: Refusal,
    },
}

/// What a waiting player waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueNote {
    /// For more players; bots fill the match soon.
    Players,
    /// For a room to become free.
    Room,
}
