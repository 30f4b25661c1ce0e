//! Chance, seeded by the match. Each seat and purpose throws its own dice, so that a hidden act
//! changes nobody else's.

/// SplitMix64 (Steele, Lea and Flood, 2014): tiny, well mixed, the same on every platform.
#[derive(Clone, Debug)]
pub struct Dice(u64);

/// Odd, so that every state comes once before the first comes again.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Dice {
    /// Mixed twice: all dice walk the same ring in the same steps, and seeds and streams that are near each
    /// other must begin far apart on it, or one would throw soon what another has thrown.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(mix(mix(seed.wrapping_add(STEP)) ^ stream))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// 0 inclusive to `sides` exclusive; `sides` is at least 1.
    pub fn below(&mut self, sides: usize) -> usize {
        ((u128::from(self.next()) * sides as u128) >> 64) as usize
    }

    /// -1 to 1.
    pub fn spread(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn same_seed_and_stream_throw_the_same() {
        let throws = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            (0..8).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1, 2), throws(1, 2));
        assert_ne!(throws(1, 2), throws(1, 3));
        assert_ne!(throws(1, 2), throws(2, 2));
    }

    #[test]
    fn neighbours_do_not_throw_what_another_has_thrown() {
        let mut thrown = HashSet::new();
        for seed in (0..8).chain([1 << 32, 1 << 63, u64::MAX]) {
            for stream in 0..64 {
                let mut dice = Dice::new(seed, stream);
                let fresh = (0..200).all(|_| thrown.insert(dice.next()));
                assert!(fresh, "stream {stream} of seed {seed} repeats another");
            }
        }
    }

    #[test]
    fn throws_stay_in_range() {
        let mut dice = Dice::new(9, 9);
        for _ in 0..1000 {
            assert!(dice.below(3) < 3);
            assert!((-1.0..=1.0).contains(&dice.spread()));
        }
    }
}
