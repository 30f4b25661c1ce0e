//! Smoke: clouds as layered soft discs, and our own grenade from the throw on.

use bevy::{mesh::MeshTag, prelude::*};
use lightyear::prelude::{InterpolationTimeline, NetworkTimeline as _, Tick};

use crate::{
    client::smoke::Grenade,
    present::{
        PresentSystems, layer,
        paint::{painted, tag},
        palette,
        shape::Drawing,
    },
    sim::{
        schedule::DT,
        smoke::{Cloud, RADIUS, STANDS},
    },
};

/// Discs around the one in the middle, how far out they lie, and their radius: together they fill a cloud.
const AROUND: usize = 6;
const OUT: f32 = RADIUS * 0.42;
const DISC: f32 = RADIUS - OUT;

/// How much one disc covers. Where all of them lie over each other, a tank can still be made out.
const COVER: f32 = 0.22;

/// Seconds in which a cloud comes and goes.
const COMES: f32 = 0.6;
const GOES: f32 = 1.5;

/// Seconds that a grenade is in the air, and how much larger it looks at the top of its way.
const FLIES: f32 = 0.45;
const NEARER: f32 = 0.8;

/// Radius of a grenade in metres.
const SIZE: f32 = 0.22;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Forms>().add_systems(
        PostUpdate,
        ((billow, arm).in_set(PresentSystems::Dress), (swell, fly).in_set(PresentSystems::Pose)),
    );
}

fn billow(mut commands: Commands, forms: Res<Forms>, bare: Query<(Entity, &Cloud), Without<Billowing>>) {
    for (entity, cloud) in &bare {
        let place = Transform::from_translation(cloud.pos.extend(layer::SMOKE))
            .with_rotation(Quat::from_rotation_z(cloud.pos.x + cloud.pos.y));
        commands.entity(entity).try_insert((Billowing, place, Visibility::default()));
        for disc in 0..=AROUND {
            let at = match disc {
                0 => Vec2::ZERO,
                disc => Vec2::from_angle(disc as f32 / AROUND as f32 * std::f32::consts::TAU) * OUT,
            };
            let place = Transform::from_translation(at.extend(disc as f32 * 0.01));
            commands.spawn((painted(&forms.puff, LinearRgba::NONE), place, Puff, ChildOf(entity)));
        }
    }
}

fn swell(
    timeline: Res<InterpolationTimeline>,
    clouds: Query<&Cloud>,
    mut puffs: Query<(&ChildOf, &mut Transform, &mut MeshTag), With<Puff>>,
) {
    for (of, mut place, mut tint) in &mut puffs {
        let Ok(cloud) = clouds.get(of.parent()) else { continue };
        let ticks = (timeline.tick() - Tick(cloud.rises)) as f32 + timeline.overstep().to_f32();
        let [size, cover] = look(ticks * DT);
        place.scale = Vec3::new(size, size, 1.0);
        tint.set_if_neq(tag(palette::QUIET.to_linear().with_alpha(cover)));
    }
}

/// How large a disc is at this age in seconds, and how much it covers.
fn look(age: f32) -> [f32; 2] {
    let come = (age / COMES).clamp(0.0, 1.0);
    let left = ((STANDS as f32 * DT - age) / GOES).clamp(0.0, 1.0);
    let grown = 1.0 - (1.0 - come) * (1.0 - come);
    [0.4 + 0.6 * grown, COVER * come * left]
}

fn arm(mut commands: Commands, forms: Res<Forms>, bare: Query<(Entity, &Grenade), Without<Flight>>) {
    for (entity, Grenade(throw)) in &bare {
        let place = Transform::from_translation(throw.from.extend(layer::SHELL));
        let paint = painted(&forms.grenade, palette::QUIET.to_linear());
        commands.entity(entity).try_insert((paint, place, Flight { age: 0.0 }));
    }
}

fn fly(time: Res<Time>, mut grenades: Query<(&Grenade, &mut Flight, &mut Transform)>) {
    for (Grenade(throw), mut flight, mut place) in &mut grenades {
        flight.age += time.delta_secs();
        let part = (flight.age / FLIES).min(1.0);
        place.translation = throw.from.lerp(throw.to, part).extend(layer::SHELL);
        let size = 1.0 + NEARER * 4.0 * part * (1.0 - part);
        place.scale = Vec3::new(size, size, 1.0);
    }
}

/// On a cloud that has its discs.
#[derive(Component)]
struct Billowing;

/// A disc of a cloud.
#[derive(Component)]
struct Puff;

#[derive(Component)]
struct Flight {
    /// Seconds.
    age: f32,
}

#[derive(Resource)]
struct Forms {
    puff: Handle<Mesh>,
    grenade: Handle<Mesh>,
}

impl FromWorld for Forms {
    fn from_world(world: &mut World) -> Self {
        let mut meshes = world.resource_mut::<Assets<Mesh>>();
        Self {
            puff: meshes.add(Drawing::default().puff(DISC, Color::WHITE).mesh()),
            grenade: meshes.add(Drawing::default().puff(SIZE, Color::WHITE).mesh()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloud_comes_and_goes_softly() {
        let end = STANDS as f32 * DT;
        assert_eq!(look(-0.1)[1], 0.0);
        assert_eq!(look(end)[1], 0.0);
        assert_eq!(look(end / 2.0), [1.0, COVER]);
        assert!(look(0.1)[0] < look(0.3)[0] && look(end - 0.2)[1] < look(end - 0.4)[1]);
    }
}
