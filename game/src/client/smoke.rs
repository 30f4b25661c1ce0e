//! Our own smoke grenades: in the air the moment they are thrown. The cloud comes from the room.

use bevy::prelude::*;
use lightyear::prelude::{Controlled, InterpolationTimeline, NetworkTimeline as _, Tick};

use crate::sim::{
    smoke::{FUSE, Launcher, RECHARGE, Throw},
    tank::TankId,
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (throw, take_back, burst).chain());
}

/// A tick that is replayed throws again, perhaps a little earlier or later. The charge is not back while a
/// grenade still lies there, so that this is the same one.
fn throw(mut throws: MessageReader<Throw>, mut grenades: Query<&mut Grenade>, mut commands: Commands) {
    for throw in throws.read() {
        match grenades.iter_mut().find(|grenade| grenade.0.tank == throw.tank) {
            Some(mut grenade) => grenade.0 = *throw,
            None => {
                commands.spawn(Grenade(*throw));
            }
        }
    }
}

/// A correction has found that it was not thrown: the charge says so. With the tank goes the match.
fn take_back(
    launchers: Query<(&TankId, &Launcher), With<Controlled>>,
    grenades: Query<(Entity, &Grenade)>,
    mut commands: Commands,
) {
    for (entity, Grenade(throw)) in &grenades {
        let thrown = launchers
            .iter()
            .any(|(tank, launcher)| *tank == throw.tank && launcher.ready_at >= throw.tick + RECHARGE);
        if !thrown {
            commands.entity(entity).despawn();
        }
    }
}

/// It lies there until what we are shown of the match has come to its cloud.
fn burst(timeline: Res<InterpolationTimeline>, grenades: Query<(Entity, &Grenade)>, mut commands: Commands) {
    for (entity, Grenade(throw)) in &grenades {
        if timeline.tick() >= Tick(throw.tick + FUSE) {
            commands.entity(entity).try_despawn();
        }
    }
}

/// Thrown by the own tank, and no cloud yet.
#[derive(Component, Clone, Copy, Debug)]
pub struct Grenade(pub Throw);
