use std::{
    panic,
    process::{self, ExitCode, Termination as _},
    thread,
};

use bevy::app::App;
use clap::Parser as _;
use server_room::{
    admin::{Shown, metrics::Metrics},
    app::{self, Wires},
    config::Config,
    journal::Journal,
    operator, registry, telemetry,
    vitals::Vitals,
};

/// Exit code of a room that cannot start as it is told to.
const MISCONFIGURED: u8 = 2;

fn main() -> ExitCode {
    die_of_a_panic_here();
    let config = Config::parse();
    let _log = telemetry::start(config.log_format);
    match assemble(&config) {
        Ok(mut app) => app.run().report(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(MISCONFIGURED)
        }
    }
}

/// The room cannot go on without this thread. To unwind it may take for ever: a runtime that could not start
/// its threads waits for them.
fn die_of_a_panic_here() {
    let (here, tell) = (thread::current().id(), panic::take_hook());
    panic::set_hook(Box::new(move |what| {
        tell(what);
        if thread::current().id() == here {
            process::abort();
        }
    }));
}

/// The room, ready to run on this thread.
fn assemble(config: &Config) -> anyhow::Result<App> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let host_key = config.host_key()?;
    let doors = config.doors()?;
    let (journal, left) = Journal::open(&config.journal()?, &host_key, config.keep_journal)?;
    let port = config.admin_port()?;
    let (vitals, metrics) = (Vitals::default(), Metrics::default());
    let shown = Shown { vitals: vitals.clone(), metrics: metrics.clone(), waiting: journal.waiting() };
    let line = registry::dial(&config.hub, host_key, journal, left, vitals.clone())?;
    let endings = operator::attend(port, shown, config.patience())?;
    Ok(app::build(doors, config.no_show(), Wires { line, endings, vitals, metrics }))
}
