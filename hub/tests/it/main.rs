//! The real hub on a real socket, with a database of its own for every test.

mod account;
mod rooms;
mod site;
mod socket;
mod support;
