//! Chance that can be repeated: the same seed throws the same numbers.

use std::time::Duration;

use anyhow::Result;

use crate::keys;

/// SplitMix64.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `count` - 1; 0 if there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.throw() % (count.max(1) as u64)).unwrap_or_default()
    }

    /// Some time from `least` up to `most`, in milliseconds' steps.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.saturating_sub(least).as_millis();
        let span = u64::try_from(span).unwrap_or(u64::MAX).max(1);
        least + Duration::from_millis(self.throw() % span)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.throw() % 100 < chance
    }

    /// Other dice, thrown by these.
    pub fn another(&mut self) -> Self {
        Self(self.throw())
    }
}

/// A seed that nobody has chosen.
pub fn fresh_seed() -> Result<u64> {
    let bytes = keys::random()?.0;
    Ok(bytes.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_throws_the_same() {
        let thrown = || {
            let mut dice = Dice::new(7);
            (0..10).map(|_| dice.below(6)).collect::<Vec<_>>()
        };
        assert_eq!(thrown(), thrown());
    }

    #[test]
    fn time_stays_between_its_bounds() {
        let (least, most) = (Duration::from_millis(200), Duration::from_secs(5));
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| (least..most).contains(&dice.between(least, most))));
    }
}
