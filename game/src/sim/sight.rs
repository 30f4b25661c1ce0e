//! Who can see what: range and a free line against walls. The room decides with it what a client is
//! told, the client draws its darkness with it.

use bevy::prelude::*;

use crate::sim::{
    arena::Arena,
    tank::{RADIUS, direction},
};

/// How far a tank sees, in metres.
pub const RANGE: f32 = 24.0;

/// Is the point in range of `eye`, with no wall between?
pub fn sees_point(arena: &Arena, eye: Vec2, point: Vec2) -> bool {
    let to = point - eye;
    let distance = to.length();
    distance <= RANGE && (distance < 1e-3 || arena.cast(eye, to / distance, distance) >= distance)
}

/// Is any of a tank's middle and its two flanks, as `eye` sees them, in sight?
pub fn sees_tank(arena: &Arena, eye: Vec2, tank: Vec2) -> bool {
    let aside = (tank - eye).normalize_or_zero().perp() * (RADIUS * 0.8);
    [tank, tank + aside, tank - aside].into_iter().any(|point| sees_point(arena, eye, point))
}

/// How far `eye` sees in each of `N` equal directions, from heading 0 on, in metres.
pub fn horizon<const N: usize>(arena: &Arena, eye: Vec2) -> [f32; N] {
    std::array::from_fn(|ray| {
        let heading = ray as f32 / N as f32 * std::f32::consts::TAU;
        arena.cast(eye, direction(heading), RANGE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_seen_through_a_wall_or_beyond_range() {
        let arena = Arena::default();
        let eye = Vec2::new(5.0, 21.0);
        assert!(sees_point(&arena, eye, eye + Vec2::X * 3.0));
        assert!(!sees_point(&arena, eye, Vec2::new(-1.0, 21.0)));
        assert!(!sees_point(&arena, Vec2::new(5.0, 36.9), Vec2::new(5.0 + RANGE + 0.1, 36.9)));
    }

    #[test]
    fn sight_is_mutual() {
        let arena = Arena::default();
        for (a, b) in [((5.0, 5.0), (20.0, 9.0)), ((9.0, 33.0), (18.0, 30.0)), ((30.0, 20.0), (44.0, 22.0))] {
            let (a, b) = (Vec2::from(a), Vec2::from(b));
            assert_eq!(sees_point(&arena, a, b), sees_point(&arena, b, a), "{a} and {b}");
        }
    }
}
