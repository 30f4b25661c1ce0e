//! The client's half of a match: dial, predict, reconcile, listen. Draws nothing.

pub mod connection;
mod delay;
pub mod input;
pub mod shell;
mod sieve;
pub mod smoke;
pub mod weather;

use bevy::prelude::*;
use lightyear::prelude::{client::*, *};

use crate::sim::{
    self,
    event::{Heard, MatchEvent},
    schedule::TICK,
    tank::Hull,
};

pub use connection::{JoinRoom, LeaveRoom, LinkState, RoomLink, Transport};
pub use delay::CORRECTABLE;
pub use input::Controls;

pub fn plugin(app: &mut App) {
    app.add_plugins((
        ClientPlugins { tick_duration: TICK },
        sim::plugin,
        connection::plugin,
        delay::plugin,
        input::plugin,
        sieve::plugin,
        shell::plugin,
        smoke::plugin,
        weather::plugin,
    ));
    app.insert_resource(PredictionManager {
        rollback_policy: RollbackPolicy { max_rollback_ticks: CORRECTABLE, ..default() },
        ..default()
    })
    .init_resource::<Confirmed>()
    .add_systems(Update, (listen, note_confirmed));
}

fn listen(mut receivers: Query<&mut MessageReceiver<MatchEvent>>, mut heard: MessageWriter<Heard>) {
    for mut receiver in &mut receivers {
        heard.write_batch(receiver.receive().map(Heard));
    }
}

fn note_confirmed(own: Query<&ConfirmedHistory<Hull>, With<Controlled>>, mut confirmed: ResMut<Confirmed>) {
    confirmed.hull = own.iter().next().and_then(|history| history.newest_present()).map(|(_, hull)| *hull);
}

/// The room's last word on the own tank, which may lag the predicted one by a round trip.
#[derive(Resource, Default)]
pub struct Confirmed {
    pub hull: Option<Hull>,
}
