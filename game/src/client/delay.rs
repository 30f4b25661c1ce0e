//! What a slow link costs. The client runs ahead of the room by the round trip while all that it predicts
//! can be corrected; what is more than that holds the player's input back.
//!
//! Lightyear has such a bound, too, but corrects no farther back than the bound itself, and a client that
//! has reached it is a few ticks beyond; and it looks at the link only when it sets its clock. So the bound
//! stands here, well below what lightyear corrects, and follows the link.

use std::time::Duration;

use bevy::prelude::*;
use lightyear::prelude::{client::*, *};

use crate::sim::schedule::TICK;

/// Ticks of a round trip that are predicted. The rest is delay.
const PREDICTED: u16 = 16;

/// How many ticks a correction can go back: [`PREDICTED`], what the clocks keep in hand, and what a packet
/// may be late.
pub const CORRECTABLE: u16 = 30;

/// The longest delay in ticks. Lightyear keeps 64 ticks of input: [`CORRECTABLE`] past ones, and these.
const LONGEST: u16 = 30;

/// The delay changes by a tick at a time, and as fast as the client's clock follows without a leap.
const EVERY: Duration = Duration::from_millis(250);

/// A delay that would do for a link slower by so many ticks, too, is not shortened for less.
const SLACK: u16 = 2;

pub(super) fn plugin(app: &mut App) {
    app.insert_resource(timing(0)).init_resource::<Delay>().add_systems(Update, follow);
}

/// Until the clock is set nothing is sent, so that the first delay may be any.
fn follow(
    time: Res<Time<Real>>,
    sync: Res<LocalTimelineSync>,
    links: Query<&Link, (With<Client>, With<Connected>)>,
    mut delay: ResMut<Delay>,
    mut commands: Commands,
) {
    let now = time.elapsed();
    let trip = links.iter().next().map_or(0, |link| trip(link.stats.rtt, link.stats.jitter));
    let next = if !sync.is_synced() {
        wanted(trip)
    } else if now.saturating_sub(delay.changed_at) >= EVERY {
        toward(delay.ticks, trip)
    } else {
        return;
    };
    if next != delay.ticks {
        *delay = Delay { ticks: next, changed_at: now };
        commands.insert_resource(timing(next));
    }
}

/// A round trip in ticks, with what the clock keeps in hand for it.
fn trip(rtt: Duration, jitter: Duration) -> u16 {
    let margin = SyncConfig::default().jitter_margin(jitter, TICK);
    ((rtt + margin).as_secs_f32() / TICK.as_secs_f32()).ceil() as u16
}

/// Ticks of delay for a round trip.
fn wanted(trip: u16) -> u16 {
    trip.saturating_sub(PREDICTED).min(LONGEST)
}

/// The next delay on the way from `now` to the one for a round trip.
fn toward(now: u16, trip: u16) -> u16 {
    if now < wanted(trip) {
        now + 1
    } else if now > wanted(trip.saturating_add(SLACK)) {
        now - 1
    } else {
        now
    }
}

/// Lightyear lengthens the delay by itself only for a link that has become too slow to be corrected.
fn timing(delay: u16) -> InputTimelineConfig {
    InputTimelineConfig::default().with_input_delay(InputDelayConfig {
        minimum_input_delay_ticks: delay,
        maximum_input_delay_before_prediction: delay,
        maximum_predicted_ticks: CORRECTABLE,
    })
}

#[derive(Resource, Default)]
struct Delay {
    ticks: u16,
    changed_at: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn good_link_has_no_delay() {
        for (rtt, jitter) in [(0, 0), (40, 3), (120, 15)] {
            assert_eq!(wanted(trip(millis(rtt), millis(jitter))), 0, "{rtt} ms");
        }
    }

    #[test]
    fn bad_link_has_as_much_delay_as_cannot_be_predicted() {
        assert_eq!(wanted(trip(millis(390), Duration::ZERO)), 25 - PREDICTED);
        assert!(trip(millis(390), millis(20)) > trip(millis(390), Duration::ZERO));
        assert_eq!(wanted(trip(Duration::MAX / 2, Duration::ZERO)), LONGEST);
    }

    #[test]
    fn delay_follows_the_link_a_tick_at_a_time_and_does_not_flicker() {
        let trip = PREDICTED + 9;
        assert_eq!((toward(3, trip), toward(20, trip)), (4, 19));
        assert_eq!((toward(9, trip), toward(10, trip), toward(11, trip)), (9, 10, 11));
        assert_eq!((toward(12, trip), toward(1, 5)), (11, 0), "a good link gets rid of all of it");
    }
}
