//! Weather on the way between players and rooms, by dice that can be thrown again.

mod gateway;
mod post;
mod relay;
mod stream;

use std::time::Duration;

pub use self::{
    gateway::Gateway,
    relay::{Counts, Relay},
};
use crate::prove::dice::Dice;

/// How long a packet is held back that others overtake.
const HELD: Duration = Duration::from_millis(50);

/// How long a stream waits for what was lost, beside the lag.
const SENT_AGAIN: Duration = Duration::from_millis(200);

/// What happens to packets, the same in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weather {
    /// What it adds to a round trip.
    pub lag: Duration,
    /// How much shorter or longer than that a round trip may be.
    pub jitter: Duration,
    /// Packets that are lost, in percent of those sent each way; so for the other two.
    pub loss: f64,
    /// That come twice.
    pub doubled: f64,
    /// That later ones overtake.
    pub overtaken: f64,
}

impl Weather {
    /// How long each copy of a packet takes; none if it is lost. Throws the same number of dice for every
    /// packet, so that the fate of one does not depend on that of others.
    fn fate(&self, dice: &mut Dice) -> impl Iterator<Item = Duration> + use<> {
        let lost = strikes(self.loss, dice);
        let doubled = strikes(self.doubled, dice);
        let held = if strikes(self.overtaken, dice) { HELD } else { Duration::ZERO };
        let [first, second] = [self.delay(dice) + held, self.delay(dice) + held];
        let copies = if lost { 0 } else { 1 + usize::from(doubled) };
        [first, second].into_iter().take(copies)
    }

    /// How long bytes of a stream take: what is lost is sent again.
    fn stream_delay(&self, dice: &mut Dice) -> Duration {
        let again = if strikes(self.loss, dice) { self.lag + SENT_AGAIN } else { Duration::ZERO };
        self.delay(dice) + again
    }

    /// One way.
    fn delay(&self, dice: &mut Dice) -> Duration {
        let spread = dice.below(2_001) as f64 / 1_000.0 - 1.0;
        let seconds = self.lag.as_secs_f64() / 2.0 + spread * self.jitter.as_secs_f64() / 2.0;
        Duration::from_secs_f64(seconds.max(0.0))
    }
}

fn strikes(percent: f64, dice: &mut Dice) -> bool {
    (dice.below(100_000) as f64) < percent * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAIN: Weather = Weather {
        lag: Duration::from_millis(120),
        jitter: Duration::from_millis(30),
        loss: 10.0,
        doubled: 5.0,
        overtaken: 0.0,
    };

    fn fates(weather: Weather, seed: u64) -> Vec<Vec<Duration>> {
        let mut dice = Dice::new(seed);
        (0..10_000).map(|_| weather.fate(&mut dice).collect()).collect()
    }

    #[test]
    fn same_seed_brings_the_same_weather() {
        assert_eq!(fates(RAIN, 7), fates(RAIN, 7));
        assert_ne!(fates(RAIN, 7), fates(RAIN, 8));
    }

    #[test]
    fn as_much_is_lost_doubled_and_late_as_was_asked_for() {
        let fates = fates(RAIN, 1);
        let count = |copies: usize| fates.iter().filter(|fate| fate.len() == copies).count();
        assert!((900..1_100).contains(&count(0)), "{} were lost", count(0));
        assert!((380..520).contains(&count(2)), "{} came twice", count(2));
        let (least, most) = (Duration::from_millis(45), Duration::from_millis(75));
        assert!(fates.iter().flatten().all(|delay| (least..=most).contains(delay)));
    }

    #[test]
    fn fine_weather_does_nothing() {
        assert!(fates(Weather::default(), 3).iter().all(|fate| *fate == [Duration::ZERO]));
    }
}
