//! What the guard has done, for whoever looks at the room's figures.

use bevy::prelude::Resource;

/// Why something that a client sent was thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// No client of ours can have sent these bytes.
    Shape,
    /// A request of another netcode version or protocol.
    Version,
    /// A request with a ticket that has lapsed.
    Expired,
    /// From an address without a link, and no request.
    Stranger,
    /// A request with a ticket that this room has not minted, or has voided.
    Ticket,
    /// A request with a ticket that another link has asked with, or with a second ticket.
    Claimed,
    /// Too many links wait to be connected.
    Crowd,
    /// A request on a link that is connected.
    Again,
    /// More datagrams than a client sends.
    Flood,
    /// On a link that has lost its seat.
    Muted,
    /// Netcode could not decrypt it.
    Forged,
    /// Netcode has seen it before, or could not read it.
    Replayed,
    /// Netcode has turned a readable request away: the ticket was used, or the room is full.
    Denied,
    /// A packet on a link that is not connected.
    Early,
    /// A packet that is not what lightyear writes.
    Payload,
    /// A part of a larger message: no client of ours has one to send.
    Fragment,
    /// A message of a kind, or on a channel, that clients have no business with.
    Channel,
    /// A message with a time that no clock of a client shows.
    Span,
    /// More messages than a client sends.
    Talk,
    /// A message that could not be read.
    Garbage,
    /// Inputs for something that is not the link's own tank.
    Target,
    /// More ticks of input in one message than a client repeats.
    States,
    /// More input messages than a client sends.
    Rate,
    /// Inputs for a tick too far ahead.
    Ahead,
    /// Inputs for a tick too long past: honest links have them, too.
    Late,
}

impl Refused {
    pub const ALL: [Refused; 25] = [
        Refused::Shape,
        Refused::Version,
        Refused::Expired,
        Refused::Stranger,
        Refused::Ticket,
        Refused::Claimed,
        Refused::Crowd,
        Refused::Again,
        Refused::Flood,
        Refused::Muted,
        Refused::Forged,
        Refused::Replayed,
        Refused::Denied,
        Refused::Early,
        Refused::Payload,
        Refused::Fragment,
        Refused::Channel,
        Refused::Span,
        Refused::Talk,
        Refused::Garbage,
        Refused::Target,
        Refused::States,
        Refused::Rate,
        Refused::Ahead,
        Refused::Late,
    ];

    /// As figures spell it.
    pub fn name(self) -> &'static str {
        match self {
            Refused::Shape => "shape",
            Refused::Version => "version",
            Refused::Expired => "expired",
            Refused::Stranger => "stranger",
            Refused::Ticket => "ticket",
            Refused::Claimed => "claimed",
            Refused::Crowd => "crowd",
            Refused::Again => "again",
            Refused::Flood => "flood",
            Refused::Muted => "muted",
            Refused::Forged => "forged",
            Refused::Replayed => "replayed",
            Refused::Denied => "denied",
            Refused::Early => "early",
            Refused::Payload => "payload",
            Refused::Fragment => "fragment",
            Refused::Channel => "channel",
            Refused::Span => "span",
            Refused::Talk => "talk",
            Refused::Garbage => "garbage",
            Refused::Target => "target",
            Refused::States => "states",
            Refused::Rate => "rate",
            Refused::Ahead => "ahead",
            Refused::Late => "late",
        }
    }

    /// Whether only the holder of the link's keys can have done it, and no honest one does. What comes
    /// before decryption never counts: anybody can send it in another's name.
    pub fn is_misconduct(self) -> bool {
        matches!(
            self,
            Refused::Payload
                | Refused::Fragment
                | Refused::Channel
                | Refused::Span
                | Refused::Talk
                | Refused::Garbage
                | Refused::Target
                | Refused::States
                | Refused::Rate
                | Refused::Ahead
        )
    }
}

/// Since the start of the room.
#[derive(Resource, Clone, Debug, Default)]
pub struct Counters {
    refused: [u64; Refused::ALL.len()],
    /// Links that were hung up on for what they sent.
    pub evicted: u64,
    /// Links that were cleared away: never connected, or without a seat for too long.
    pub reaped: u64,
    /// Links that are not connected now.
    pub pending: usize,
}

impl Counters {
    pub fn of(&self, why: Refused) -> u64 {
        self.refused[why as usize]
    }

    pub fn refused(&self) -> impl Iterator<Item = (Refused, u64)> + '_ {
        Refused::ALL.into_iter().map(|why| (why, self.of(why)))
    }

    pub(super) fn note(&mut self, why: Refused) {
        self.refused[why as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_counted_under_its_own_name() {
        let mut counters = Counters::default();
        for (place, why) in Refused::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, place, "{} should stand in the order of the enum", why.name());
            counters.note(why);
        }
        assert!(counters.refused().all(|(_, count)| count == 1));
        let mut names: Vec<_> = Refused::ALL.map(Refused::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Refused::ALL.len());
    }
}
