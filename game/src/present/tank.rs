//! Tanks: hull, tracks that run, turret, barrel that recoils.

mod silhouette;

use bevy::{mesh::MeshTag, prelude::*};
use lightyear::prelude::Controlled;

use crate::{
    present::{
        PresentSystems, layer,
        motion::eased,
        paint::{painted, tag},
        shell::Blast,
    },
    sim::tank::{FULL_HEALTH, Health, Hull, TankId, Turret, direction, wrap},
};

pub use silhouette::{CLEAT, Silhouettes, TRACK};

/// Metres that the barrel jumps back.
const RECOIL: f32 = 0.4;
const RECOIL_HALF_LIFE: f32 = 0.07;

/// A tank that moves farther in a frame has come back from the dead.
const LEAP: f32 = 2.0;

/// A tank's health comes back a moment before its place: it is shown as a wreck until it is so many metres
/// from there, or so many seconds have passed, since it may return where it was destroyed.
const RISEN: f32 = 1.0;
const RISES: f32 = 1.0;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Silhouettes>().add_systems(
        PostUpdate,
        (
            dress.in_set(PresentSystems::Dress),
            (recoil, pose, tread, stain).chain().in_set(PresentSystems::Pose),
        ),
    );
}

fn dress(
    mut commands: Commands,
    shapes: Res<Silhouettes>,
    bare: Query<(Entity, &TankId, &Hull), (With<Turret>, Without<Body>)>,
) {
    for (tank, id, hull) in &bare {
        let team = id.team().index();
        let place = Transform::from_translation(hull.pos.extend(layer::TANK));
        commands.entity(tank).try_insert((place, Visibility::default()));

        let mut part = |mesh: &Handle<Mesh>, at: Vec3, parent: Entity| {
            let paint = painted(mesh, LinearRgba::WHITE);
            commands.spawn((paint, Transform::from_translation(at), ChildOf(parent))).id()
        };
        let ring = part(&shapes.ring, Vec3::Z * layer::RING, tank);
        let chassis = part(&shapes.hulls[team], Vec3::Z * layer::HULL, tank);
        let cleats =
            [TRACK, -TRACK].map(|side| part(&shapes.cleats, Vec3::new(0.0, side, layer::CLEATS), chassis));
        let turret = part(&shapes.turrets[team], Vec3::Z * layer::TURRET, tank);
        let barrel = part(&shapes.barrel, Vec3::Z * layer::BARREL, turret);
        let body = Body {
            ring,
            chassis,
            cleats,
            turret,
            barrel,
            recoil: 0.0,
            travel: [0.0; 2],
            last: *hull,
            grave: None,
        };
        commands.entity(tank).try_insert(body);
    }
}

fn recoil(time: Res<Time>, mut blasts: MessageReader<Blast>, mut tanks: Query<(&TankId, &mut Body)>) {
    let left = 1.0 - eased(time.delta_secs(), RECOIL_HALF_LIFE);
    for (_, mut body) in &mut tanks {
        body.recoil *= left;
    }
    for blast in blasts.read() {
        for (_, mut body) in tanks.iter_mut().filter(|(id, _)| **id == blast.tank) {
            body.recoil = 1.0;
        }
    }
}

fn pose(
    mut tanks: Query<(&Hull, &Turret, Has<Controlled>, &Body, &mut Transform)>,
    mut parts: Query<(&mut Transform, &mut Visibility), Without<Body>>,
) {
    for (hull, turret, own, body, mut place) in &mut tanks {
        place.translation = hull.pos.extend(layer::TANK);
        if let Ok((_, mut shown)) = parts.get_mut(body.ring) {
            shown.set_if_neq(if own { Visibility::Inherited } else { Visibility::Hidden });
        }
        for (part, heading) in [(body.chassis, hull.heading), (body.turret, turret.heading)] {
            if let Ok((mut place, _)) = parts.get_mut(part) {
                place.rotation = Quat::from_rotation_z(heading);
            }
        }
        if let Ok((mut place, _)) = parts.get_mut(body.barrel) {
            place.translation.x = -RECOIL * body.recoil;
        }
    }
}

fn tread(mut tanks: Query<(&Hull, &mut Body)>, mut places: Query<&mut Transform, Without<Body>>) {
    for (hull, mut body) in &mut tanks {
        let rolled = rolled(body.last, *hull);
        body.last = *hull;
        for (side, rolled) in rolled.into_iter().enumerate() {
            body.travel[side] = (body.travel[side] + rolled).rem_euclid(CLEAT);
            if let Ok(mut place) = places.get_mut(body.cleats[side]) {
                place.translation.x = -body.travel[side];
            }
        }
    }
}

