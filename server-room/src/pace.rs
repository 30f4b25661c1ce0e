//! The loop: a turn for every tick when it is due, a few looks at the sockets in between, and hardly
//! any turn while nobody needs the room.

use std::{
    thread,
    time::{Duration, Instant},
};

use bevy::{
    app::{AppExit, PluginsState},
    prelude::*,
    time::TimeUpdateStrategy,
};
use game::{
    room::{clock::Clock, life::Match, listen::Listening},
    sim::schedule::TICK,
};
use lightyear::prelude::{LinkOf, LocalTimeline, Tick};

use crate::admin::metrics::Metrics;

/// Lightyear takes the moment it reads a packet for the moment that the packet came, so this is how far
/// off a round trip is measured. Each look costs a turn without a tick.
const LOOK_EVERY: Duration = Duration::from_nanos(TICK.as_nanos() as u64 / 4);

/// Without match and links the room turns this often, twice for every heartbeat. What the hub says
/// wakes it.
const NAP: Duration = Duration::from_millis(500);

/// A gap that is worth a line in the log.
const LONG: Duration = Duration::from_secs(1);

/// Runs the app on this thread until it exits. Unparking the thread makes it turn at once.
pub fn run(mut app: App) -> AppExit {
    while app.plugins_state() == PluginsState::Adding {
        thread::sleep(LOOK_EVERY);
    }
    app.finish();
    app.cleanup();
    let metrics = app.world().resource::<Metrics>().clone();
    let mut links = app.world_mut().query_filtered::<Entity, With<LinkOf>>();
    let mut clock = Clock::default();
    let mut last = Instant::now();
    // When the next tick is due; `None` while the room rests.
    let mut due = Some(last);
    let mut needed = true;
    loop {
        let began = Instant::now();
        let lived = match due {
            Some(due) => {
                if began >= due {
                    metrics.tick_was_due(began - due);
                }
                let turn = clock.turn(began - last);
                if !turn.skipped.is_zero() {
                    metrics.skipped(turn.skipped);
                }
                if turn.skipped >= LONG {
                    warn!("the room stood still and skips {} ms", turn.skipped.as_millis());
                }
                turn.lived
            }
            // Nobody can be lost, and what counts days should count them.
            None => began - last,
        };
        last = began;
        *app.world_mut().resource_mut::<TimeUpdateStrategy>() = TimeUpdateStrategy::ManualDuration(lived);
        let before = tick(app.world());
        turn(&mut app);
        if tick(app.world()) != before {
            metrics.worked(began.elapsed());
        }
        metrics.turned();
        if let Some(exit) = app.should_exit() {
            return exit;
        }
        let world = app.world();
        let was_needed = needed;
        needed = !world.contains_resource::<Listening>()
            || world.contains_resource::<Match>()
            || links.iter(world).next().is_some();
        // One more turn passes on what the last one has left.
        due = (needed || was_needed).then(|| began + until_next_tick(world) - clock.arrears());
        thread::park_timeout(match due {
            Some(due) => due.saturating_duration_since(Instant::now()).min(LOOK_EVERY),
            None => NAP,
        });
    }
}

/// Every line that is logged meanwhile carries the match.
fn turn(app: &mut App) {
    let current = app.world().get_resource::<Match>().map(|current| current.allocation.match_id);
    let _span = current.map(|match_id| info_span!("match", %match_id).entered());
    app.update();
}

fn tick(world: &World) -> Tick {
    world.resource::<LocalTimeline>().tick()
}

fn until_next_tick(world: &World) -> Duration {
    let fixed = world.resource::<Time<Fixed>>();
    fixed.timestep().saturating_sub(fixed.overstep())
}
