//! Ctrl-C and SIGTERM, noticed where work waits.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context as _, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Somebody asked this process to stop.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Turns Ctrl-C, SIGTERM and SIGHUP into [`check`]'s error.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| ASKED.store(true, Ordering::Relaxed)).context("unable to listen for Ctrl-C")
}

pub fn check() -> Result<()> {
    if ASKED.load(Ordering::Relaxed) {
        return Err(Interrupted.into());
    }
    Ok(())
}

/// Sleeps between two looks at something that changes by itself.
pub fn pause(duration: Duration) -> Result<()> {
    sleep(duration);
    check()
}
