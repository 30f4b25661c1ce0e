//! The room as an app: the game's authority, wired to the hub's line and to whoever runs the process.

use std::{sync::atomic::Ordering, time::Duration};

use bevy::{app::AppExit, ecs::error::FallbackErrorHandler, prelude::*, state::app::StatesPlugin};
use game::{
    protocol::registry::FromRegistry,
    room::{
        self,
        clock::CATCH_UP,
        guard::mishap,
        life::{Match, NoShow},
        listen::{self, Doors, Listening},
        order::{Draining, Journaled, Order, Report},
    },
};
use lightyear::prelude::LocalTimeline;

use crate::{
    admin::metrics::Metrics,
    gauge,
    operator::{Ending, Endings},
    pace,
    registry::Line,
    vitals::Vitals,
};

/// Sockets that are not open by then never will be.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// What joins the app to the threads around it.
pub struct Wires {
    pub line: Line,
    pub endings: Endings,
    pub vitals: Vitals,
    pub metrics: Metrics,
}

/// The app runs at its own pace, on the thread that runs it.
pub fn build(doors: Doors, no_show: NoShow, wires: Wires) -> App {
    let Wires { line, endings, vitals, metrics } = wires;
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, StatesPlugin, TransformPlugin))
        .insert_resource(FallbackErrorHandler(mishap::survive))
        .insert_resource(Time::<Virtual>::from_max_delta(CATCH_UP))
        .insert_resource(line)
        .insert_resource(endings)
        .insert_resource(vitals)
        .insert_resource(metrics)
        .insert_resource(doors)
        .insert_resource(no_show)
        .add_plugins((room::plugin, listen::plugin, gauge::plugin))
        .add_systems(First, (receive_orders, heed_operator).chain())
        .add_systems(
            Update,
            (
                introduce.run_if(resource_exists_and_changed::<Listening>),
                give_up.run_if(not(resource_exists::<Listening>)),
            ),
        )
        .add_systems(
            Last,
            (
                send_reports,
                close.run_if(resource_added::<Draining>),
                depart.run_if(resource_exists::<Draining>).run_if(not(resource_exists::<Match>)),
            )
                .chain(),
        )
        .set_runner(pace::run);
    app
}

/// Once all sockets are open, and again when a certificate was replaced.
fn introduce(listening: Res<Listening>, line: Res<Line>, vitals: Res<Vitals>) {
    info!("listening: {:?}", listening.addresses);
    vitals.listens();
    let _ = line.addresses.force_send(listening.addresses.clone());
}

fn give_up(time: Res<Time<Real>>, mut exit: MessageWriter<AppExit>) {
    if time.elapsed() > OPEN_LIMIT {
        error!("unable to open all three sockets, see the warnings above");
        exit.write(AppExit::error());
    }
}

fn receive_orders(
    line: Res<Line>,
    mut orders: MessageWriter<Order>,
    mut journaled: MessageWriter<Journaled>,
    mut exit: MessageWriter<AppExit>,
) {
    while let Ok(order) = line.orders.try_recv() {
        orders.write(Order(order));
    }
    while let Ok(allocation) = line.recorded.try_recv() {
        journaled.write(Journaled(allocation));
    }
    if let Ok(code) = line.exit.try_recv() {
        exit.write(code);
    }
}

fn heed_operator(
    endings: Res<Endings>,
    current: Option<Res<Match>>,
    mut orders: MessageWriter<Order>,
    mut exit: MessageWriter<AppExit>,
) {
    while let Ok(ending) = endings.0.try_recv() {
        match ending {
            Ending::Drain => {
                orders.write(Order(FromRegistry::Drain {}));
            }
            Ending::TimeUp if current.is_none() => {
                exit.write(AppExit::Success);
            }
            Ending::TimeUp | Ending::AtOnce => {
                if let Some(current) = &current {
                    warn!(match_id = %current.allocation.match_id, "the room ends with a match in it");
                }
                exit.write(AppExit::error());
            }
        }
    }
}

fn send_reports(
    line: Res<Line>,
    timeline: Res<LocalTimeline>,
    vitals: Res<Vitals>,
    metrics: Res<Metrics>,
    mut reports: MessageReader<Report>,
) {
    let tick = timeline.tick().0;
    line.tick.store(tick, Ordering::Relaxed);
    vitals.beat(tick);
    for Report(report) in reports.read() {
        metrics.reported(report);
        if let Err(error) = line.report(report.clone()) {
            error!("a report to the hub was lost: {error:#}");
        }
    }
}

fn close(vitals: Res<Vitals>) {
    vitals.drains();
}

/// A drained room goes when nothing is left that only it can tell.
fn depart(line: Res<Line>, mut exit: MessageWriter<AppExit>) {
    if line.waiting.load(Ordering::Relaxed) == 0 {
        info!("the room is drained");
        exit.write(AppExit::Success);
    }
}
