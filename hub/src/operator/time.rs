//! Moments as operators read and type them, in UTC.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use humantime::{format_rfc3339_seconds, parse_duration, parse_rfc3339_weak};

/// The last moment that has a date, in unix milliseconds.
const LAST: i64 = 253_402_300_799_999;

/// To the second, as RFC 3339 writes it.
pub fn stamp(unix_ms: i64) -> String {
    match u64::try_from(unix_ms) {
        Ok(ms) if unix_ms <= LAST => {
            format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
        }
        Ok(_) => "for ever".to_owned(),
        Err(_) => "before 1970".to_owned(),
    }
}

/// When a ban ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Forever,
    At(SystemTime),
    In(Duration),
}

impl Until {
    /// Unix time in milliseconds; `i64::MAX` is for ever. `now` likewise.
    ///
    /// # Errors
    ///
    /// The moment is past, or so far off that it has no date.
    pub fn unix_ms(self, now: i64) -> Result<i64, String> {
        let end = match self {
            Self::Forever => return Ok(i64::MAX),
            Self::At(moment) => moment.duration_since(UNIX_EPOCH).ok().and_then(millis),
            Self::In(time) => millis(time).and_then(|ms| now.checked_add(ms)),
        };
        match end {
            Some(end) if end > LAST => Err("that is too far off; say `forever`".to_owned()),
            Some(end) if end > now => Ok(end),
            Some(end) => Err(format!("{} is past", stamp(end))),
            None => Err("that is no moment to end at; say `forever`".to_owned()),
        }
    }
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let midnight = format!("{text} 00:00:00");
        if let Ok(moment) = parse_rfc3339_weak(text).or_else(|_| parse_rfc3339_weak(&midnight)) {
            return Ok(Self::At(moment));
        }
        parse_duration(text).map(Self::In).map_err(|_| {
            format!("expected a date as `2026-12-24`, a time as `3d` or `12h`, or `forever`, found `{text}`")
        })
    }
}

fn millis(time: Duration) -> Option<i64> {
    i64::try_from(time.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-18T11:06:40Z.
    const NOW: i64 = 1_795_000_000_000;

    fn end(text: &str) -> Result<i64, String> {
        text.parse::<Until>().and_then(|until| until.unix_ms(NOW))
    }

    #[test]
    fn a_ban_ends_at_a_date_after_a_time_or_never() {
        assert_eq!(end("2026-12-24").map(stamp), Ok("2026-12-24T00:00:00Z".to_owned()));
        assert_eq!(end("3d").map(stamp), Ok("2026-11-21T11:06:40Z".to_owned()));
        assert_eq!(end("forever"), Ok(i64::MAX));
    }

    #[test]
    fn an_end_that_is_past_or_unreadable_is_refused() {
        for bad in ["2020-01-01", "0s", "soon", "2026-13-01", "", "-3d", "90000years"] {
            assert!(end(bad).is_err(), "`{bad}` should be refused");
        }
    }

    #[test]
    fn every_moment_can_be_written() {
        assert_eq!(stamp(i64::MAX), "for ever");
        assert_eq!(stamp(-1), "before 1970");
        assert_eq!(stamp(NOW), "2026-11-18T11:06:40Z");
    }
}
