#![doc = include_str!("../README.md")]

mod app;
mod config;
mod registry;

use bevy::app::AppExit;
use clap::Parser as _;

fn main() -> anyhow::Result<AppExit> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = config::Config::parse();
    let host_key = config.host_key()?;
    let doors = config.doors()?;
    let line = registry::dial(config.hub, host_key)?;
    Ok(app::build(doors, line).run())
}
