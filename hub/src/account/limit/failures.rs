//! Pauses after wrong passwords: pure, stepped with an injected clock.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Failures this long ago count no more.
const MEMORY: Duration = Duration::from_secs(60 * 60);

/// Keys kept; beyond it those that do not pause are dropped.
const MOST: usize = 100_000;
const SWEEP_AT_LEAST: usize = 1024;

/// How often somebody failed at something. The first few times are free; from then on each further
/// attempt waits, one minute at first, twice as long each time, 15 minutes at most.
pub struct Failures<K> {
    free: u32,
    slips: HashMap<K, Slip>,
    sweep_at: usize,
}

struct Slip {
    count: u32,
    last: Instant,
}

impl<K: Eq + Hash> Failures<K> {
    pub fn new(free: u32) -> Self {
        Self { free: free.max(1), slips: HashMap::new(), sweep_at: SWEEP_AT_LEAST }
    }

    /// Counts an attempt as a failure until told otherwise. `Err` is how long to wait: the attempt must
    /// not be made, and does not count.
    pub fn attempt(&mut self, key: K, now: Instant) -> Result<(), Duration> {
        self.sweep(now);
        let free = self.free;
        let slip = self.slips.entry(key).or_insert(Slip { count: 0, last: now });
        let since = now.saturating_duration_since(slip.last);
        if since >= MEMORY {
            slip.count = 0;
        }
        let pause = pause(slip.count, free);
        if since < pause {
            return Err(pause - since);
        }
        slip.count = slip.count.saturating_add(1);
        slip.last = now;
        Ok(())
    }

    /// The last attempt succeeded.
    pub fn forget(&mut self, key: &K) {
        self.slips.remove(key);
    }

    /// The last attempt was not made.
    pub fn withdraw(&mut self, key: &K) {
        if let Some(slip) = self.slips.get_mut(key) {
            slip.count = slip.count.saturating_sub(1);
        }
    }

    fn sweep(&mut self, now: Instant) {
        if self.slips.len() < self.sweep_at {
            return;
        }
        self.slips.retain(|_, slip| now.saturating_duration_since(slip.last) < MEMORY);
        if self.slips.len() >= MOST {
            let free = self.free;
            self.slips.retain(|_, slip| slip.count >= free);
        }
        self.sweep_at = (2 * self.slips.len()).clamp(SWEEP_AT_LEAST, MOST);
    }
}

fn pause(count: u32, free: u32) -> Duration {
    match count.checked_sub(free) {
        None => Duration::ZERO,
        Some(doublings) => FIRST_PAUSE.saturating_mul(1 << doublings.min(8)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_first_failures_are_free_and_then_pauses_double_up_to_fifteen_minutes() {
        let (mut failures, mut now) = (Failures::new(5), Instant::now());
        for _ in 0..5 {
            assert_eq!(failures.attempt("ann", now), Ok(()));
        }
        for minutes in [1, 2, 4, 8, 15, 15] {
            let pause = minutes * MINUTE;
            assert_eq!(failures.attempt("ann", now), Err(pause));
            assert_eq!(failures.attempt("ann", now + pause - MINUTE / 2), Err(MINUTE / 2));
            now += pause;
            assert_eq!(failures.attempt("ann", now), Ok(()));
        }
    }

    #[test]
    fn attempts_during_a_pause_do_not_lengthen_it() {
        let (mut failures, now) = (Failures::new(1), Instant::now());
        assert_eq!(failures.attempt("ann", now), Ok(()));
        for _ in 0..1000 {
            assert!(failures.attempt("ann", now).is_err());
        }
        assert_eq!(failures.attempt("ann", now + MINUTE), Ok(()));
    }

    #[test]
    fn success_forgets_and_others_are_not_concerned() {
        let (mut failures, now) = (Failures::new(1), Instant::now());
        assert_eq!(failures.attempt("ann", now), Ok(()));
        assert_eq!(failures.attempt("bob", now), Ok(()));
        failures.forget(&"ann");
        assert_eq!(failures.attempt("ann", now), Ok(()));
        assert!(failures.attempt("bob", now).is_err());
    }

    #[test]
    fn attempt_that_was_not_made_does_not_count() {
        let (mut failures, now) = (Failures::new(1), Instant::now());
        for _ in 0..10 {
            assert_eq!(failures.attempt("ann", now), Ok(()));
            failures.withdraw(&"ann");
        }
    }

    #[test]
    fn failures_of_an_hour_ago_are_forgotten() {
        let (mut failures, now) = (Failures::new(2), Instant::now());
        for _ in 0..2 {
            assert_eq!(failures.attempt("ann", now), Ok(()));
        }
        let later = now + MEMORY;
        for _ in 0..2 {
            assert_eq!(failures.attempt("ann", later), Ok(()));
        }
        assert_eq!(failures.attempt("ann", later), Err(MINUTE));
    }

    #[test]
    fn names_that_nobody_has_do_not_fill_the_memory() {
        let (mut failures, now) = (Failures::new(2), Instant::now());
        for _ in 0..2 {
            assert_eq!(failures.attempt(u32::MAX, now), Ok(()));
        }
        for name in 0..250_000 {
            assert_eq!(failures.attempt(name, now), Ok(()));
        }
        assert!(failures.slips.len() <= MOST);
        assert!(failures.attempt(u32::MAX, now).is_err(), "what pauses should be kept");
    }
}
