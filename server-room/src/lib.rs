#![doc = include_str!("../README.md")]

pub mod admin;
pub mod app;
pub mod config;
mod gauge;
pub mod journal;
pub mod operator;
mod pace;
pub mod registry;
pub mod telemetry;
pub mod vitals;
