//! The eye over the map: what of it the screen shows.

mod spectator;

use std::mem;

use bevy::{prelude::*, window::PrimaryWindow};
use lightyear::prelude::Controlled;

use crate::{
    client::RoomLink,
    present::{
        PresentSystems,
        motion::{Motion, eased},
        shell::Blast,
    },
    sim::{
        arena::Arena,
        tank::{Health, Hull, TankId},
    },
};

pub use spectator::Watched;

/// Square metres on screen, the same on every aspect ratio: nobody sees farther with a wider screen.
pub const AREA: f32 = 48.0 * 27.0;

const HALF_LIFE: f32 = 0.08;

/// Share of the screen that the camera looks ahead when the pointer is at its border.
const AHEAD: f32 = 0.25;

/// Metres outside the map that may be on screen.
const BEYOND: f32 = 2.0;

/// A shot kicks the camera back by so many pixels.
const KICK: f32 = 2.0;
const KICK_HALF_LIFE: f32 = 0.04;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Pointer>()
        .init_resource::<Watched>()
        .add_systems(Startup, open)
        .add_systems(PreUpdate, point)
        .add_systems(Update, fit)
        .add_systems(PostUpdate, (kick, watch, follow).chain().in_set(PresentSystems::Look));
}

fn open(mut commands: Commands, arena: Res<Arena>) {
    let at = arena.size() / 2.0;
    commands.spawn((
        Eye,
        Gaze { at, kick: Vec2::ZERO },
        Camera2d,
        Msaa::Off,
        Projection::Orthographic(OrthographicProjection {
            scale: scale(Vec2::new(1280.0, 720.0)),
            ..OrthographicProjection::default_2d()
        }),
        Transform::from_translation(at.extend(0.0)),
    ));
}

fn point(
    window: Single<&Window, With<PrimaryWindow>>,
    eye: Single<(&Camera, &GlobalTransform), With<Eye>>,
    mut pointer: ResMut<Pointer>,
) {
    let (camera, transform) = *eye;
    let cursor = window.cursor_position();
    pointer.world = cursor.and_then(|cursor| camera.viewport_to_world_2d(transform, cursor).ok());
    if let Some((cursor, size)) = cursor.zip(camera.logical_viewport_size()) {
        pointer.lean = lean(cursor, size);
    }
}

fn fit(mut eye: Single<(&Camera, &mut Projection), With<Eye>>) {
    let (camera, projection) = &mut *eye;
    let Some(size) = camera.logical_viewport_size().filter(|size| size.min_element() >= 1.0) else {
        return;
    };
    let fitting = scale(size);
    if matches!(&**projection, Projection::Orthographic(view) if view.scale == fitting) {
        return;
    }
    if let Projection::Orthographic(view) = &mut **projection {
        view.scale = fitting;
    }
}

fn kick(
    mut blasts: MessageReader<Blast>,
    motion: Res<Motion>,
    own: Query<&TankId, With<Controlled>>,
    mut eye: Single<(&Projection, &mut Gaze), With<Eye>>,
) {
    let (projection, gaze) = &mut *eye;
    let Projection::Orthographic(view) = *projection else { return };
    for blast in blasts.read() {
        if !motion.reduced && own.iter().any(|id| *id == blast.tank) {
            gaze.kick = -blast.dir * KICK * view.scale;
        }
    }
}

fn watch(
    link: Res<RoomLink>,
    own: Query<&Health, With<Controlled>>,
    tanks: Query<(&TankId, &Health)>,
    mut watched: ResMut<Watched>,
) {
    let steps = mem::take(&mut watched.steps);
    let drives = own.iter().any(|health| health.alive());
    watched.tank = link.seat.filter(|_| !drives).and_then(|seat| {
        let living = tanks.iter().filter(|(_, health)| health.alive()).map(|(id, _)| *id);
        spectator::choose(seat, watched.tank, steps, living)
    });
}

fn follow(
    time: Res<Time>,
    arena: Res<Arena>,
    pointer: Res<Pointer>,
    link: Res<RoomLink>,
    watched: Res<Watched>,
    own: Query<(&Hull, &Health), With<Controlled>>,
    tanks: Query<(&TankId, &Hull)>,
    mut eye: Single<(&Projection, &mut Gaze, &mut Transform), With<Eye>>,
) {
    let (projection, gaze, transform) = &mut *eye;
    let Projection::Orthographic(view) = *projection else { return };
    let driven = own.iter().next().filter(|(_, health)| health.alive());
    let ahead = driven.map(|(hull, _)| hull.pos + pointer.lean * view.area.size() * AHEAD);
    // With nobody left to watch, one's own wreck.
    let other = watched.tank.or(link.seat.map(TankId));
    let there = || tanks.iter().find(|(id, _)| Some(**id) == other).map(|(_, hull)| hull.pos);
    let goal = match ahead.or_else(there) {
        Some(at) => within(at, view.area.size() / 2.0, arena.size()),
        None => arena.size() / 2.0,
    };
    let dt = time.delta_secs();
    gaze.at = gaze.at.lerp(goal, eased(dt, HALF_LIFE));
    transform.translation = (gaze.at + gaze.kick).extend(transform.translation.z);
    gaze.kick *= 1.0 - eased(dt, KICK_HALF_LIFE);
}

/// The place nearest to `at` from which a view reaching `half` to each side shows no more than
/// [`BEYOND`] of what lies outside the map.
fn within(at: Vec2, half: Vec2, map: Vec2) -> Vec2 {
    let low = (half - BEYOND).min(map / 2.0);
    at.clamp(low, map - low)
}

/// Metres per logical pixel on a screen of `size` pixels.
fn scale(size: Vec2) -> f32 {
    (AREA / (size.x * size.y)).sqrt()
}

/// Where on the screen the cursor is: -1 to 1 on both axes, y up.
fn lean(cursor: Vec2, size: Vec2) -> Vec2 {
    let centred = cursor / size * 2.0 - Vec2::ONE;
    Vec2::new(centred.x, -centred.y).clamp(Vec2::NEG_ONE, Vec2::ONE)
}

/// Marks the one camera of the game.
#[derive(Component)]
pub struct Eye;

#[derive(Component)]
struct Gaze {
    at: Vec2,
    /// Added to `at`, in metres.
    kick: Vec2,
}

/// What the player points at.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Pointer {
    /// On the map; none while the cursor is outside the window.
    pub world: Option<Vec2>,
    lean: Vec2,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_shows_the_same_area() {
        for size in [(1280.0, 720.0), (3440.0, 1440.0), (390.0, 844.0), (1024.0, 768.0)] {
            let shown = Vec2::from(size) * scale(Vec2::from(size));
            assert!((shown.x * shown.y - AREA).abs() < 0.1, "{size:?} shows {shown}");
        }
        let shown = Vec2::new(1920.0, 1080.0) * scale(Vec2::new(1920.0, 1080.0));
        assert!((shown - Vec2::new(48.0, 27.0)).length() < 1e-3);
    }

    #[test]
    fn pointer_at_the_top_right_leans_up_and_right() {
        let size = Vec2::new(800.0, 600.0);
        assert_eq!(lean(Vec2::new(800.0, 0.0), size), Vec2::ONE);
        assert_eq!(lean(size / 2.0, size), Vec2::ZERO);
    }
}
