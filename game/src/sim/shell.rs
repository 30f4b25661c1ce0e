//! Shells: how they fly and what they strike.

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::sim::{
    arena::Arena,
    gun::Shot,
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

/// A shell on its way, as only the room knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flight {
    pub shooter: TankId,
    pub pos: Vec2,
    /// Unit vector.
    pub dir: Vec2,
    /// Metres it can still fly.
    left: f32,
}

impl Flight {
    /// It begins in the middle of the tank, so that no wall is between it and the barrel, and has its whole
    /// range from the end of the barrel on.
    pub fn of(shot: &Shot, arena: &Arena) -> Self {
        let Shot { tank, from, muzzle, dir, .. } = *shot;
        Self { shooter: tank, pos: from, dir, left: RANGE + arena.cast(from, dir, from.distance(muzzle)) }
    }

    /// Flies for one tick; `tanks` are all that live. What it strikes is its end.
    pub fn step(&mut self, arena: &Arena, tanks: impl Iterator<Item = (TankId, Vec2)>) -> Option<Strike> {
        let length = (SPEED * DT).min(self.left);
        let shooter = self.shooter;
        let strike = sweep(arena, self.pos, self.dir, length, tanks.filter(|(id, _)| *id != shooter));
        self.pos += self.dir * length;
        self.left = if strike.is_some() { 0.0 } else { self.left - length };
        strike
    }

    pub fn over(&self) -> bool {
        self.left <= 0.0
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
    use crate::sim::gun::BARREL;

    fn id(seat: u8) -> TankId {
        TankId(Seat::try_from(seat).expect("seat should exist"))
    }

    #[test]
    fn shell_has_its_range_from_the_end_of_the_barrel_on_and_spares_its_own_tank() {
        let arena = Arena::default();
        let from = Vec2::new(5.0, 37.0);
        let shot = Shot { tank: id(0), tick: 0, from, muzzle: from + Vec2::X * BARREL, dir: Vec2::X };
        let mut flight = Flight::of(&shot, &arena);
        while !flight.over() {
            assert_eq!(flight.step(&arena, [(id(0), from)].into_iter()), None);
        }
        assert!((flight.pos.x - (from.x + BARREL + RANGE)).abs() < 1e-3, "it fell at {}", flight.pos);
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
