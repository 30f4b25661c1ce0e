//! What stands between the wire and lightyear: whatever a client sends is judged here before a
//! dependency reads it. Which hole each wall closes stands in `docs/security.md`.
//!
//! | where | what is judged |
//! |---|---|
//! | [`udp`] | who may have a link at all |
//! | [`sieve`] | datagrams, before netcode decrypts them |
//! | [`stream`] | packets, before the transport takes them apart |
//! | [`input`] | inputs, before they reach a tank |
//! | [`watch`] | how much and how often; who has done too much is hung up on |
//! | [`reaper`] | links and connections that lead nowhere |

mod census;
pub mod input;
pub mod mishap;
pub mod packet;
pub mod payload;
mod reaper;
mod sieve;
mod stream;
pub mod udp;
mod watch;

use bevy::prelude::*;

use crate::sim::wire::PROTOCOL_ID;

pub use census::{Counters, Refused};

/// Zero is what netcode takes when nobody has chosen an id: every such program would be let in.
const _: () = assert!(PROTOCOL_ID != 0, "the protocol id should not be zero");

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Counters>().add_plugins((
        watch::plugin,
        udp::plugin,
        sieve::plugin,
        stream::plugin,
        input::plugin,
        reaper::plugin,
    ));
}

/// On a link that has lost its seat: it may say good-bye and nothing else, until it is gone.
#[derive(Component, Clone, Copy, Debug)]
pub struct Muted;
