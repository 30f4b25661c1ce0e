//! The wait for a match.

use std::time::Duration;

use game::protocol::{hub::QueueNote, key::ModeId};

/// The hub tells whole seconds; a clock that is ahead by less than this is not set back.
const SLACK: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub mode: ModeId,
    /// Players in the queue of this mode, this one included.
    pub waiting: u32,
    pub note: QueueNote,
    /// When the hub said so, in real time since the start of the app.
    pub told: Duration,
    /// What the hub said, at that time.
    pub waited_then: Duration,
    pub estimate_then: Option<Duration>,
}

impl Wait {
    pub(crate) fn waited(&self, now: Duration) -> Duration {
        self.waited_then + now.saturating_sub(self.told)
    }

    /// How long it will still take; `None` when nobody can know.
    pub(crate) fn estimate(&self, now: Duration) -> Option<Duration> {
        Some(self.estimate_then?.saturating_sub(now.saturating_sub(self.told)))
    }

    /// The same wait with a later word of the hub.
    pub(crate) fn after(self, before: Option<&Wait>) -> Self {
        let counted = before.filter(|before| before.mode == self.mode).map(|before| before.waited(self.told));
        match counted {
            Some(counted) if counted > self.waited_then && counted < self.waited_then + SLACK => {
                Self { waited_then: counted, ..self }
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn wait(told: Duration, waited_then: Duration) -> Wait {
        let mode = ModeId::try_from("quick".to_owned()).expect("the mode should be well formed");
        Wait { mode, waiting: 1, note: QueueNote::Players, told, waited_then, estimate_then: Some(secs(20)) }
    }

    #[test]
    fn clock_goes_on_from_what_was_waited_before_the_hub_came_back() {
        let wait = wait(secs(3), secs(100));
        assert_eq!(wait.waited(secs(3)), secs(100));
        assert_eq!(wait.waited(secs(8)), secs(105));
        assert_eq!(wait.estimate(secs(8)), Some(secs(15)));
        assert_eq!(wait.estimate(secs(99)), Some(secs(0)));
    }

    #[test]
    fn whole_seconds_of_the_hub_do_not_set_the_clock_back() {
        let first = wait(secs(0), secs(0));
        let told = Duration::from_millis(9_900);
        let later = wait(told, secs(9)).after(Some(&first));
        assert_eq!(later.waited(told), told);
    }

    #[test]
    fn clock_that_is_wrong_is_set() {
        let first = wait(secs(0), secs(0));
        assert_eq!(wait(secs(9), secs(2)).after(Some(&first)).waited(secs(9)), secs(2));
        assert_eq!(wait(secs(9), secs(60)).after(Some(&first)).waited(secs(9)), secs(60));
    }
}
