//! The room's half of a match: it listens, seats players, decides everything, and tells each team
//! only what it may know.

pub mod bot;
pub mod clock;
pub mod flight;
pub mod fog;
pub mod guard;
pub mod life;
pub mod listen;
mod muster;
pub mod newcomer;
pub mod order;
pub mod seat;
pub mod smoke;
pub mod ticket;

use bevy::prelude::*;
use lightyear::prelude::{
    ReplicationMetadata,
    input::native::NativeStateSequence,
    server::{
        ServerPlugins,
        input::{InputValidationAppExt as _, authorize_controlled_targets},
    },
};
use protocol::SNAPSHOT_HZ;

use crate::sim::{self, input::TankInput, schedule::TICK};

pub fn plugin(app: &mut App) {
    app.add_plugins((ServerPlugins { tick_duration: TICK }, sim::plugin))
        .add_input_validator(authorize_controlled_targets::<NativeStateSequence<TankInput>>)
        .insert_resource(ReplicationMetadata::new(std::time::Duration::from_nanos(
            1_000_000_000 / u64::from(SNAPSHOT_HZ),
        )));
    app.add_plugins((
        guard::plugin,
        order::plugin,
        ticket::plugin,
        seat::plugin,
        newcomer::plugin,
        bot::plugin,
        flight::plugin,
        smoke::plugin,
        life::plugin,
        fog::plugin,
    ));
}
