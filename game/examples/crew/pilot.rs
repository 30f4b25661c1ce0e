//! What a scripted player does: drives into walls and into others and shoots whom it sees, then all keep apart
//! for a while, so that nobody has anybody else to blame for a correction; and now and then it turns the gun on
//! the beat of the clock, so that others can time when they see it.

use std::{sync::Arc, time::Duration};

use bevy::prelude::*;
use game::{
    client::{Controls, shell::OwnShell},
    protocol::{id::MatchId, ticket::Ticket},
    sim::{
        dice::Dice,
        tank::{Health, Hull, Stirred, TankId, wrap},
    },
};
use lightyear::prelude::{Controlled, LocalTimeline};

use crate::board::{Board, Phase};

/// A gun is turned on the beat once in this time.
const BEAT: Duration = Duration::from_secs(5);

/// For so long before, it is held still, so that all who see the tank see it still. Whoever cannot do that
/// in time leaves the beat out.
const STILL: Duration = Duration::from_millis(2_200);
const IN_TIME: Duration = Duration::from_millis(100);

/// How far it is turned, in radians, and for how long it stays there.
const TURN: f32 = 1.5;
const STAYS: Duration = Duration::from_millis(600);

/// Of each round, all keep apart in the second half, and out of each other's way by so many metres.
const ROUND: Duration = Duration::from_secs(20);
const APART: f32 = 10.0;

pub fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, steer).add_systems(Last, tell_shots);
}

fn steer(
    timeline: Res<LocalTimeline>,
    own: Query<(&TankId, &Hull, &Health, &Stirred), With<Controlled>>,
    others: Query<(&TankId, &Hull, &Health), Without<Controlled>>,
    mut pilot: ResMut<Pilot>,
    mut controls: ResMut<Controls>,
) {
    let (phase, played) = pilot.board.phase();
    let Some((id, hull, health, stirred)) = own.iter().next() else { return };
    let who = (pilot.match_id, *id);
    if phase == Phase::Gathering && stirred.at(timeline.tick().0) {
        pilot.board.is_ready(who);
    }
    if phase != Phase::Playing {
        *controls = Controls { aim: controls.aim, ..default() };
        return;
    }
    let seen = others.iter().filter(|(.., health)| health.alive());
    let seen: Vec<(TankId, Vec2)> = seen.map(|(id, hull, _)| (*id, hull.pos)).collect();
    let enemies = seen.iter().filter(|(other, _)| other.team() != id.team());
    let target = nearest(hull.pos, enemies).filter(|_| !is_apart(played));
    let wish = target.map_or(hull.heading, |enemy| (enemy - hull.pos).to_angle());
    let (drive, turn) = pilot.course(played, *hull, nearest(hull.pos, seen.iter()));
    let (aim, on_the_beat) = pilot.aim(played, wish, controls.aim, health.alive());
    if on_the_beat {
        pilot.board.turns(who);
    }
    *controls = Controls { drive, turn, aim, fire: true, smoke: false };
}

fn is_apart(played: Duration) -> bool {
    played.as_millis() % ROUND.as_millis() >= ROUND.as_millis() / 2
}

/// Away from the nearest tank, and in circles while there is none near.
fn apart(hull: Hull, nearest: Option<Vec2>) -> (f32, f32) {
    let near = nearest.filter(|other| other.distance(hull.pos) < APART);
    near.map_or((1.0, 0.3), |other| (1.0, steering(hull, hull.pos - other)))
}

/// Towards this direction.
fn steering(hull: Hull, direction: Vec2) -> f32 {
    (2.0 * wrap(direction.to_angle() - hull.heading)).clamp(-1.0, 1.0)
}

fn nearest<'a>(to: Vec2, tanks: impl Iterator<Item = &'a (TankId, Vec2)>) -> Option<Vec2> {
    let distance = |place: &Vec2| place.distance_squared(to);
    tanks.map(|(_, place)| *place).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn tell_shots(fired: Query<&OwnShell, Added<OwnShell>>, pilot: Res<Pilot>) {
    for shell in fired.iter().filter(|shell| shell.start.is_some()) {
        pilot.board.fires((pilot.match_id, shell.tank));
    }
}

#[derive(Resource)]
pub struct Pilot {
    board: Arc<Board>,
    match_id: MatchId,
    dice: Dice,
    errand: Errand,
    /// When it is over, from the beginning of play; so for the other times.
    until: Duration,
    gun: Gun,
    /// When the gun is next turned on the beat.
    beat: Duration,
}

#[derive(Clone, Copy)]
enum Errand {
    /// Full ahead, until a wall stops it and longer.
    Wall,
    /// Into the nearest tank.
    Ram,
    /// Away from where it is stuck.
    Back,
}

#[derive(Clone, Copy)]
enum Gun {
    Free,
    /// At this angle, until the beat or until the tank dies.
    Still(f32),
    /// At this angle until then.
    Turned(f32, Duration),
}

impl Pilot {
    pub fn new(ticket: &Ticket, board: Arc<Board>, seed: u64) -> Self {
        let seat = ticket.seat.index();
        Self {
            board,
            match_id: ticket.match_id,
            dice: Dice::new(seed, u64::from(seat)),
            errand: Errand::Wall,
            until: Duration::ZERO,
            gun: Gun::Free,
            beat: BEAT + Duration::from_millis(700) * u32::from(seat),
        }
    }

    /// Throttle and steering.
    fn course(&mut self, played: Duration, hull: Hull, nearest: Option<Vec2>) -> (f32, f32) {
        if played >= self.until {
            self.errand = match self.dice.below(4) {
                0 => Errand::Wall,
                1 => Errand::Back,
                _ => Errand::Ram,
            };
            self.until = played + Duration::from_millis(1_000 + self.dice.below(1_500) as u64);
        }
        match (self.errand, nearest) {
            _ if is_apart(played) => apart(hull, nearest),
            (Errand::Back, _) => (-1.0, 0.6),
            (Errand::Ram, Some(target)) => (1.0, steering(hull, target - hull.pos)),
            (Errand::Ram | Errand::Wall, _) => (1.0, 0.0),
        }
    }

    /// Where the gun should point, and whether it turns on the beat just now.
    fn aim(&mut self, played: Duration, wish: f32, before: f32, alive: bool) -> (f32, bool) {
        let due = played >= self.beat;
        if due {
            self.beat = played + BEAT;
        }
        let left = self.beat - played;
        match self.gun {
            Gun::Free if alive && left <= STILL && left + IN_TIME > STILL => {
                self.gun = Gun::Still(before);
                (before, false)
            }
            Gun::Still(_) if !alive => {
                self.gun = Gun::Free;
                (wish, false)
            }
            Gun::Still(angle) if due => {
                let angle = wrap(angle + TURN);
                self.gun = Gun::Turned(angle, played + STAYS);
                (angle, true)
            }
            Gun::Still(angle) => (angle, false),
            Gun::Turned(angle, until) if played < until => (angle, false),
            Gun::Free | Gun::Turned(..) => {
                self.gun = Gun::Free;
                (wish, false)
            }
        }
    }
}
