//! How long those waited who have found a match.

use std::{collections::VecDeque, time::Duration};

/// As many waits are remembered: enough for a median, few enough to follow the time of day.
const REMEMBERED: usize = 16;

/// The last waits in one mode.
#[derive(Default)]
pub(super) struct Waits(VecDeque<Duration>);

impl Waits {
    pub fn record(&mut self, waited: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(waited);
    }

    /// The median of what was left to those who waited at least this long; `None` when nobody did.
    pub fn left(&self, waited: Duration) -> Option<Duration> {
        let mut left = self.0.iter().filter_map(|wait| wait.checked_sub(waited)).collect::<Vec<_>>();
        left.sort_unstable();
        left.get(left.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_newcomer_waits_the_median() {
        let mut waits = Waits::default();
        assert_eq!(waits.left(seconds(0)), None);
        for wait in [90, 1, 5] {
            waits.record(seconds(wait));
        }
        assert_eq!(waits.left(seconds(0)), Some(seconds(5)));
    }

    #[test]
    fn who_has_waited_is_compared_with_those_who_waited_as_long() {
        let mut waits = Waits::default();
        for wait in [1, 5, 90] {
            waits.record(seconds(wait));
        }
        assert_eq!(waits.left(seconds(30)), Some(seconds(60)));
        assert_eq!(waits.left(seconds(91)), None, "nobody can know");
    }

    #[test]
    fn old_waits_are_forgotten() {
        let mut waits = Waits::default();
        waits.record(seconds(1000));
        for _ in 0..REMEMBERED {
            waits.record(seconds(2));
        }
        assert_eq!(waits.left(seconds(3)), None);
    }
}
