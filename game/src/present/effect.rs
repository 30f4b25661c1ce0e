//! Flashes, sparks and bursts: short-lived things that nothing depends on.

use bevy::{ecs::system::SystemParam, mesh::MeshTag, prelude::*};

use crate::{
    present::{
        PresentSystems, layer,
        motion::Motion,
        paint::{painted, tag},
        palette,
        shape::Drawing,
        shell::{Blast, Hit},
    },
    sim::{
        dice::Dice,
        event::{Heard, MatchEvent},
    },
};

/// Particles that may live at once. More are not born.
const MOST: usize = 256;

const SPARKS: usize = 8;
const SHARDS: usize = 14;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Forms>()
        .insert_resource(Chance(Dice::new(0, 0)))
        .add_systems(PostUpdate, (flash, spark, burst, drift).chain().in_set(PresentSystems::Pose));
}

fn flash(mut blasts: MessageReader<Blast>, motion: Res<Motion>, mut effects: Effects) {
    for blast in blasts.read() {
        for step in 0..2 {
            let velocity = blast.dir * (2.5 + step as f32) + blast.dir.perp() * effects.spread();
            effects.add(
                Form::Glow,
                blast.muzzle,
                layer::EFFECT,
                Particle {
                    velocity,
                    life: 0.5,
                    size: [0.4, 1.1],
                    tint: palette::QUIET.to_linear().with_alpha(0.2),
                    ..default()
                },
            );
        }
        if !motion.reduced {
            let light = Particle { life: 0.09, size: [1.5, 0.6], ..default() };
            effects.add(Form::Glow, blast.muzzle + blast.dir * 0.3, layer::EFFECT, light);
        }
    }
}

fn spark(mut hits: MessageReader<Hit>, motion: Res<Motion>, mut effects: Effects) {
    for hit in hits.read() {
        for _ in 0..SPARKS {
            let turn = Vec2::from_angle(effects.spread() * 1.1);
            let velocity = turn.rotate(hit.normal) * (8.0 + 5.0 * effects.spread());
            let life = 0.26 + 0.1 * effects.spread();
            effects.add(
                Form::Spark,
                hit.pos,
                layer::EFFECT,
                Particle { velocity, drag: 5.0, life, size: [0.55, 0.1], ..default() },
            );
        }
        if !motion.reduced {
            let tint = if hit.tank { palette::DANGER } else { palette::TEXT };
            let light = Particle {
                life: 0.14,
                size: [1.4, 0.5],
                tint: tint.to_linear().with_alpha(0.5),
                ..default()
            };
            effects.add(Form::Glow, hit.pos + hit.normal * 0.1, layer::EFFECT, light);
        }
    }
}

fn burst(mut heard: MessageReader<Heard>, motion: Res<Motion>, mut effects: Effects) {
    for Heard(event) in heard.read() {
        let MatchEvent::Wrecked { pos, .. } = event else { continue };
        effects.add(Form::Ring, *pos, layer::EFFECT, Particle { life: 0.45, size: [0.6, 4.2], ..default() });
        let fire = palette::DANGER.to_linear();
        effects.add(
            Form::Glow,
            *pos,
            layer::EFFECT,
            Particle { life: 0.7, size: [2.4, 1.0], tint: fire.with_alpha(0.9), ..default() },
        );
        if !motion.reduced {
            effects.add(
                Form::Glow,
                *pos,
                layer::EFFECT,
                Particle { life: 0.16, size: [3.6, 2.0], ..default() },
            );
        }
        for shard in 0..SHARDS {
            let angle = (shard as f32 + 0.4 * effects.spread()) / SHARDS as f32 * std::f32::consts::TAU;
            let velocity = Vec2::from_angle(angle) * (10.0 + 4.0 * effects.spread());
            effects.add(
                Form::Spark,
                *pos,
                layer::EFFECT,
                Particle { velocity, drag: 3.0, life: 0.6, size: [0.9, 0.2], tint: fire, ..default() },
            );
        }
    }
}

