//! Burnt-out tanks. They stay for a while, as cover for the eye only.

use bevy::{mesh::MeshTag, prelude::*};

use crate::{
    present::{
        PresentSystems, layer,
        paint::{painted, tag},
        tank::{BURNT, Silhouettes},
    },
    sim::{
        event::{Heard, MatchEvent},
        tank::{Hull, TankId, Turret},
    },
};

/// Seconds that a wreck stays, the last of them fading.
const STAYS: f32 = 10.0;
const FADES: f32 = 1.0;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PostUpdate, (leave.in_set(PresentSystems::Dress), crumble.in_set(PresentSystems::Pose)));
}

fn leave(
    mut commands: Commands,
    shapes: Res<Silhouettes>,
    mut heard: MessageReader<Heard>,
    tanks: Query<(&TankId, &Hull, &Turret)>,
) {
    for Heard(event) in heard.read() {
        let MatchEvent::Wrecked { tank, pos } = event else { continue };
        let team = tank.team().index();
        let (heading, aim) = tanks
            .iter()
            .find(|(id, ..)| *id == tank)
            .map_or((0.0, 0.5), |(_, hull, turret)| (hull.heading, turret.heading));
        let parts = [
            (&shapes.hulls[team], heading, layer::HULL),
            (&shapes.barrel, aim, layer::TURRET + layer::BARREL),
            (&shapes.turrets[team], aim, layer::TURRET),
        ];
        for (mesh, heading, above) in parts {
            let place = Transform::from_translation(pos.extend(layer::WRECK + above))
                .with_rotation(Quat::from_rotation_z(heading));
            commands.spawn((painted(mesh, BURNT), place, Wreck { age: 0.0 }));
        }
    }
}

fn crumble(mut commands: Commands, time: Res<Time>, mut wrecks: Query<(Entity, &mut Wreck, &mut MeshTag)>) {
    for (entity, mut wreck, mut tint) in &mut wrecks {
        wreck.age += time.delta_secs();
        if wreck.age >= STAYS {
            commands.entity(entity).despawn();
        } else if wreck.age > STAYS - FADES {
            *tint = tag(BURNT.with_alpha((STAYS - wreck.age) / FADES));
        }
    }
}

/// A part of a wreck.
#[derive(Component)]
struct Wreck {
    age: f32,
}
