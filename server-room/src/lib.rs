#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
pub mod journal;
pub mod registry;
