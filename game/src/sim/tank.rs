//! Tanks: what they are and how they drive.

use bevy::{math::curve::FunctionCurve, prelude::*};
use lightyear::prelude::{ConfirmedHistory, Diffable, LocalTimeline, input::native::ActionState};
use protocol::id::{Seat, Team};
use serde::{Deserialize, Serialize};

use crate::sim::{
    arena::Arena,
    input::TankInput,
    schedule::{DT, TickSystems, ticks},
};

/// Radius of the circle that stands for a tank, in metres.
pub const RADIUS: f32 = 1.25;

/// Top speed ahead in m/s; reverse is [`REVERSE`] of it.
pub const SPEED: f32 = 9.0;
pub const REVERSE: f32 = 0.6;

/// Metres per second gained or lost in a second.
pub const ACCELERATION: f32 = 16.0;

/// Radians per second of the hull and of the turret.
pub const TURN_RATE: f32 = 2.6;
pub const TURRET_RATE: f32 = 5.0;

/// Health of a fresh tank.
pub const FULL_HEALTH: u8 = 100;

/// Ticks from wreck to return.
pub const RETURN: u32 = ticks(4.0);

/// No tank drives so far between two snapshots that arrive, in metres: one that has moved farther was put
/// there, and is not shown on the way. Nor is a correction by so much smoothed.
pub const LEAP: f32 = 6.0;

/// A tank is not expected to drive on as it did for more ticks than this.
const RECKONED: i32 = ticks(0.25) as i32;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, drive.in_set(TickSystems::Drive));
}

/// On the room every tank has an input; on a client only its own has.
fn drive(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    mut drivers: Query<(Entity, &TankId, &ActionState<TankInput>, &Health, &Stirred)>,
    mut tanks: Query<(Entity, &mut Hull, &mut Turret, &Health, Option<&ConfirmedHistory<Hull>>)>,
) {
    let tick = timeline.tick().0;
    let mut order: Vec<_> = drivers
        .iter_mut()
        .filter(|(_, _, _, health, stirred)| health.alive() && stirred.at(tick))
        .map(|(entity, id, input, ..)| (*id, entity, input.0))
        .collect();
    order.sort_unstable_by_key(|(id, ..)| *id);
    for (_, entity, input) in order {
        let others: Vec<Vec2> = tanks
            .iter()
            .filter(|(other, _, _, health, _)| *other != entity && health.alive())
            .map(|(_, hull, .., told)| match told.and_then(ConfirmedHistory::newest_present) {
                Some((since, told)) => reckoned(*told, timeline.tick() - since, &arena),
                None => hull.pos,
            })
            .collect();
        let Ok((_, mut hull, mut turret, ..)) = tanks.get_mut(entity) else { continue };
        hull.set_if_neq(step(*hull, input, &arena, &others));
        turret.set_if_neq(Turret { heading: approach(turret.heading, input.aim(), TURRET_RATE * DT) });
    }
}

/// Where a tank is by now that a client was told of so many ticks ago, if it drives on. What is shown of it is
/// older still, and nobody can push what has left that place.
fn reckoned(told: Hull, ticks: i32, arena: &Arena) -> Vec2 {
    let ticks = ticks.clamp(-RECKONED, RECKONED) as f32;
    arena.push_out(told.pos + direction(told.heading) * told.speed * DT * ticks, RADIUS)
}

/// One tick of driving: turn, speed up or slow down, move, and stay out of walls and `others`.
pub fn step(hull: Hull, input: TankInput, arena: &Arena, others: &[Vec2]) -> Hull {
    let heading = wrap(hull.heading + input.turn() * TURN_RATE * DT);
    let wanted = input.drive() * if input.drive() < 0.0 { SPEED * REVERSE } else { SPEED };
    let change = ACCELERATION * DT;
    let speed = hull.speed + (wanted - hull.speed).clamp(-change, change);
    let moved = hull.pos + direction(heading) * speed * DT;

    let mut pos = moved;
    for other in others {
        let away = pos - other;
        let distance = away.length();
        if distance > 0.0 && distance < 2.0 * RADIUS {
            pos = other + away * (2.0 * RADIUS / distance);
        }
    }
    let pos = arena.push_out(pos, RADIUS);

    let blocked = pos.distance_squared(moved) > 1e-6;
    let speed = if blocked { slide(hull.pos, pos, heading, speed) } else { speed };
    Hull { pos, heading, speed }
}

