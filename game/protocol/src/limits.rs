//! Bounds that both ends of a wire keep.

use std::time::Duration;

/// Largest frame on the client socket, in bytes, client to hub.
pub const CLIENT_FRAME_BYTES: usize = 4 * 1024;

/// Largest frame on the client socket, in bytes, hub to client: a roster of [`ROSTER_NAMES`] fits.
pub const HUB_FRAME_BYTES: usize = 32 * 1024;

/// Largest frame on the room socket, in bytes, either way: [`MOST_SEATS`] tickets of 2,731 letters fit.
pub const ROOM_FRAME_BYTES: usize = 64 * 1024;

/// Shortest and longest player name, in characters.
pub const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=20;

/// Shortest and longest password, in characters.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=128;

/// Longest chat line, in characters.
pub const CHAT_CHARS: usize = 200;

/// Longest host or URL a room may advertise, in bytes.
pub const ADDRESS_BYTES: usize = 255;

/// Names in one roster message; the count beside it is always true.
pub const ROSTER_NAMES: usize = 100;

/// Seats in the largest match: two teams of eight.
pub const MOST_SEATS: u8 = 16;

/// Players on one side, at most.
pub const TEAM_SIZES: std::ops::RangeInclusive<u8> = 1..=MOST_SEATS / 2;

/// Modes a hub may offer.
pub const MOST_MODES: usize = 16;

/// Longest name of a mode or a map, in characters.
pub const KEY_CHARS: usize = 24;

/// Players one player may mute.
pub const MOST_MUTES: usize = 100;

/// A socket token must be used within this time, once.
pub const SOCKET_TOKEN_LIFE: Duration = Duration::from_secs(60);

/// A ticket must be used within this time, once.
pub const TICKET_LIFE: Duration = Duration::from_secs(30);

/// A room and its client give a link up that was silent for this long, and do not tell the other.
pub const LINK_SILENCE: Duration = Duration::from_secs(5);

/// A client or room that has not finished its handshake by then is closed.
pub const HANDSHAKE_LIFE: Duration = Duration::from_secs(5);

/// A client or room that hears nothing from the hub for this long dials again; the hub speaks every
/// 15 s.
pub const HUB_SILENCE: Duration = Duration::from_secs(45);

/// How often a room says that it lives.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);

/// A registered room that is silent for this long is lost.
pub const ROOM_SILENCE: Duration = Duration::from_secs(10);
