//! Numbers and times as people read them.

use std::time::{Duration, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;
use protocol::{id::Team, rating::Rating};

/// The last second that has a date of four digits, in ms of Unix time.
const LAST_DATE: u64 = 253_402_300_799_000;

/// A point in time, for people and for machines.
pub(super) struct Moment {
    /// `3 hours ago`
    pub(super) ago: String,
    /// `2026-11-23 07:13 UTC`
    pub(super) date: String,
    /// `2026-11-23`
    pub(super) day: String,
    /// `2026-11-23T07:13:09Z`
    pub(super) exact: String,
}

/// How a side is shown: by colour, by shape and by name.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) name: &'static str,
}

impl Moment {
    /// Both in ms of Unix time.
    pub(super) fn of(unix_ms: i64, now: i64) -> Self {
        let ms = u64::try_from(unix_ms).unwrap_or(0).min(LAST_DATE);
        let exact = format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(ms)).to_string();
        let (day, time) = exact.split_once('T').unwrap_or((exact.as_str(), ""));
        let minute = time.get(..5).unwrap_or(time);
        Self {
            ago: ago(now.saturating_sub(unix_ms)),
            date: format!("{day} {minute} UTC"),
            day: day.to_owned(),
            exact,
        }
    }
}

impl Side {
    pub(super) fn of(team: Team) -> Self {
        match team {
            Team::Amber => Self { class: "amber", mark: "▲", name: "Amber" },
            Team::Azure => Self { class: "azure", mark: "●", name: "Azure" },
        }
    }
}

/// `1,012`
pub(super) fn points(rating: Rating) -> String {
    let sign = if rating.0 < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(rating.0.unsigned_abs()))
}

/// `+12 → 1,012`
pub(super) fn change(before: Rating, after: Rating) -> String {
    let by = i64::from(after.0) - i64::from(before.0);
    let sign = match by {
        ..0 => "−",
        0 => "±",
        1.. => "+",
    };
    format!("{sign}{} → {}", by.unsigned_abs(), points(after))
}

/// A mode's or map's key as a title: `two-bridges` is `Two bridges`.
pub(super) fn title(key: &str) -> String {
    let mut letters = key.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).map(|letter| if letter == '-' { ' ' } else { letter }).collect()
}

/// `4 min 12 s`
pub(super) fn length(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

fn ago(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (number, unit) = match minutes {
        ..1 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

fn grouped(number: u32) -> String {
    if number < 1000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1000), number % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_words() {
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(60_000), "1 minute ago");
        assert_eq!(ago(3 * 3_600_000), "3 hours ago");
        assert_eq!(ago(49 * 3_600_000), "2 days ago");
        assert_eq!(length(252_400), "4 min 12 s");
        assert_eq!(length(-1), "0 s");
    }

    #[test]
    fn moment_is_dated_in_utc() {
        let moment = Moment::of(1_000_000_000_000, 1_000_000_060_000);
        assert_eq!(moment.exact, "2001-09-09T01:46:40Z");
        assert_eq!(moment.date, "2001-09-09 01:46 UTC");
        assert_eq!((moment.day.as_str(), moment.ago.as_str()), ("2001-09-09", "1 minute ago"));
    }

    #[test]
    fn moment_out_of_range_is_still_shown() {
        assert_eq!(Moment::of(i64::MIN, 0).day, "1970-01-01");
        assert_eq!(Moment::of(i64::MAX, 0).day, "9999-12-31");
    }

    #[test]
    fn rating_reads_with_its_change() {
        assert_eq!(points(Rating(987)), "987");
        assert_eq!(points(Rating(1_234_007)), "1,234,007");
        assert_eq!(points(Rating(-40)), "−40");
        assert_eq!(change(Rating(1000), Rating(1012)), "+12 → 1,012");
        assert_eq!(change(Rating(1000), Rating(991)), "−9 → 991");
        assert_eq!(change(Rating(1000), Rating(1000)), "±0 → 1,000");
    }

    #[test]
    fn key_reads_as_a_title() {
        assert_eq!(title("two-bridges"), "Two bridges");
        assert_eq!(title(""), "");
    }
}
