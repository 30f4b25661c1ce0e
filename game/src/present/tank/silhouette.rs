//! The shapes of tanks, in metres, pointing along +x. Amber is a wedge, Azure is round.

use bevy::prelude::*;
use protocol::id::Team;

use crate::{
    present::{
        palette,
        shape::{Drawing, circle, rounded, shrunk},
    },
    sim::gun::BARREL,
};

/// From the middle of the tank to the middle of a track.
pub const TRACK: f32 = 0.86;

/// From cleat to cleat.
pub const CLEAT: f32 = 0.3;

const TRACK_WIDTH: f32 = 0.42;
const TRACK_REAR: f32 = -1.2;
const TRACK_FRONT: f32 = 1.08;

#[derive(Resource)]
pub struct Silhouettes {
    /// By team.
    pub hulls: [Handle<Mesh>; 2],
    pub turrets: [Handle<Mesh>; 2],
    pub barrel: Handle<Mesh>,
    pub cleats: Handle<Mesh>,
    pub ring: Handle<Mesh>,
}

impl FromWorld for Silhouettes {
    fn from_world(world: &mut World) -> Self {
        let mut meshes = world.resource_mut::<Assets<Mesh>>();
        Self {
            hulls: Team::BOTH.map(|team| meshes.add(hull(team))),
            turrets: Team::BOTH.map(|team| meshes.add(turret(team))),
            barrel: meshes.add(barrel()),
            cleats: meshes.add(cleats()),
            ring: meshes.add(Drawing::default().ring(1.62, 0.05, palette::TEXT).mesh()),
        }
    }
}

fn hull(team: Team) -> Mesh {
    let color = palette::team(team);
    let corners = match team {
        Team::Amber => vec![
            Vec2::new(-1.1, -0.74),
            Vec2::new(0.3, -0.68),
            Vec2::new(1.32, -0.1),
            Vec2::new(1.32, 0.1),
            Vec2::new(0.3, 0.68),
            Vec2::new(-1.1, 0.74),
        ],
        Team::Azure => rounded(Vec2::new(1.18, 0.74), 0.62),
    };
    let track = |side: f32| {
        let half = TRACK_WIDTH / 2.0;
        (Vec2::new(TRACK_REAR, side - half), Vec2::new(TRACK_FRONT, side + half))
    };
    let (left, right) = (track(TRACK), track(-TRACK));
    Drawing::default()
        .bar(left.0, left.1, palette::PANEL)
        .bar(right.0, right.1, palette::PANEL)
        .convex(&corners, shaded(color, 0.72))
        .convex(&shrunk(&corners, 0.86), color)
        .bar(Vec2::new(-0.9, -0.42), Vec2::new(-0.74, 0.42), shaded(color, 0.6))
        .bar(Vec2::new(-0.6, -0.42), Vec2::new(-0.5, 0.42), shaded(color, 0.45))
        .mesh()
}

fn turret(team: Team) -> Mesh {
    let color = palette::team(team);
    let corners = match team {
        Team::Amber => vec![
            Vec2::new(-0.62, -0.34),
            Vec2::new(-0.1, -0.52),
            Vec2::new(0.62, -0.2),
            Vec2::new(0.62, 0.2),
            Vec2::new(-0.1, 0.52),
            Vec2::new(-0.62, 0.34),
        ],
        Team::Azure => circle(0.56, 24),
    };
    Drawing::default()
        .convex(&corners, shaded(color, 0.85))
        .convex(&shrunk(&corners, 0.8), color.mix(&palette::TEXT, 0.3))
        .mesh()
}

fn barrel() -> Mesh {
    Drawing::default()
        .bar(Vec2::new(0.2, -0.12), Vec2::new(BARREL, 0.12), palette::DEEP)
        .bar(Vec2::new(0.2, -0.075), Vec2::new(BARREL - 0.05, 0.075), palette::QUIET)
        .bar(Vec2::new(BARREL - 0.36, -0.13), Vec2::new(BARREL - 0.04, 0.13), palette::QUIET)
        .mesh()
}

/// Cleats of one track. They start a cleat's distance ahead, since the track slides them back.
fn cleats() -> Mesh {
    let half = TRACK_WIDTH / 2.0 - 0.04;
    let count = ((TRACK_FRONT - TRACK_REAR) / CLEAT) as usize;
    (1..=count)
        .fold(Drawing::default(), |drawing, cleat| {
            let x = TRACK_REAR + cleat as f32 * CLEAT - 0.04;
            drawing.bar(Vec2::new(x, -half), Vec2::new(x + 0.08, half), palette::HAIRLINE)
        })
        .mesh()
}

/// `color` with the blackness of night mixed in: `light` is what is left of it.
fn shaded(color: Color, light: f32) -> Color {
    palette::DEEP.mix(&color, light)
}
