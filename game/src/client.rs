//! The client's half of a match: dial, predict, reconcile, listen. Draws nothing.

pub mod connection;
pub mod input;

use bevy::prelude::*;
use lightyear::prelude::{client::*, *};

use crate::sim::{
    self,
    event::{Heard, MatchEvent},
    schedule::TICK,
    tank::Hull,
};

pub use connection::{JoinRoom, LeaveRoom, LinkState, RoomLink, Transport};
pub use input::Controls;

/// Ticks that a client may run ahead of the room. A worse link gets input delay instead, so that
/// every tick it predicts can still be corrected.
const PREDICTED_TICKS: u16 = 16;

pub fn plugin(app: &mut App) {
    app.add_plugins((ClientPlugins { tick_duration: TICK }, sim::plugin, connection::plugin, input::plugin));
    app.insert_resource(PredictionManager {
        rollback_policy: RollbackPolicy { max_rollback_ticks: PREDICTED_TICKS + 4, ..default() },
        ..default()
    })
    .insert_resource(InputTimelineConfig::default().with_input_delay(InputDelayConfig {
        minimum_input_delay_ticks: 0,
        maximum_input_delay_before_prediction: 0,
        maximum_predicted_ticks: PREDICTED_TICKS,
    }))
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
