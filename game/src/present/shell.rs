//! Shells in the air, and what the rest of the presentation is told about them.

mod own;

use bevy::prelude::*;
use lightyear::prelude::{Controlled, InterpolationTimeline, NetworkTimeline as _, Tick};

use crate::{
    client::shell::Foreseen,
    present::{PresentSystems, layer, paint::painted, palette, shape::Drawing},
    sim::{
        arena::Arena,
        event::{Heard, MatchEvent},
        schedule::DT,
        shell::{RANGE, SPEED, Tracer},
        tank::TankId,
    },
};

/// Metres of light behind a shell.
const STREAK: f32 = 2.4;

pub(super) fn plugin(app: &mut App) {
    app.add_message::<Blast>()
        .add_message::<Hit>()
        .init_resource::<Streak>()
        .add_systems(Update, hear)
        .add_systems(PostUpdate, (light.in_set(PresentSystems::Dress), trace.in_set(PresentSystems::Pose)))
        .add_plugins(own::plugin);
}

fn hear(
    mut heard: MessageReader<Heard>,
    own: Query<&TankId, With<Controlled>>,
    mut blasts: MessageWriter<Blast>,
) {
    for Heard(event) in heard.read() {
        if let MatchEvent::Fired { tank, muzzle, dir } = *event
            && own.iter().all(|own| *own != tank)
        {
            blasts.write(Blast { tank, muzzle, dir });
        }
    }
}

fn light(
    mut commands: Commands,
    arena: Res<Arena>,
    streak: Res<Streak>,
    dark: Query<(Entity, &Tracer), (Without<Lit>, Without<Foreseen>)>,
) {
    for (shell, tracer) in &dark {
        let reach = arena.cast(tracer.pos, tracer.dir, RANGE);
        let place = streaked(tracer.pos, tracer.dir, 0.0, reach);
        commands.entity(shell).try_insert((
            Lit { reach },
            painted(&streak.0, palette::TEXT.to_linear()),
            place,
        ));
    }
}

fn trace(timeline: Res<InterpolationTimeline>, mut shells: Query<(&Tracer, &Lit, &mut Transform)>) {
    for (tracer, lit, mut place) in &mut shells {
        let ticks = (timeline.tick() - Tick(tracer.tick)) as f32 + timeline.overstep().to_f32();
        let flown = ticks.max(0.0) * DT * SPEED;
        *place = streaked(tracer.pos, tracer.dir, flown, lit.reach);
    }
}

/// A streak that left `from` along `dir` and has `flown` so far. It grows out of its start and
/// shrinks into its end at `reach`.
fn streaked(from: Vec2, dir: Vec2, flown: f32, reach: f32) -> Transform {
    let head = flown.min(reach);
    let tail = (flown - STREAK).max(0.0).min(head);
    Transform {
        translation: (from + dir * head).extend(layer::SHELL),
        rotation: Quat::from_rotation_z(dir.to_angle()),
        scale: Vec3::new((head - tail).max(1e-3), 1.0, 1.0),
    }
}

/// A gun went off: seen, or our own.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub struct Blast {
    pub tank: TankId,
    pub muzzle: Vec2,
    pub dir: Vec2,
}

/// A shell struck. Told once a strike, by the room or ahead of it for our own.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub pos: Vec2,
    pub normal: Vec2,
    pub tank: bool,
}

/// A tracer that has its streak.
#[derive(Component)]
struct Lit {
    /// Metres to the nearest wall.
    reach: f32,
}

#[derive(Resource)]
struct Streak(Handle<Mesh>);

impl FromWorld for Streak {
    fn from_world(world: &mut World) -> Self {
        Self(world.resource_mut::<Assets<Mesh>>().add(Drawing::default().tail(0.14, Color::WHITE).mesh()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streak_grows_out_of_the_muzzle_and_ends_in_the_wall() {
        let length = |flown| streaked(Vec2::ZERO, Vec2::X, flown, 10.0).scale.x;
        assert!(length(0.0) < 0.01 && length(1.0) == 1.0 && length(8.0) == STREAK);
        assert!(length(11.0) < STREAK && length(20.0) < 0.01);
        assert_eq!(streaked(Vec2::ZERO, Vec2::X, 20.0, 10.0).translation.x, 10.0);
    }
}
