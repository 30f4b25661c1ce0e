//! Smoke: grenades that are thrown, and the clouds that they become.

use bevy::prelude::*;
use lightyear::prelude::{LocalTimeline, input::native::ActionState};
use serde::{Deserialize, Serialize};

use crate::sim::{
    arena::Arena,
    input::TankInput,
    schedule::{DT, TickSystems, ticks},
    tank::{Health, Hull, RADIUS as RADIUS_OF_TANK, SPEED, Stirred, TankId, Turret, direction},
};

/// Metres from the middle of a cloud to its rim.
pub const RADIUS: f32 = 4.0;

/// Metres of smoke that sight gets through: whom one is about to touch, one sees. A push by somebody unseen
/// would tell where that tank is.
pub const DEPTH: f32 = 3.0;
const _: () = assert!(DEPTH > 2.0 * RADIUS_OF_TANK + 2.0 * SPEED * DT);

/// Metres from the tank to where its grenade lies, if no wall is nearer.
pub const THROW: f32 = 8.0;

/// Ticks from the throw to the cloud.
pub const FUSE: u32 = ticks(0.8);

/// Ticks that a cloud stands.
pub const STANDS: u32 = ticks(8.0);

/// Ticks between two throws of one tank, whatever becomes of it meanwhile.
pub const RECHARGE: u32 = ticks(20.0);

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, throw.in_set(TickSystems::Fire)).add_message::<Throw>();
}

fn throw(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    mut tanks: Query<(&TankId, &ActionState<TankInput>, &Hull, &Turret, &Health, &Stirred, &mut Launcher)>,
    mut throws: MessageWriter<Throw>,
) {
    let tick = timeline.tick().0;
    let mut thrown = Vec::new();
    for (id, input, hull, turret, health, stirred, mut launcher) in &mut tanks {
        let able = health.alive() && stirred.at(tick);
        let (next, goes) = launcher.after(input.0.smoke, able, tick);
        launcher.set_if_neq(next);
        if goes {
            let dir = direction(turret.heading);
            let to = hull.pos + dir * arena.cast(hull.pos, dir, THROW);
            thrown.push(Throw { tank: *id, tick, from: hull.pos, to });
        }
    }
    thrown.sort_unstable_by_key(|throw| throw.tank);
    throws.write_batch(thrown);
}

/// Where a ray from `from` in unit direction `dir` enters and leaves a cloud around `middle`, in metres. It
/// misses a cloud that it does not enter before it leaves it.
pub fn span(middle: Vec2, from: Vec2, dir: Vec2) -> [f32; 2] {
    let to = middle - from;
    let (along, aside) = (to.dot(dir), to.perp_dot(dir));
    let half = libm::sqrtf((RADIUS * RADIUS - aside * aside).max(0.0));
    [(along - half).max(0.0), along + half]
}

/// Where a cloud ends a look from `from` in unit direction `dir`, in metres; infinite if the look passes by,
/// or through so little smoke that it goes on behind it.
pub fn reach(middle: Vec2, from: Vec2, dir: Vec2) -> f32 {
    let [enter, leave] = span(middle, from, dir);
    if leave - enter > DEPTH { enter + DEPTH } else { f32::INFINITY }
}

/// When the tank can throw again, as a tick.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launcher {
    pub ready_at: u32,
    /// The button was down in the last tick: one press is one throw, however long it lasts.
    held: bool,
}

impl Launcher {
    /// After one more tick, and whether it throws in it.
    fn after(self, pressed: bool, able: bool, tick: u32) -> (Self, bool) {
        let throws = pressed && !self.held && able && self.ready_at <= tick;
        let ready_at = if throws { tick + RECHARGE } else { self.ready_at };
        (Self { ready_at, held: pressed }, throws)
    }
}

/// A grenade was thrown in this tick. On a client only its own tank throws, and again when the tick is
/// replayed.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub struct Throw {
    pub tank: TankId,
    pub tick: u32,
    /// Centre of the tank.
    pub from: Vec2,
    /// Where it lies, and the middle of its cloud.
    pub to: Vec2,
}

/// A cloud as one team is told of it.
#[derive(Component, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    /// Its middle.
    pub pos: Vec2,
    /// The first tick in which it stands; it may be still to come.
    pub rises: u32,
}

impl Cloud {
    pub fn stands(self, tick: u32) -> bool {
        self.rises <= tick && !self.over(tick)
    }

    pub fn over(self, tick: u32) -> bool {
        tick >= self.rises + STANDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_press_is_one_throw_and_the_charge_comes_back() {
        let mut launcher = Launcher::default();
        let mut thrown = Vec::new();
        for tick in 10..10 + 3 * RECHARGE {
            let released = tick == 10 + RECHARGE + 50;
            let (next, throws) = launcher.after(!released, true, tick);
            thrown.extend(throws.then_some(tick));
            launcher = next;
        }
        assert_eq!(thrown, [10, 10 + RECHARGE + 51]);
    }

    #[test]
    fn press_before_its_time_or_by_a_wreck_throws_nothing() {
        let (launcher, throws) = Launcher { ready_at: 100, held: false }.after(true, true, 99);
        assert!(!throws && !launcher.after(true, true, 100).1, "the button has to come up first");
        assert!(!Launcher::default().after(true, false, 5).1);
    }

    #[test]
    fn look_ends_three_metres_deep_in_smoke_wherever_it_comes_from() {
        let middle = Vec2::new(20.0, 20.0);
        assert_eq!(reach(middle, Vec2::new(10.0, 20.0), Vec2::X), 6.0 + DEPTH);
        assert_eq!(reach(middle, middle, Vec2::X), DEPTH);
        assert_eq!(reach(middle, Vec2::new(23.0, 20.0), Vec2::X), f32::INFINITY, "a metre from the rim");
        assert_eq!(reach(middle, Vec2::new(10.0, 20.0), Vec2::NEG_X), f32::INFINITY);
        assert_eq!(reach(middle, Vec2::new(10.0, 23.9), Vec2::X), f32::INFINITY, "it only grazes the rim");
    }

    #[test]
    fn cloud_stands_for_its_time() {
        let cloud = Cloud { pos: Vec2::ZERO, rises: 100 };
        assert!(!cloud.stands(99) && cloud.stands(100) && cloud.stands(99 + STANDS));
        assert!(!cloud.stands(100 + STANDS) && cloud.over(100 + STANDS));
    }
}
