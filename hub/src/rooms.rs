//! Rooms: which are there, and which of them could take a match.

pub mod host;
pub mod registry;
