//! What each link has done of late, and the end of those that have done too much.

use std::time::Duration;

use bevy::{ecs::system::SystemParam, prelude::*};
use lightyear::{
    core::time::Instant,
    prelude::{LinkOf, LinkSystems},
};

use crate::{
    room::{
        guard::{Counters, Muted, Refused, payload::Order},
        seat::evict,
    },
    sim::schedule::TICK,
};

/// A link that breaks the rules more often than that within [`WINDOW`] is hung up on.
const STRIKES: u32 = 100;
const WINDOW: Duration = Duration::from_secs(3);

/// A room that has not lived through so much of the time lags behind its clients. What they send after
/// that may look wrong and is not held against them.
const LAG: Duration = TICK;
const PARDON: Duration = Duration::from_secs(2);

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Pardon>()
        .register_required_components::<LinkOf, Watch>()
        .add_systems(PreUpdate, pardon.before(LinkSystems::Receive))
        .add_systems(Update, hang_up);
}

/// By the machine's clock: the room's own leaves out what it stood still for.
fn pardon(mut last: Local<Option<Instant>>, time: Res<Time<Real>>, mut pardon: ResMut<Pardon>) {
    let now = Instant::now();
    if last.replace(now).is_some_and(|last| now - last > time.delta() + LAG) {
        pardon.until = time.elapsed() + PARDON;
    }
}

fn hang_up(
    links: Query<(Entity, &Watch), Without<Muted>>,
    mut counters: ResMut<Counters>,
    mut commands: Commands,
) {
    for (link, watch) in &links {
        if watch.strikes > STRIKES {
            let last = watch.last.map_or("", Refused::name);
            warn!("link {link} is hung up on: it keeps breaking the rules, the last time by `{last}`");
            counters.evicted += 1;
            evict(&mut commands, link);
        }
    }
}

/// On every link.
#[derive(Component, Debug, Default)]
pub(super) struct Watch {
    pub datagrams: Bucket,
    pub messages: Bucket,
    pub repetitions: Bucket,
    pub inputs: Bucket,
    pub order: Order,
    /// Since when the link has been good for nothing, on the clock of [`Time<Real>`].
    pub idle_since: Option<Duration>,
    strikes: u32,
    /// When the first of the strikes was.
    since: Duration,
    last: Option<Refused>,
}

/// How much of something has come of late: it runs out at a steady rate and must not overflow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    level: f32,
    at: Duration,
}

/// What a [`Bucket`] can take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// That much runs out in a second.
    pub a_second: f32,
    pub at_once: f32,
}

impl Bucket {
    /// False if it would overflow, and then nothing is added.
    pub fn add(&mut self, count: u32, now: Duration, measure: Measure) -> bool {
        let passed = now.saturating_sub(self.at).as_secs_f32();
        self.at = now;
        self.level = (self.level - passed * measure.a_second).max(0.0);
        let level = self.level + count as f32;
        let fits = level <= measure.at_once;
        if fits {
            self.level = level;
        }
        fits
    }
}

/// Until when nothing is held against anybody.
#[derive(Resource, Default)]
pub(super) struct Pardon {
    until: Duration,
}

/// Where refusals are written down.
#[derive(SystemParam)]
pub(super) struct Ledger<'w> {
    time: Res<'w, Time<Real>>,
    pardon: Res<'w, Pardon>,
    counters: ResMut<'w, Counters>,
}

impl Ledger<'_> {
    pub fn now(&self) -> Duration {
        self.time.elapsed()
    }

    pub fn note(&mut self, why: Refused) {
        self.counters.note(why);
    }

    /// Misconduct also counts against the link.
    pub fn hold_against(&mut self, watch: &mut Watch, why: Refused) {
        self.note(why);
        let now = self.now();
        if !why.is_misconduct() || now < self.pardon.until {
            return;
        }
        if now.saturating_sub(watch.since) > WINDOW {
            watch.strikes = 0;
            watch.since = now;
        }
        watch.strikes += 1;
        watch.last = Some(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURE: Measure = Measure { a_second: 10.0, at_once: 20.0 };

    #[test]
    fn bucket_takes_a_burst_and_then_the_rate() {
        let mut bucket = Bucket::default();
        let at = Duration::from_secs(5);
        assert!(bucket.add(20, at, MEASURE));
        assert!(!bucket.add(1, at, MEASURE), "it is full");
        assert!(!bucket.add(11, at + Duration::from_secs(1), MEASURE), "ten have run out");
        assert!(bucket.add(10, at + Duration::from_secs(1), MEASURE), "a refusal adds nothing");
    }

    #[test]
    fn clock_that_goes_back_empties_nothing() {
        let mut bucket = Bucket::default();
        assert!(bucket.add(20, Duration::from_secs(5), MEASURE));
        assert!(!bucket.add(1, Duration::from_secs(4), MEASURE));
    }
}