/// Speed that is left after a contact: what was really covered along the heading.
fn slide(from: Vec2, to: Vec2, heading: f32, speed: f32) -> f32 {
    let covered = (to - from).dot(direction(heading)) / DT;
    if speed >= 0.0 { covered.clamp(0.0, speed) } else { covered.clamp(speed, 0.0) }
}

/// Unit vector of a heading in radians, the same bits on every platform.
pub fn direction(heading: f32) -> Vec2 {
    Vec2::new(libm::cosf(heading), libm::sinf(heading))
}

/// The same direction, from -π to just below π: what is wrapped stays as it is when it is wrapped again.
pub fn wrap(angle: f32) -> f32 {
    let turns = angle / std::f32::consts::TAU;
    (turns - libm::floorf(turns + 0.5)) * std::f32::consts::TAU
}

/// Turns `from` toward `to` the short way by at most `most` radians.
pub fn approach(from: f32, to: f32, most: f32) -> f32 {
    wrap(from + wrap(to - from).clamp(-most, most))
}

/// Names a tank for a whole match on every machine: the index of its seat.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[component(immutable)]
pub struct TankId(pub Seat);

impl TankId {
    pub fn team(self) -> Team {
        self.0.team()
    }
}

/// Where the tank stands (metres), points (radians) and how fast it goes along that (m/s).
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hull {
    pub pos: Vec2,
    pub heading: f32,
    pub speed: f32,
}

/// Where the gun points, world angle in radians.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Turret {
    pub heading: f32,
}

/// 0 is a wreck.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub points: u8,
    /// Tick at which a wreck returns.
    pub back_at: u32,
}

impl Health {
    pub const FULL: Health = Health { points: FULL_HEALTH, back_at: 0 };

    pub fn alive(self) -> bool {
        self.points > 0
    }
}

/// The ticks in which tanks may act; none before the countdown has begun. A client knows them ahead, so
/// that its own tank starts and stops when the room's does.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stirred {
    pub from: u32,
    /// The first in which they may not any more.
    pub until: u32,
}

impl Stirred {
    pub fn at(self, tick: u32) -> bool {
        (self.from..self.until).contains(&tick)
    }
}

impl Ease for Hull {
    fn interpolating_curve_unbounded(start: Self, end: Self) -> impl Curve<Self> {
        let leaps = start.pos.distance_squared(end.pos) > LEAP * LEAP;
        FunctionCurve::new(Interval::EVERYWHERE, move |t| match (leaps, t < 1.0) {
            (true, true) => start,
            (true, false) => end,
            (false, _) => Hull {
                pos: start.pos.lerp(end.pos, t),
                heading: wrap(start.heading + wrap(end.heading - start.heading) * t),
                speed: start.speed + (end.speed - start.speed) * t,
            },
        })
    }
}

impl Ease for Turret {
    fn interpolating_curve_unbounded(start: Self, end: Self) -> impl Curve<Self> {
        FunctionCurve::new(Interval::EVERYWHERE, move |t| Turret {
            heading: wrap(start.heading + wrap(end.heading - start.heading) * t),
        })
    }
}

impl Diffable for Hull {
    fn base_value() -> Self {
        Self::default()
    }

    fn diff(&self, new: &Self) -> Self {
        Hull {
            pos: new.pos - self.pos,
            heading: wrap(new.heading - self.heading),
            speed: new.speed - self.speed,
        }
    }

    fn apply_diff(&mut self, delta: &Self) {
        self.pos += delta.pos;
        self.heading = wrap(self.heading + delta.heading);
        self.speed += delta.speed;
    }
}

impl Diffable for Turret {
    fn base_value() -> Self {
        Self::default()
    }

    fn diff(&self, new: &Self) -> Self {
        Turret { heading: wrap(new.heading - self.heading) }
    }

