//! What tanks leave in the air: dust behind running tracks, smoke and fire from damage.

use bevy::prelude::*;

use crate::{
    present::{
        PresentSystems,
        effect::{Effects, Form, Particle},
        layer, palette,
        tank::Body,
    },
    sim::tank::{FULL_HEALTH, Health, Hull, RADIUS, direction},
};

/// Metres between two puffs of dust.
const DUST_EVERY: f32 = 0.9;

/// Seconds between two puffs of smoke.
const SMOKE_EVERY: f32 = 0.22;

pub(super) fn plugin(app: &mut App) {
    app.register_required_components::<Body, Trail>()
        .add_systems(PostUpdate, (raise_dust, smoke).in_set(PresentSystems::Pose));
}

fn raise_dust(time: Res<Time>, mut effects: Effects, mut tanks: Query<(&Hull, &mut Trail)>) {
    for (hull, mut trail) in &mut tanks {
        trail.dust += hull.speed.abs() * time.delta_secs();
        if trail.dust < DUST_EVERY {
            continue;
        }
        trail.dust = 0.0;
        let ahead = direction(hull.heading) * hull.speed.signum();
        let aside = ahead.perp() * effects.spread() * 0.9;
        effects.add(
            Form::Glow,
            hull.pos - ahead * RADIUS + aside,
            layer::DUST,
            Particle {
                velocity: -ahead * 0.8,
                life: 0.7,
                size: [0.35, 1.0],
                tint: palette::QUIET.to_linear().with_alpha(0.16),
                ..default()
            },
        );
    }
}

fn smoke(time: Res<Time>, mut effects: Effects, mut tanks: Query<(&Hull, &Health, &mut Trail)>) {
    for (hull, health, mut trail) in &mut tanks {
        trail.smoke += time.delta_secs();
        if !health.alive() || health.points > FULL_HEALTH / 2 + FULL_HEALTH / 4 || trail.smoke < SMOKE_EVERY {
            continue;
        }
        trail.smoke = 0.0;
        let burning = health.points < FULL_HEALTH / 2;
        let engine = hull.pos - direction(hull.heading) * 0.7;
        let drift = Vec2::new(effects.spread(), effects.spread());
        effects.add(
            Form::Glow,
            engine + drift * 0.2,
            layer::EFFECT,
            Particle {
                velocity: drift * 0.4 + Vec2::Y * 0.5,
                life: 1.2,
                size: [0.4, 1.3],
                tint: palette::DEEP.to_linear().with_alpha(0.6),
                ..default()
            },
        );
        if burning {
            effects.add(
                Form::Glow,
                engine + drift * 0.15,
                layer::EFFECT,
                Particle {
                    velocity: drift * 0.3,
                    life: 0.35,
                    size: [0.7, 0.15],
                    tint: palette::DANGER.to_linear().with_alpha(0.9),
                    ..default()
                },
            );
        }
    }
}

#[derive(Component, Default)]
struct Trail {
    /// Metres since the last puff of dust.
    dust: f32,
    /// Seconds since the last puff of smoke.
    smoke: f32,
}
