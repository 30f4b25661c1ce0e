//! The log: what a human follows at `info`, set with `RUST_LOG`, on stderr as text or JSON.
//!
//! Nobody waits for stderr: where it is blocked, lines are dropped and counted.

use std::{
    io::{self, IsTerminal as _},
    sync::OnceLock,
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::flags::LogFormat;

/// Lines that wait for stderr, at most.
const LINES: usize = 4_000;

static LOST: OnceLock<ErrorCounter> = OnceLock::new();

/// Begins the log. Dropping what it returns writes what still waits, for at most a second.
pub fn start(format: LogFormat) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES)
        .thread_name("log")
        .finish(io::stderr());
    LOST.get_or_init(|| writer.error_counter());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
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
