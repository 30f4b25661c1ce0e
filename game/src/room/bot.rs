//! Bots: they drive, seek, shoot and hide in smoke, and know what their team sees, no more.

mod route;

use bevy::prelude::*;
use lightyear::prelude::{LocalTimeline, input::native::ActionState};
use protocol::id::{Seat, Team};

use crate::{
    room::{
        fog::{Eyes, VisibleTo},
        seat::Occupant,
    },
    sim::{
        arena::Arena,
        dice::Dice,
        input::TankInput,
        schedule::{TickSystems, ticks},
        shell,
        sight::{Cover, sees_point},
        tank::{FULL_HEALTH, Health, Hull, Stirred, TankId, Turret, direction, wrap},
    },
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<route::Crossings>().add_systems(FixedUpdate, think.in_set(TickSystems::Think));
}

/// Ticks between two looks at the way.
const REPLAN: u32 = ticks(0.5);

/// A bot that has not moved for this long backs off, for as long again.
const STUCK: u32 = ticks(0.7);

/// Radians off target at which a bot dares to shoot.
const TRIGGER: f32 = 0.07;

/// Tanks that meet pass on the right: a bot gives way to one ahead at this distance in metres.
const CLEARANCE: f32 = 4.5;

/// A bot stops closing in on its target at this distance in metres.
const STANDOFF: f32 = 9.0;

/// With so much health or less a bot thinks of hiding from whom it shoots at.
const HURT: u8 = FULL_HEALTH / 2;

/// It does so one time out of so many.
const HIDES: usize = 3;

/// Beside the numbers of seats: the streams of dice that decide about smoke.
const FEAR: u64 = 500;

fn think(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    crossings: Res<route::Crossings>,
    tanks: Query<(&TankId, &Hull, &Health, &VisibleTo)>,
    mut bots: Query<(
        &TankId,
        &Hull,
        &Turret,
        &Health,
        &Stirred,
        &Occupant,
        &mut Brain,
        &mut ActionState<TankInput>,
    )>,
) {
    let tick = timeline.tick().0;
    for (id, hull, turret, health, stirred, occupant, mut brain, mut input) in &mut bots {
        if occupant.link.is_some() {
            continue;
        }
        if !health.alive() || !stirred.at(tick) {
            input.0 = input.0.neutral();
            brain.goal = None;
            continue;
        }
        let known: Vec<(TankId, Hull)> = tanks
            .iter()
            .filter(|(other, _, health, visible)| {
                *other != id && health.alive() && visible.0 & VisibleTo::team(id.team()).0 != 0
            })
            .map(|(other, hull, ..)| (*other, *hull))
            .collect();
        let known = Known { team: id.team(), tanks: &known, cover: eyes.cover(&arena) };
        input.0 = brain.decide(tick, *hull, *turret, *health, known, &crossings);
    }
}

/// What a bot's team knows. Smoke that hides something is known, too.
#[derive(Clone, Copy)]
struct Known<'a> {
    team: Team,
    /// Those in sight, without the bot's own.
    tanks: &'a [(TankId, Hull)],
    cover: Cover<'a>,
}

impl Known<'_> {
    fn nearest_enemy(self, from: Vec2) -> Option<Hull> {
        let far = |hull: &Hull| hull.pos.distance_squared(from);
        self.tanks
            .iter()
            .filter(|(id, _)| id.team() != self.team)
            .map(|(_, hull)| *hull)
            .min_by(|a, b| far(a).total_cmp(&far(b)))
    }

    /// Does a tank stand in the way of one that drives on?
    fn block(self, hull: Hull) -> bool {
        self.tanks.iter().any(|(_, other)| {
            let to = other.pos - hull.pos;
            to.length() < CLEARANCE && to.dot(direction(hull.heading)) > to.length() * 0.5
        })
    }
}

/// What a bot remembers.
#[derive(Component, Debug)]
pub struct Brain {
    dice: Dice,
    fear: Dice,
    goal: Option<Vec2>,
    way: Vec<Vec2>,
    replan_at: u32,
    moved_at: u32,
    back_until: u32,
    /// Radians by which this bot misjudges its lead.
    error: f32,
    /// When it next thinks of hiding.
    hide_at: u32,
}

