//! Keeping somebody out.

use std::time::{Duration, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;
use protocol::refusal::Refusal;

use crate::error::ApiError;

/// The last moment that RFC 3339 has a name for, in unix milliseconds.
const LAST_MOMENT: u64 = 253_402_300_799_999;

/// Until when an account is kept out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Unix time in milliseconds; `i64::MAX` is for good.
    pub until: i64,
    pub reason: String,
}

impl Ban {
    /// `now` is unix time in milliseconds.
    pub fn in_force(&self, now: i64) -> bool {
        now < self.until
    }

    pub fn refusal(self) -> Refusal {
        Refusal::Banned { until: in_words(self.until), reason: self.reason }
    }
}

impl From<Ban> for ApiError {
    fn from(ban: Ban) -> Self {
        Self::Banned { until: in_words(ban.until), reason: ban.reason }
    }
}

fn in_words(until: i64) -> String {
    match u64::try_from(until) {
        Ok(ms) if ms <= LAST_MOMENT => {
            format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
        }
        _ => "further notice".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ban_ends_by_itself() {
        let ban = Ban { until: 1000, reason: "spam".to_owned() };
        assert!(ban.in_force(999));
        assert!(!ban.in_force(1000));
    }

    #[test]
    fn end_of_a_ban_is_told_as_a_date() {
        assert_eq!(in_words(1_795_000_000_000), "2026-11-18T11:06:40Z");
        assert_eq!(in_words(253_402_300_799_999), "9999-12-31T23:59:59Z");
        assert_eq!(in_words(i64::MAX), "further notice");
    }
}
