//! Shells: how they fly and what they strike.

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::sim::{
    arena::Arena,
    schedule::DT,
    tank::{RADIUS, TankId},
};

/// Metres per second.
pub const SPEED: f32 = 38.0;

/// Metres after which a shell falls to the ground.
pub const RANGE: f32 = 45.0;

/// Health that a hit takes.
pub const DAMAGE: u8 = 34;

/// A shell as one team sees it: where it was at a tick and where it goes. Straight, so this is all.
#[derive(Component, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracer {
    pub tick: u32,
    pub pos: Vec2,
    /// Unit vector.
    pub dir: Vec2,
    /// Who fired it; only the shooter's own team is told.
    pub shooter: Option<TankId>,
}

impl Tracer {
    /// Where the shell is at a tick and a part of it.
    pub fn at(&self, tick: f32) -> Vec2 {
        self.pos + self.dir * SPEED * (tick - self.tick as f32) * DT
    }
}

/// What a shell strikes in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strike {
    Wall(Vec2),
    Tank(TankId, Vec2),
}

/// Moves a shell from `from` along unit vector `dir` by `length` metres. `tanks` are all that it can
/// strike, in any order; the nearest counts.
pub fn sweep(
    arena: &Arena,
    from: Vec2,
    dir: Vec2,
    length: f32,
    tanks: impl Iterator<Item = (TankId, Vec2)>,
) -> Option<Strike> {
    let wall = arena.cast(from, dir, length);
    let nearest = tanks
        .filter_map(|(id, centre)| Some((circle(from, dir, centre)?, id)))
        .filter(|(distance, _)| *distance <= wall)
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    match nearest {
        Some((distance, id)) => Some(Strike::Tank(id, from + dir * distance)),
        None if wall < length => Some(Strike::Wall(from + dir * wall)),
        None => None,
    }
}

/// Distance along the ray at which it enters a tank's circle.
fn circle(from: Vec2, dir: Vec2, centre: Vec2) -> Option<f32> {
    let to = centre - from;
    let along = to.dot(dir);
    let aside = to.length_squared() - along * along;
    let reach = RADIUS * RADIUS - aside;
    let enter = along - libm::sqrtf(reach.max(0.0));
    (reach >= 0.0 && along + RADIUS >= 0.0)
        .then_some(enter.max(0.0))
        .filter(|_| along >= 0.0 || to.length_squared() < RADIUS * RADIUS)
}

#[cfg(test)]
mod tests {
    use protocol::id::Seat;

    use super::*;

    fn id(seat: u8) -> TankId {
        TankId(Seat::try_from(seat).expect("seat should exist"))
    }

    #[test]
    fn nearest_tank_in_the_way_is_struck() {
        let arena = Arena::default();
        let (from, _) = arena.spawn(id(0).0);
        let tanks = [(id(1), from + Vec2::X * 6.0), (id(3), from + Vec2::X * 4.0)];
        let strike = sweep(&arena, from, Vec2::X, 8.0, tanks.into_iter());
        assert!(matches!(strike, Some(Strike::Tank(tank, _)) if tank == id(3)), "{strike:?}");
    }

    #[test]
    fn tank_behind_the_shell_is_not_struck() {
        let arena = Arena::default();
        let (from, _) = arena.spawn(id(0).0);
        let tanks = [(id(1), from - Vec2::X * 2.0)];
        assert_eq!(sweep(&arena, from, Vec2::X, 3.0, tanks.into_iter()), None);
    }

    #[test]
    fn wall_saves_the_tank_behind_it() {
        let arena = Arena::default();
        let from = Vec2::new(5.0, 20.0);
        let tanks = [(id(1), Vec2::new(-3.0, 20.0))];
        let strike = sweep(&arena, from, Vec2::NEG_X, 20.0, tanks.into_iter());
        assert!(matches!(strike, Some(Strike::Wall(_))), "{strike:?}");
    }
}
