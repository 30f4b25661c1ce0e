//! Time as the hub reads it: once per step, so that decisions are made with what they are told.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One moment by both clocks. Waiting is measured by the first, which never jumps; what the database
/// keeps is dated by the second.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub at: Instant,
    /// Unix time in milliseconds.
    pub unix_ms: i64,
}

impl Now {
    pub fn read() -> Self {
        Self { at: Instant::now(), unix_ms: unix_ms() }
    }

    /// The unix time of another moment.
    pub fn unix_of(self, moment: Instant) -> i64 {
        let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        match self.at.checked_duration_since(moment) {
            Some(past) => self.unix_ms.saturating_sub(millis(past)),
            None => self.unix_ms.saturating_add(millis(moment.duration_since(self.at))),
        }
    }

    /// The moment that `unix_ms` was, at the earliest what this clock can express.
    pub fn moment_of(self, unix_ms: i64) -> Instant {
        let ago = u64::try_from(self.unix_ms.saturating_sub(unix_ms)).unwrap_or(0);
        self.at.checked_sub(std::time::Duration::from_millis(ago)).unwrap_or(self.at)
    }
}

/// Unix time in milliseconds.
pub fn unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
