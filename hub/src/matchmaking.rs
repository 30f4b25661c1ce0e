//! Who plays with whom, and when.

pub mod mode;
pub mod party;
pub mod proposal;
pub mod queue;
pub mod store;
