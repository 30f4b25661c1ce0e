//! What of the ground never changes, as a texture: how far the walls are, and how worn the floor is.

use bevy::prelude::*;

use crate::sim::arena::{Arena, CELL};

pub const PER_METRE: f32 = 4.0;

/// Metres of distance that a texel can tell on either side of a wall's face.
pub const DEPTH: f32 = CELL;

/// Two bytes a texel, bottom row first: distance to the nearest wall (0 deep inside one, 255 far
/// from any), wear (0 to 255).
pub fn texels(arena: &Arena) -> Vec<u8> {
    let size = (arena.size() * PER_METRE).as_uvec2();
    (0..size.y)
        .flat_map(|row| (0..size.x).map(move |column| (column, row)))
        .flat_map(|(column, row)| {
            let at = (Vec2::new(column as f32, row as f32) + 0.5) / PER_METRE;
            let distance = distance_to_wall(arena, at) / DEPTH * 0.5 + 0.5;
            let wear = 0.6 * noise(at / 3.1) + 0.4 * noise(at / 0.9 + 7.0);
            [distance, wear].map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8)
        })
        .collect()
}

/// Metres to the nearest face of a wall, at most [`DEPTH`]; negative inside the wall.
fn distance_to_wall(arena: &Arena, at: Vec2) -> f32 {
    let (column, row) = arena.cell_at(at);
    let inside = arena.solid(column, row);
    let distance = (-1..=1)
        .flat_map(|down| (-1..=1).map(move |aside| (column + aside, row + down)))
        .filter(|(column, row)| arena.solid(*column, *row) != inside)
        .map(|(column, row)| {
            let corner = Vec2::new(column as f32, row as f32) * CELL;
            at.distance(at.clamp(corner, corner + CELL))
        })
        .fold(DEPTH, f32::min);
    if inside { -distance } else { distance }
}

/// Smooth noise, 0 to 1, one bump a unit.
fn noise(at: Vec2) -> f32 {
    let corner = at.floor();
    let part = at - corner;
    let part = part * part * (3.0 - 2.0 * part);
    let value = |x: f32, y: f32| hash((corner.x + x) as i32, (corner.y + y) as i32);
    let bottom = value(0.0, 0.0).lerp(value(1.0, 0.0), part.x);
    let top = value(0.0, 1.0).lerp(value(1.0, 1.0), part.x);
    bottom.lerp(top, part.y)
}

fn hash(x: i32, y: i32) -> f32 {
    let mut bits = (x as u32).wrapping_mul(0x9E37_79B9) ^ (y as u32).wrapping_mul(0x85EB_CA6B);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
    (bits >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_zero_at_the_face_of_a_wall_and_grows_both_ways() {
        let arena = Arena::default();
        for (x, expected) in [(1.5, -0.5), (2.0, 0.0), (2.5, 0.5), (3.75, 1.75), (5.5, DEPTH)] {
            let distance = distance_to_wall(&arena, Vec2::new(x, 21.0));
            assert!((distance - expected).abs() < 1e-4, "{distance} m at x = {x}");
        }
    }

    #[test]
    fn wear_stays_in_range_and_varies() {
        let values: Vec<f32> =
            (0..400).map(|at| noise(Vec2::new(at as f32 * 0.37, at as f32 * 0.11))).collect();
        assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(values.iter().any(|value| *value < 0.25) && values.iter().any(|value| *value > 0.75));
    }
}
