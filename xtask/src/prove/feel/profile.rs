//! Links from good to awful, and what must hold on each.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{crew::Felt, stage::Stage};
use crate::{prove::report::Figures, weather::Weather};

pub struct Profile {
    pub title: &'static str,
    /// Whether a quick run plays it.
    pub quick: bool,
    weather: Weather,
    goals: &'static [Goal],
}

/// A figure and the most that it may be.
type Goal = (&'static str, f64);

/// Shots in a minute of play, at least.
const SHOTS: f64 = 200.0;

/// The share of the time, at least, in which nobody else can be blamed for a correction.
const CALM: f64 = 0.05;

/// What holds on every link.
const ALWAYS: &[Goal] = &[
    ("disconnects", 0.0),
    ("uncorrectable", 0.0),
    ("jumps", 0.0),
    ("events_lost_or_doubled", 0.0),
    ("verdicts_lost", 0.0),
    ("verdicts_doubled", 0.0),
];

const FINE: Weather =
    Weather { lag: Duration::ZERO, jitter: Duration::ZERO, loss: 0.0, doubled: 0.0, overtaken: 0.0 };

/// A usual link between two homes in one country.
pub const GOOD: Weather =
    Weather { lag: Duration::from_millis(40), jitter: Duration::from_millis(5), loss: 0.5, ..FINE };

pub const PROFILES: [Profile; 4] = [
    Profile {
        title: "LAN",
        quick: false,
        weather: FINE,
        goals: &[
            ("rollbacks_unexcused", 0.0),
            ("action_to_seen_p50_ms", 85.0),
            ("action_to_seen_p99_ms", 120.0),
            ("shot_to_flash_p50_ms", 60.0),
        ],
    },
    Profile { title: "40 ms, 0.5 % lost", quick: true, weather: GOOD, goals: &[("error_p99_cm", 5.0)] },
    Profile {
        title: "120 ms, 3 % lost",
        quick: false,
        weather: Weather {
            lag: Duration::from_millis(120),
            jitter: Duration::from_millis(30),
            loss: 3.0,
            ..FINE
        },
        goals: &[("error_p99_cm", 25.0)],
    },
    Profile {
        title: "F10 400 ms, 30 % lost, some doubled and out of order",
        quick: false,
        weather: Weather {
            lag: Duration::from_millis(400),
            jitter: Duration::from_millis(30),
            loss: 30.0,
            doubled: 2.0,
            overtaken: 4.0,
        },
        goals: &[],
    },
];

impl Profile {
    /// The goals are multiplied by `leeway`.
    pub fn play(
        &self,
        stage: &mut Stage<'_>,
        seconds: u64,
        leeway: f64,
        figures: &mut Figures,
    ) -> Result<()> {
        let mut party = stage.gather(self.weather, seconds)?;
        let felt = party.play(|_| Ok(()))?;
        felt.note(figures);
        let counts = party.counts();
        figures.note("packets_carried", counts.carried);
        figures.note("packets_lost", counts.lost);
        self.judge(&felt, seconds, leeway)
    }

    fn judge(&self, felt: &Felt, seconds: u64, leeway: f64) -> Result<()> {
        let shots = felt.figure("shots")?;
        let wanted = SHOTS * seconds as f64 / 60.0;
        ensure!(shots >= wanted, "{shots} shots are too few, {wanted} were wanted");
        let (calm, minutes) = (felt.figure("calm_minutes")?, felt.figure("minutes")?);
        ensure!(calm >= CALM * minutes, "only {calm} of {minutes} minutes were without an excuse");
        for (name, most) in ALWAYS.iter().chain(self.goals) {
            let most = leeway * most;
            let value = felt.figure(name)?;
            ensure!(value <= most, "{name} is {value}, at most {most} was wanted");
        }
        Ok(())
    }
}
