use bevy::app::AppExit;
use clap::Parser as _;
use server_room::{app, config::Config, journal::Journal, registry};

fn main() -> anyhow::Result<AppExit> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = Config::parse();
    let host_key = config.host_key()?;
    let doors = config.doors()?;
    let folder = config.journal()?;

    let mut app = app::build(doors, config.no_show());
    let (journal, left) = Journal::open(&folder, &host_key, config.keep_journal)?;
    app.insert_resource(registry::dial(&config.hub, host_key, journal, left)?);
    Ok(app.run())
}
