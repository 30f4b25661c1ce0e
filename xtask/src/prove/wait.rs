//! Waiting for what must happen: by looking, with a deadline, never by sleeping long enough.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::interrupt;

/// What one look has found.
pub enum Look<T> {
    Found(T),
    /// Not yet; what is seen instead.
    Instead(String),
}

/// Looks about 20 times a second until found. `what` completes "waited for".
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Look<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        match look()? {
            Look::Found(found) => return Ok(found),
            Look::Instead(seen) if began.elapsed() > limit => {
                bail!("waited {} s for {what}; last seen: {seen}", limit.as_secs())
            }
            Look::Instead(_) => interrupt::pause(Duration::from_millis(50))?,
        }
    }
}
