//! Why something was refused, in words for the person concerned.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A reason that hub and rooms give. `Display` is what the person reads.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Refusal {
    #[error("This build speaks protocol {theirs}, the hub speaks {ours}. Update and try again.")]
    WrongVersion { ours: u16, theirs: u16 },
    #[error(
        "This build plays with content {theirs}, the hub's rooms play with {ours}. Update and try again."
    )]
    WrongContent { ours: String, theirs: String },
    #[error("The socket's challenge was not answered correctly. Use a build made for this hub.")]
    WrongAnswer,
    #[error("The sign-in token is unknown, used or older than a minute. Sign in again.")]
    BadSocketToken,
    #[error("The host key is not known to this hub.")]
    WrongHostKey,
    #[error("The message could not be read: {detail}")]
    BadMessage { detail: String },
    #[error("A message was not allowed here: {detail}")]
    OutOfTurn { detail: String },
    #[error("The message is larger than {limit} bytes.")]
    TooLarge { limit: usize },
    #[error("Too many messages. Wait a moment.")]
    TooFast,
    #[error("The handshake took too long.")]
    TooSlow,
    #[error("You signed in somewhere else; this connection was closed.")]
    SignedInElsewhere,
    #[error("You are not in this match, or it is over.")]
    NoSuchMatch,
    #[error("There is no mode `{mode}`.")]
    NoSuchMode { mode: String },
    #[error("There is no party with this code. It may be over; ask for a new one.")]
    NoSuchParty,
    #[error("The party is full: it has {size} members.")]
    PartyFull { size: u8 },
    #[error("A side has {team_size} seats here, the party has {members} members.")]
    PartyTooLarge { team_size: u8, members: u8 },
    #[error("Only the party's leader can do this.")]
    NotLeader,
    #[error("Nobody here is called `{name}`.")]
    NoSuchPlayer { name: String },
    #[error("You are banned until {until}: {reason}")]
    Banned { until: String, reason: String },
    #[error("Your session has ended. Sign in again.")]
    SessionEnded,
    #[error("The room is not available: {detail}")]
    RoomUnavailable { detail: String },
    #[error("The hub is shutting down. Your client will try again by itself.")]
    ShuttingDown,
}
