//! The room process and its parts, against a hub that the test speaks for.

mod admin;
mod drain;
mod fault;
mod flags;
mod journal;
mod line;
mod process;
mod support;
