//! Who plays with whom, and when.

pub mod queue;
