//! Guns: when they fire.

use bevy::prelude::*;
use lightyear::prelude::{LocalTimeline, input::native::ActionState};
use serde::{Deserialize, Serialize};

use crate::sim::{
    input::TankInput,
    schedule::{TickSystems, ticks},
    tank::{Health, Hull, RADIUS, Stirred, TankId, Turret, direction},
};

/// Ticks between two shots.
pub const RELOAD: u32 = ticks(1.1);

/// From the tank's centre to the end of the barrel, in metres.
pub const BARREL: f32 = RADIUS + 0.9;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, fire.in_set(TickSystems::Fire)).add_message::<Shot>();
}

fn fire(
    timeline: Res<LocalTimeline>,
    mut tanks: Query<(&TankId, &ActionState<TankInput>, &Hull, &Turret, &Health, &Stirred, &mut Gun)>,
    mut shots: MessageWriter<Shot>,
) {
    let tick = timeline.tick().0;
    let mut fired = Vec::new();
    for (id, input, hull, turret, health, stirred, mut gun) in &mut tanks {
        if input.0.fire && health.alive() && stirred.at(tick) && gun.ready_at <= tick {
            gun.ready_at = tick + RELOAD;
            let dir = direction(turret.heading);
            fired.push(Shot { tank: *id, tick, from: hull.pos, muzzle: hull.pos + dir * BARREL, dir });
        }
    }
    fired.sort_unstable_by_key(|shot| shot.tank);
    shots.write_batch(fired);
}

/// When the gun can fire again, as a tick.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gun {
    pub ready_at: u32,
}

/// A gun fired in this tick. On a client only its own gun does, and again when the tick is replayed.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub struct Shot {
    pub tank: TankId,
    pub tick: u32,
    /// Centre of the tank.
    pub from: Vec2,
    /// End of the barrel.
    pub muzzle: Vec2,
    /// Unit vector.
    pub dir: Vec2,
}
