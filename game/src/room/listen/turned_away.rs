//! Whom the doors have not let in, for whoever looks at the room's figures.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bevy::prelude::Resource;

use crate::room::listen::Kind;

/// How often each door has turned somebody away, and why, since the start. Clones show the same counts.
#[derive(Resource, Clone, Debug, Default)]
pub struct TurnedAway(Arc<[[AtomicU64; Why::ALL.len()]; Kind::ALL.len()]>);

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Too many handshakes at once.
    Handshakes,
    /// Too many sessions at once.
    Sessions,
    /// Too many sessions from one address.
    Address,
    /// The handshake took too long.
    Slow,
    /// The handshake was none.
    Broken,
    /// There is nothing under the path.
    Path,
    /// A page of another site.
    Origin,
    /// The first packet did not ask with a good ticket.
    Ticket,
}

impl Why {
    pub const ALL: [Why; 8] = [
        Why::Handshakes,
        Why::Sessions,
        Why::Address,
        Why::Slow,
        Why::Broken,
        Why::Path,
        Why::Origin,
        Why::Ticket,
    ];

    /// As figures spell it.
    pub fn name(self) -> &'static str {
        match self {
            Why::Handshakes => "handshakes",
            Why::Sessions => "sessions",
            Why::Address => "address",
            Why::Slow => "slow",
            Why::Broken => "broken",
            Why::Path => "path",
            Why::Origin => "origin",
            Why::Ticket => "ticket",
        }
    }
}

impl TurnedAway {
    /// Door, reason and count, the unused ones included.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        Kind::ALL.into_iter().flat_map(move |door| {
            Why::ALL.into_iter().map(move |why| {
                (door.name(), why.name(), self.0[door as usize][why as usize].load(Ordering::Relaxed))
            })
        })
    }

    pub(super) fn note(&self, door: Kind, why: Why) {
        self.0[door as usize][why as usize].fetch_add(1, Ordering::Relaxed);
    }
}
