//! Client and hub, over the WebSocket `/socket/client`.
//!
//! `Hello` → `Challenge` → `Answer` → `Admitted` → `SignIn` → `SignedIn`; from then on lobby, party,
//! queue and matches. `docs/protocol.md` has an example of every message.

use serde::{Deserialize, Serialize};

use crate::{
    challenge::{Answer, Nonce},
    id::{AccountId, MatchId, PartyId, ProposalId},
    key::{Content, ModeId, PartyCode},
    rating::{Rating, RatingChange},
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
        content: Content,
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
    /// Lines of this player are kept from the one who mutes.
    Mute {
        name: PlayerName,
    },
    Unmute {
        name: PlayerName,
    },
    /// Makes a party of one and answers with its code.
    CreateParty {},
    JoinParty {
        code: PartyCode,
    },
    /// Also takes the party out of the queue.
    LeaveParty {},
    /// The party's leader sends one member away.
    RemoveFromParty {
        account: AccountId,
    },
    /// A party queues as one unit; only its leader may ask.
    JoinQueue {
        mode: ModeId,
    },
    /// Any member takes the whole party out.
    LeaveQueue {},
    /// The answer to [`FromHub::Proposed`].
    Ready {
        proposal: ProposalId,
    },
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
        rating: Rating,
        /// In the order they are shown; the first is the one for a player who does not choose.
        modes: Vec<ModeInfo>,
        muted: Vec<PlayerName>,
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
    /// Whom this player has muted, after a change.
    Muted {
        names: Vec<PlayerName>,
    },
    /// The party this player is in, on every change; `None` when it is over.
    Party {
        party: Option<Party>,
    },
    /// This player waits, `waiting` players of the mode in all do. Sent on joining and on every change.
    Queued {
        mode: ModeId,
        waiting: u32,
        note: QueueNote,
        /// How long this player has waited already, also before a restart of the hub.
        waited_seconds: u32,
        /// How long it will probably take from now on; `None` when nobody can know.
        estimate_seconds: Option<u32>,
    },
    LeftQueue {
        why: LeftQueue,
    },
    /// A match is there: who plays confirms. Sent again on every change.
    Proposed {
        proposal: ProposalId,
        mode: ModeId,
        /// How many of `players` have confirmed.
        ready: u8,
        players: u8,
        you_are_ready: bool,
        seconds_left: u8,
    },
    /// A seat is held for this player until the match ends.
    MatchFound {
        ticket: Ticket,
    },
    /// The result is recorded.
    MatchEnded {
        match_id: MatchId,
        result: MatchResult,
        rating: RatingChange,
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

/// A way to play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeInfo {
    pub mode: ModeId,
    /// What players read.
    pub name: String,
    /// One sentence on what it is.
    pub about: String,
    /// Players on each side.
    pub team_size: u8,
}

/// Players who queue as one and play on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub id: PartyId,
    pub code: PartyCode,
    /// The leader first, then in the order they came.
    pub members: Vec<PartyMember>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyMember {
    pub account: AccountId,
    pub name: PlayerName,
    /// Whether this member has an open socket.
    pub here: bool,
}

/// What a waiting player waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueNote {
    /// For more players; bots fill the match soon if the mode has bots.
    Players,
    /// For a room to become free.
    Room,
}

/// Why somebody waits no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftQueue {
    /// The player or somebody of the party asked.
    Asked,
    /// The player or somebody of the party did not confirm in time, or was away for too long.
    NotReady,
    /// The party has changed.
    PartyChanged,
}
