//! What Fogline's wires carry: typed, size-bounded messages, one enum a direction.
//!
//! This crate knows neither Bevy nor a socket. The hub depends on it alone; the game re-exports it
//! as `game::protocol`.

pub mod challenge;
pub mod frame;
pub mod http;
pub mod hub;
pub mod id;
pub mod key;
pub mod limits;
pub mod rating;
pub mod refusal;
pub mod registry;
pub mod result;
pub mod text;
pub mod ticket;

/// Both ends of every wire must speak the same version; a difference is refused with
/// [`refusal::Refusal::WrongVersion`] before anything else is read.
pub const VERSION: u16 = 4;

/// Steps of the simulation per second.
pub const TICK_HZ: u32 = 60;

/// Snapshots a room sends per second to each client.
pub const SNAPSHOT_HZ: u32 = 30;