fn drift(
    mut commands: Commands,
    time: Res<Time>,
    mut particles: Query<(Entity, &mut Particle, &mut Transform, &mut MeshTag)>,
) {
    let dt = time.delta_secs();
    for (entity, mut particle, mut place, mut tint) in &mut particles {
        particle.age += dt;
        if particle.age >= particle.life {
            commands.entity(entity).despawn();
            continue;
        }
        place.translation += (particle.velocity * dt).extend(0.0);
        let slower = ops::exp(-particle.drag * dt);
        particle.velocity *= slower;
        let [size, alpha] = particle.look();
        place.scale = Vec3::new(size, size, 1.0);
        *tint = tag(particle.tint.with_alpha(particle.tint.alpha * alpha));
    }
}

/// A shape of one metre's radius or length.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Glow,
    Ring,
    Spark,
}

#[derive(Component, Clone, Copy, Debug)]
pub struct Particle {
    pub velocity: Vec2,
    /// Share of the velocity lost a second, as an exponent.
    pub drag: f32,
    /// Seconds.
    pub life: f32,
    /// At birth and at the end, in metres.
    pub size: [f32; 2],
    pub tint: LinearRgba,
    /// Seconds since birth.
    pub age: f32,
}

impl Default for Particle {
    fn default() -> Self {
        Self {
            velocity: Vec2::ZERO,
            drag: 0.0,
            life: 0.0,
            size: [1.0; 2],
            tint: palette::TEXT.to_linear(),
            age: 0.0,
        }
    }
}

impl Particle {
    /// Size in metres, and how much of the tint's alpha is left.
    fn look(&self) -> [f32; 2] {
        let part = (self.age / self.life).clamp(0.0, 1.0);
        let eased = 1.0 - (1.0 - part) * (1.0 - part);
        [self.size[0].lerp(self.size[1], eased), 1.0 - part * part]
    }
}

/// Where particles are born.
#[derive(SystemParam)]
pub struct Effects<'w, 's> {
    commands: Commands<'w, 's>,
    forms: Res<'w, Forms>,
    chance: ResMut<'w, Chance>,
    particles: Query<'w, 's, (), With<Particle>>,
}

impl Effects<'_, '_> {
    pub fn add(&mut self, form: Form, at: Vec2, layer: f32, particle: Particle) {
        if self.particles.iter().count() >= MOST {
            return;
        }
        let mesh = match form {
            Form::Glow => &self.forms.glow,
            Form::Ring => &self.forms.ring,
            Form::Spark => &self.forms.spark,
        };
        let place = Transform {
            translation: at.extend(layer),
            rotation: Quat::from_rotation_z(particle.velocity.to_angle()),
            scale: Vec3::new(particle.size[0], particle.size[0], 1.0),
        };
        self.commands.spawn((painted(mesh, particle.tint), place, particle));
    }

    /// -1 to 1, by chance.
    pub fn spread(&mut self) -> f32 {
        self.chance.0.spread()
    }
}

#[derive(Resource)]
pub struct Chance(Dice);

#[derive(Resource)]
pub struct Forms {
    glow: Handle<Mesh>,
    ring: Handle<Mesh>,
    spark: Handle<Mesh>,
}

impl FromWorld for Forms {
    fn from_world(world: &mut World) -> Self {
        let mut meshes = world.resource_mut::<Assets<Mesh>>();
        Self {
            glow: meshes.add(Drawing::default().glow(1.0, Color::WHITE).mesh()),
            ring: meshes.add(Drawing::default().ring(1.0, 0.07, Color::WHITE).mesh()),
            spark: meshes.add(Drawing::default().tail(0.09, Color::WHITE).mesh()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particle_fades_out_by_its_end() {
        let particle = Particle { life: 2.0, size: [1.0, 3.0], age: 2.0, ..default() };
        assert_eq!(particle.look(), [3.0, 0.0]);
        assert_eq!(Particle { age: 0.0, ..particle }.look(), [1.0, 1.0]);
    }
}
