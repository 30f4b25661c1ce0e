//! What the app measures of itself.

use std::time::{Duration, Instant};

use bevy::{
    app::FixedMainScheduleOrder,
    ecs::{entity::Entities, schedule::ScheduleLabel},
    prelude::*,
};
use game::room::{
    guard::Counters,
    life::Match,
    listen::{Via, turned_away::TurnedAway},
};
use lightyear::prelude::{Connected, LinkOf};

use crate::admin::metrics::{Glance, Metrics};

const GLANCE_EVERY: Duration = Duration::from_secs(1);

const TRANSPORTS: [&str; 3] = ["udp", "webtransport", "websocket"];

/// Needs [`Metrics`].
pub fn plugin(app: &mut App) {
    let mut order = app.world_mut().resource_mut::<FixedMainScheduleOrder>();
    order.insert_before(FixedFirst, TickBegins);
    order.insert_after(FixedLast, TickEnds);
    app.insert_resource(Began(Instant::now()))
        .add_systems(TickBegins, begin)
        .add_systems(TickEnds, end)
        .add_systems(Last, look.run_if(glance_is_due));
}

fn begin(mut began: ResMut<Began>) {
    began.0 = Instant::now();
}

fn end(began: Res<Began>, metrics: Res<Metrics>) {
    metrics.ticked(began.0.elapsed());
}

fn look(
    entities: &Entities,
    linked: Query<Option<&Via>, (With<LinkOf>, With<Connected>)>,
    pending: Query<(), (With<LinkOf>, Without<Connected>)>,
    current: Option<Res<Match>>,
    guard: Res<Counters>,
    turned_away: Res<TurnedAway>,
    metrics: Res<Metrics>,
) {
    let mut counts = TRANSPORTS.map(|transport| (transport, 0));
    for via in &linked {
        let transport = Via::name(via);
        for (name, count) in &mut counts {
            *count += u32::from(*name == transport);
        }
    }
    metrics.looked(&Glance {
        entities: entities.count_spawned(),
        linked: counts,
        pending: u32::try_from(pending.iter().count()).unwrap_or(u32::MAX),
        playing: current.is_some(),
    });
    for (why, total) in guard.refused() {
        metrics.refused(why.name(), total);
    }
    for (door, why, total) in turned_away.counts() {
        metrics.turned_away(door, why, total);
    }
}

/// By the machine's clock: a room at rest lives slowly.
fn glance_is_due(mut last: Local<Option<Instant>>) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= GLANCE_EVERY);
    if due {
        *last = Some(Instant::now());
    }
    due
}

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct TickBegins;

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct TickEnds;

/// When the tick that runs, or the last one, began.
#[derive(Resource)]
struct Began(Instant);
