//! The room as an app: the game's authority, driven in real time, wired to the hub's line.

use std::{sync::atomic::Ordering, time::Duration};

use bevy::{
    app::{AppExit, PluginsState},
    ecs::error::{FallbackErrorHandler, warn as warn_error},
    log::LogPlugin,
    prelude::*,
    state::app::StatesPlugin,
};
use game::room::{
    self,
    life::{Match, NoShow},
    listen::{self, Doors, Listening},
    order::{Draining, Journaled, Order, Report},
};
use lightyear::prelude::LocalTimeline;

use crate::registry::Line;

/// Pause between two turns of the loop: it bounds how long a packet waits.
const BUSY_PAUSE: Duration = Duration::from_millis(2);
const FREE_PAUSE: Duration = Duration::from_millis(10);

/// Lightyear reports each late input, each closed link and each unknown packet; none is news here.
const LOG_FILTER: &str =
    "info,lightyear=error,lightyear_debug=off,aeronet=warn,bevy_replicon=warn,wtransport=warn";

/// Sockets that are not open by then never will be.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// The app needs a [`Line`] as well before it runs. Logging is set up when this returns.
pub fn build(doors: Doors, no_show: NoShow) -> App {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        StatesPlugin,
        TransformPlugin,
        LogPlugin { filter: LOG_FILTER.into(), ..default() },
    ));
    app.insert_resource(FallbackErrorHandler(warn_error))
        .insert_resource(doors)
        .insert_resource(no_show)
        .add_plugins((room::plugin, listen::plugin))
        .add_systems(First, receive_orders)
        .add_systems(
            Update,
            (
                introduce.run_if(resource_added::<Listening>),
                give_up.run_if(not(resource_exists::<Listening>)),
            ),
        )
        .add_systems(
            Last,
            (send_reports, depart.run_if(resource_exists::<Draining>).run_if(not(resource_exists::<Match>))),
        )
        .set_runner(run);
    app
}

fn run(mut app: App) -> AppExit {
    while app.plugins_state() == PluginsState::Adding {
        std::thread::sleep(BUSY_PAUSE);
    }
    app.finish();
    app.cleanup();
    loop {
        app.update();
        if let Some(exit) = app.should_exit() {
            return exit;
        }
        let busy = app.world().contains_resource::<Match>();
        std::thread::sleep(if busy { BUSY_PAUSE } else { FREE_PAUSE });
    }
}

fn introduce(listening: Res<Listening>, line: Res<Line>) {
    info!("listening: {:?}", listening.addresses);
    let _ = line.addresses.try_send(listening.addresses.clone());
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

fn send_reports(line: Res<Line>, timeline: Res<LocalTimeline>, mut reports: MessageReader<Report>) {
    line.tick.store(timeline.tick().0, Ordering::Relaxed);
    for Report(report) in reports.read() {
        if let Err(error) = line.report(report.clone()) {
            error!("a report to the hub was lost: {error:#}");
        }
    }
}

/// A drained room goes when nothing is left that only it can tell.
fn depart(line: Res<Line>, mut exit: MessageWriter<AppExit>) {
    if line.waiting.load(Ordering::Relaxed) == 0 {
        info!("the room is drained");
        exit.write(AppExit::Success);
    }
}
