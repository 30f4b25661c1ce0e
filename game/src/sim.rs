//! The rules of the match, the same on both sides of the wire.
//!
//! Pure functions over values; the systems that call them stand in [`schedule`]. Nothing here reads
//! a clock, the system's dice or a hash map's order.

pub mod arena;
pub mod content;
pub mod datagram;
pub mod dice;
pub mod event;
pub mod golden;
pub mod gun;
pub mod input;
pub mod schedule;
pub mod scoreboard;
pub mod shell;
pub mod sight;
pub mod smoke;
pub mod tank;
pub mod wire;

use bevy::prelude::*;

pub use content::content;

pub fn plugin(app: &mut App) {
    app.init_resource::<arena::Arena>().add_message::<event::Heard>().add_plugins((
        wire::plugin,
        schedule::plugin,
        tank::plugin,
        gun::plugin,
        smoke::plugin,
    ));
}
