//! One player: an app that is turned 60 times a second.

use std::{
    sync::{Arc, mpsc::Receiver},
    thread::sleep,
    time::{Duration, Instant},
};

use bevy::{prelude::*, state::app::StatesPlugin};
use game::{
    client::{self, JoinRoom, LeaveRoom, Transport},
    protocol::ticket::Ticket,
    sim::schedule::TICK,
};

use crate::{
    board::{Board, Phase},
    felt::Felt,
    meter::{self, Meter},
    pilot::{self, Pilot},
};

/// Frames in which a good-bye is sent.
const GOODBYE: u32 = 10;

/// Plays to the end, and says what it felt.
pub fn live(ticket: Ticket, renewals: &Receiver<Ticket>, board: &Arc<Board>, seed: u64) -> Felt {
    let mut app = App::new();
    app.set_error_handler(bevy::ecs::error::warn)
        .add_plugins((MinimalPlugins, StatesPlugin, TransformPlugin))
        .add_plugins((client::plugin, pilot::plugin, meter::plugin))
        .insert_resource(Pilot::new(&ticket, board.clone(), seed))
        .insert_resource(Meter::new(&ticket, board.clone()));
    app.finish();
    app.cleanup();
    join(&mut app, ticket);
    let mut due = Instant::now();
    while board.phase().0 != Phase::Over {
        if let Ok(ticket) = renewals.try_recv() {
            app.world_mut().resource_mut::<Meter>().tries_again();
            join(&mut app, ticket);
        }
        app.update();
        due = next(due);
    }
    let felt = app.world_mut().resource_mut::<Meter>().conclude();
    app.world_mut().write_message(LeaveRoom);
    for _ in 0..GOODBYE {
        app.update();
        due = next(due);
    }
    felt
}

fn join(app: &mut App, ticket: Ticket) {
    app.world_mut().write_message(JoinRoom { ticket, transport: Transport::Udp });
}

/// Waits for the next frame. One that comes too late is not made up for.
fn next(due: Instant) -> Instant {
    let (due, now) = (due + TICK, Instant::now());
    let early: Duration = due.saturating_duration_since(now);
    sleep(early);
    due.max(now)
}
