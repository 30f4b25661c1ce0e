//! How often somebody may speak.

use std::time::Instant;

/// A token bucket: `burst` at once, `per_second` in the long run.
pub struct Rate {
    burst: f64,
    per_second: f64,
    tokens: f64,
    filled: Instant,
}

impl Rate {
    pub fn new(burst: u32, per_second: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { burst, per_second: f64::from(per_second), tokens: burst, filled: now }
    }

    /// `false` when it is too much.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        self.filled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// Whether nothing was taken lately.
    pub fn is_full(&self, now: Instant) -> bool {
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.tokens + passed * self.per_second >= self.burst
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_a_second() {
        let now = Instant::now();
        let mut rate = Rate::new(5, 1, now);
        assert!((0..5).all(|_| rate.take(now)));
        assert!(!rate.take(now));
        assert!(rate.take(now + Duration::from_secs(1)));
        assert!(!rate.take(now + Duration::from_secs(1)));
    }

    #[test]
    fn silence_saves_up_no_more_than_a_burst() {
        let now = Instant::now();
        let mut rate = Rate::new(2, 10, now);
        let later = now + Duration::from_secs(60);
        assert!(rate.take(later) && rate.take(later));
        assert!(!rate.take(later));
    }
}