    fn apply_diff(&mut self, delta: &Self) {
        self.heading = wrap(self.heading + delta.heading);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spawn() -> (Arena, Hull) {
        let arena = Arena::default();
        let (pos, heading) = arena.spawn(Seat::try_from(0).expect("seat 0 should exist"));
        (arena, Hull { pos, heading, speed: 0.0 })
    }

    #[test]
    fn full_throttle_reaches_top_speed_and_no_more() {
        let (arena, mut hull) = spawn();
        for _ in 0..60 {
            hull = step(hull, TankInput::new(1.0, 0.0, 0.0, false), &arena, &[]);
            assert!(hull.speed <= SPEED);
        }
        assert_eq!(hull.speed, SPEED);
    }

    #[test]
    fn wall_stops_a_tank_that_drives_straight_at_it() {
        let (arena, mut hull) = spawn();
        hull.heading = std::f32::consts::PI;
        for _ in 0..120 {
            hull = step(hull, TankInput::new(1.0, 0.0, 0.0, false), &arena, &[]);
        }
        assert!((hull.pos.x - (crate::sim::arena::CELL + RADIUS)).abs() < 0.02, "stands at {}", hull.pos);
        assert!(hull.speed < 0.5, "still does {} m/s", hull.speed);
    }

    #[test]
    fn angle_that_is_wrapped_stays_as_it_is() {
        for eighths in -32..=32 {
            let once = wrap(eighths as f32 * std::f32::consts::FRAC_PI_8);
            assert!((-std::f32::consts::PI..std::f32::consts::PI).contains(&once), "{once}");
            assert_eq!(wrap(once), once);
        }
    }

    #[test]
    fn tanks_do_not_overlap() {
        let (arena, mut hull) = spawn();
        let other = hull.pos + Vec2::X * 4.0;
        for _ in 0..120 {
            hull = step(hull, TankInput::new(1.0, 0.0, 0.0, false), &arena, &[other]);
        }
        assert!(hull.pos.distance(other) >= 2.0 * RADIUS - 1e-3);
    }

    #[test]
    fn tank_that_was_put_elsewhere_is_not_shown_on_the_way() {
        let (_, here) = spawn();
        let shown = |there: Hull, t| Hull::interpolating_curve_unbounded(here, there).sample_unchecked(t).pos;
        let near = Hull { pos: here.pos + Vec2::X, ..here };
        assert_eq!(shown(near, 0.5), here.pos + Vec2::X * 0.5);
        let far = Hull { pos: here.pos + Vec2::X * (LEAP + 1.0), ..here };
        assert_eq!((shown(far, 0.0), shown(far, 0.9), shown(far, 1.0)), (here.pos, here.pos, far.pos));
    }

    #[test]
    fn difference_of_two_turrets_leads_from_one_to_the_other() {
        let (mut from, to) = (Turret { heading: 3.0 }, Turret { heading: -3.0 });
        let difference = from.diff(&to);
        assert!(difference.heading.abs() < 0.3, "the short way round");
        from.apply_diff(&difference);
        assert!(wrap(from.heading - to.heading).abs() < 1e-5);
    }

    #[test]
    fn turret_takes_the_short_way() {
        let next = approach(3.0, -3.0, 0.1);
        assert!(!(-3.0..=3.0).contains(&next), "went to {next}");
    }

    #[test]
    fn tank_is_reckoned_to_drive_on_for_a_quarter_of_a_second_at_most_and_not_into_walls() {
        let arena = Arena::default();
        let told = Hull { pos: Vec2::new(28.0, 28.0), heading: 0.0, speed: SPEED };
        assert!(reckoned(told, 6, &arena).distance(told.pos + Vec2::X * 0.9) < 1e-4);
        assert_eq!(reckoned(told, 600, &arena), reckoned(told, RECKONED, &arena));
        let standing = Hull { speed: 0.0, ..told };
        assert_eq!(reckoned(standing, 10, &arena), told.pos);
        let at_the_wall = Hull { pos: Vec2::new(60.75, 28.0), ..told };
        assert!(reckoned(at_the_wall, 10, &arena).distance(at_the_wall.pos) < 1e-3);
    }
}