fn stain(
    time: Res<Time>,
    mut tanks: Query<(&Hull, &Health, &mut Body)>,
    mut tags: Query<&mut MeshTag, Without<Body>>,
) {
    for (hull, health, mut body) in &mut tanks {
        body.grave = grave(body.grave, *hull, *health, time.delta_secs());
        let stained = tag(if body.grave.is_some() { BURNT } else { wear(*health) });
        let parts = [body.chassis, body.turret, body.barrel];
        for part in parts.into_iter().chain(body.cleats) {
            if let Ok(mut tag) = tags.get_mut(part) {
                tag.set_if_neq(stained.clone());
            }
        }
    }
}

/// What is left of a tank after another frame of `passed` seconds.
fn grave(before: Option<Grave>, hull: Hull, health: Health, passed: f32) -> Option<Grave> {
    if !health.alive() {
        return Some(Grave { pos: hull.pos, risen: 0.0 });
    }
    let grave = before.map(|grave| Grave { risen: grave.risen + passed, ..grave })?;
    (grave.pos.distance(hull.pos) < RISEN && grave.risen < RISES).then_some(grave)
}

/// Metres that the left and the right track ran between two frames.
fn rolled(before: Hull, now: Hull) -> [f32; 2] {
    let moved = now.pos - before.pos;
    if moved.length_squared() > LEAP * LEAP {
        return [0.0; 2];
    }
    let ahead = moved.dot(direction(now.heading));
    let turned = wrap(now.heading - before.heading) * TRACK;
    [ahead - turned, ahead + turned]
}

/// Colours of a tank get darker with every hit; a wreck is burnt out.
pub fn wear(health: Health) -> LinearRgba {
    if !health.alive() {
        return BURNT;
    }
    let left = f32::from(health.points) / f32::from(FULL_HEALTH);
    let light = 0.35 + 0.65 * left.min(1.0);
    LinearRgba::rgb(light, light * (0.85 + 0.15 * left.min(1.0)), light * (0.8 + 0.2 * left.min(1.0)))
}

/// Tint of a wreck.
pub const BURNT: LinearRgba = LinearRgba::rgb(0.07, 0.07, 0.08);

/// A tank that has its meshes, and which entities they are.
#[derive(Component)]
pub struct Body {
    ring: Entity,
    chassis: Entity,
    /// Left, right.
    cleats: [Entity; 2],
    turret: Entity,
    barrel: Entity,
    /// 1 at the shot, 0 at rest.
    recoil: f32,
    /// Metres that each track has run, within one cleat.
    travel: [f32; 2],
    /// Where it was in the last frame.
    last: Hull,
    /// While it is shown as a wreck.
    grave: Option<Grave>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Grave {
    pos: Vec2,
    /// Seconds since its health came back.
    risen: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_run_against_each_other_when_the_tank_turns_on_the_spot() {
        let before = Hull { pos: Vec2::ONE, heading: 3.1, speed: 0.0 };
        let [left, right] = rolled(before, Hull { heading: -3.1, ..before });
        assert!(right > 0.0 && (left + right).abs() < 1e-5, "left {left}, right {right}");
    }

    #[test]
    fn return_from_the_dead_does_not_spin_the_tracks() {
        let before = Hull { pos: Vec2::ONE, heading: 0.0, speed: 0.0 };
        assert_eq!(rolled(before, Hull { pos: Vec2::splat(30.0), ..before }), [0.0; 2]);
    }

    #[test]
    fn wreck_stays_one_until_the_tank_is_elsewhere_or_has_been_back_for_a_second() {
        let lies = Hull { pos: Vec2::ONE, ..default() };
        let wreck = Health { points: 0, back_at: 9 };
        let fallen = grave(None, lies, wreck, 0.1);
        assert_eq!(fallen, Some(Grave { pos: Vec2::ONE, risen: 0.0 }));
        let risen = grave(fallen, lies, Health::FULL, 0.1);
        assert!(risen.is_some(), "its place has not come yet");
        assert_eq!(grave(risen, Hull { pos: Vec2::splat(30.0), ..lies }, Health::FULL, 0.1), None);
        assert_eq!(grave(risen, lies, Health::FULL, RISES), None, "it has come back where it lay");
    }

    #[test]
    fn every_hit_darkens_and_a_wreck_is_darkest() {
        let light = |points| wear(Health { points, back_at: 0 }).green;
        assert!(light(100) > light(66) && light(66) > light(32) && light(32) > light(0));
    }
}
