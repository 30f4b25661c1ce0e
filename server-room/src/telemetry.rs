//! The log: what a human follows at `info`, changed with `RUST_LOG`, on stderr as text or JSON.
//!
//! Nobody waits for stderr: where it is blocked, lines are dropped and counted.

use std::{
    env,
    io::{self, IsTerminal as _},
    sync::OnceLock,
};

use clap::ValueEnum;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Lightyear reports each late input, each closed link and each unknown packet; none is news here.
const FILTER: &str = "info,lightyear=error,lightyear_debug=off,lightyear_messages=off,lightyear_transport=off,\
     lightyear_sync=off,lightyear_netcode=off,bevy_replicon=warn,wtransport=warn,quinn=warn";

/// Lines that wait for stderr, at most.
const LINES: usize = 1_000;

static LOST: OnceLock<ErrorCounter> = OnceLock::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Begins the log, once a process. Dropping what it returns writes what still waits, for at most a
/// second.
pub fn start(format: LogFormat) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES)
        .thread_name("log")
        .finish(io::stderr());
    LOST.get_or_init(|| writer.error_counter());
    let wishes = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let filter = EnvFilter::builder().parse_lossy(format!("{FILTER},{wishes}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    guard
}

/// Lines of the log that this process could not write.
pub fn lines_lost() -> u64 {
    LOST.get().map_or(0, |lost| u64::try_from(lost.dropped_lines()).unwrap_or(u64::MAX))
}
