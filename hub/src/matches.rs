//! Matches: what is being played, and what became of what was played.

pub mod ledger;
pub mod rating;
pub mod routes;
pub mod store;
