//! One tick, top to bottom. Every rule sits in exactly one set.
//!
//! The room runs it once a tick. A client runs it once a tick too, and again for every tick it
//! replays after a correction.

use std::time::Duration;

use bevy::prelude::*;
use protocol::TICK_HZ;

/// Length of one tick.
pub const TICK: Duration = Duration::from_nanos(1_000_000_000 / TICK_HZ as u64);

/// Length of one tick in seconds.
pub const DT: f32 = 1.0 / TICK_HZ as f32;

/// Runs in `FixedUpdate`, in this order.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TickSystems {
    /// Room: stale inputs go neutral, bots decide.
    Think,
    /// Tanks move, turrets turn.
    Drive,
    /// Guns fire, smoke is thrown.
    Fire,
    /// Room: shells fly and strike.
    Fly,
    /// Room: wrecks return, the clock runs, the match ends.
    Rules,
    /// Room: who sees what. Nothing after this may move a tank, a shell or smoke.
    Sight,
}

pub(super) fn plugin(app: &mut App) {
    app.configure_sets(
        FixedUpdate,
        (
            TickSystems::Think,
            TickSystems::Drive,
            TickSystems::Fire,
            TickSystems::Fly,
            TickSystems::Rules,
            TickSystems::Sight,
        )
            .chain(),
    );
}

/// Ticks in `seconds`.
pub const fn ticks(seconds: f32) -> u32 {
    (seconds * TICK_HZ as f32) as u32
}