impl Brain {
    pub fn new(seed: u64, seat: Seat) -> Self {
        Self {
            dice: Dice::new(seed, u64::from(seat.index())),
            fear: Dice::new(seed, FEAR + u64::from(seat.index())),
            goal: None,
            way: Vec::new(),
            replan_at: 0,
            moved_at: 0,
            back_until: 0,
            error: 0.0,
            hide_at: 0,
        }
    }

    fn decide(
        &mut self,
        tick: u32,
        hull: Hull,
        turret: Turret,
        health: Health,
        known: Known,
        crossings: &route::Crossings,
    ) -> TankInput {
        let target = known.nearest_enemy(hull.pos);
        if let Some(target) = target {
            self.goal = Some(target.pos);
        }
        self.plan(tick, hull.pos, crossings);
        let (drive, turn) = self.steer(tick, hull, target, known.block(hull));
        let (aim, fire) = match target {
            Some(target) => {
                let point = lead(hull.pos, target);
                let aim = (point - hull.pos).to_angle() + self.error;
                let on_target = wrap(aim - turret.heading).abs() < TRIGGER;
                (aim, on_target && sees_point(known.cover, hull.pos, target.pos))
            }
            None => (hull.heading, false),
        };
        TankInput::new(drive, turn, aim, fire).throwing(fire && self.hides(tick, health))
    }

    fn hides(&mut self, tick: u32, health: Health) -> bool {
        if health.points > HURT || tick < self.hide_at {
            return false;
        }
        self.hide_at = tick + REPLAN;
        self.fear.below(HIDES) == 0
    }

    fn plan(&mut self, tick: u32, from: Vec2, crossings: &route::Crossings) {
        if self.goal.is_some_and(|goal| goal.distance(from) < 3.0) {
            self.goal = None;
        }
        if tick < self.replan_at && self.goal.is_some() {
            return;
        }
        self.replan_at = tick + REPLAN;
        self.error = self.dice.spread() * 0.05;
        let goal = *self.goal.get_or_insert_with(|| crossings.any(&mut self.dice));
        self.way = crossings.way(from, goal);
    }

    fn steer(&mut self, tick: u32, hull: Hull, target: Option<Hull>, blocked: bool) -> (f32, f32) {
        while self.way.first().is_some_and(|next| next.distance(hull.pos) < 1.6) {
            self.way.remove(0);
        }
        if tick < self.back_until {
            return (-1.0, if self.back_until.is_multiple_of(2) { 0.6 } else { -0.6 });
        }
        let close = target.is_some_and(|target| target.pos.distance(hull.pos) < STANDOFF);
        let Some(next) = self.way.first().filter(|_| !close) else {
            self.moved_at = tick;
            return (0.0, 0.0);
        };
        let off = wrap((*next - hull.pos).to_angle() - hull.heading);
        let (drive, turn) = match blocked {
            true => (0.7, -1.0),
            false => (if off.abs() < 0.9 { 1.0 } else { 0.0 }, (off * 2.5).clamp(-1.0, 1.0)),
        };
        if hull.speed.abs() > 1.0 || drive == 0.0 {
            self.moved_at = tick;
        } else if tick.saturating_sub(self.moved_at) > STUCK {
            self.back_until = tick + STUCK + self.dice.below(STUCK as usize) as u32;
            self.moved_at = self.back_until;
            self.replan_at = 0;
        }
        (drive, turn)
    }
}

/// Where to shoot so that the shell meets a target that keeps its course.
fn lead(from: Vec2, target: Hull) -> Vec2 {
    let velocity = direction(target.heading) * target.speed;
    let flight = target.pos.distance(from) / shell::SPEED;
    target.pos + velocity * flight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bot_that_is_badly_hurt_hides_and_not_every_time() {
        let mut brain = Brain::new(7, Seat::try_from(0).expect("seat 0 should exist"));
        let mut hidden = |points| {
            let looks = (0..100).map(|look| look * REPLAN);
            looks.filter(|tick| brain.hides(*tick, Health { points, back_at: 0 })).count()
        };
        assert_eq!(hidden(HURT + 1), 0);
        assert!((10..60).contains(&hidden(HURT)));
    }
}
