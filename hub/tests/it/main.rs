//! The real hub on a real socket, with a database of its own for every test.

mod account;
mod account_safety;
mod admin;
mod config;
mod database;
mod fault;
mod match_store;
mod operator;
mod queue;
mod rooms;
mod site;
mod site_safety;
mod socket;
mod support;
mod threat;
