//! The reference: what a team may know, by `docs/fog.md` and the truth alone. It shares nothing with the
//! room's fog: it has walls and sight of its own, exact and a hair generous, so that it never denies what
//! the room, with its rounding, allows.

mod geometry;

use bevy::math::Vec2;
use game::{
    protocol::id::{Seat, Team},
    sim::{
        arena::Arena,
        dice::Dice,
        shell::Strike,
        sight::{Cover, sees_cloud, sees_point, sees_tank},
        tank::TankId,
    },
};

use self::geometry::{Point, SLACK, SMOKE, Wall, thickness, walls};
use super::truth::{Smoke, Tank, Truth};

const RANGE: f64 = 24.0 + SLACK;

/// From a tank's middle to each of its flanks.
const FLANK: f64 = 1.0;

/// Ticks that a tank stays known after it was seen last.
const AFTERIMAGE: u32 = 24;

/// Metres of smoke that sight gets through.
const THICK: f64 = 3.0 + SLACK;

/// Ticks that a cloud stands.
const STANDS: u32 = 480;

/// Radians by which a look passes beside what it must not touch: less than the slack makes of any gap.
const HAIR: f64 = 1e-5;

/// What one team knows.
pub struct Oracle {
    team: Team,
    walls: Vec<Wall>,
    /// Where its living tanks stood at the end of the last tick.
    eyes: Vec<Point>,
    /// The middles of all clouds that stood there.
    smoke: Vec<Point>,
    enemies: Vec<Enemy>,
    /// Enemy smoke that was seen, as it is told.
    clouds: Vec<Fact>,
}

/// Something that a team may know, told apart from everything else by its numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub what: What,
    pub numbers: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// An enemy tank, seen or seen a moment ago.
    Tank,
    /// An enemy's shell in sight.
    Shell,
    /// An enemy's cloud, once a part of it was seen.
    Cloud,
    /// An enemy's gun was seen to fire.
    Flash,
    /// A shell was seen to strike.
    Impact,
    /// An own tank was struck.
    Struck,
    /// An own shell has struck an enemy.
    Hit,
    /// Kills and deaths of a seat.
    Score,
}

struct Enemy {
    id: TankId,
    known_until: u32,
    alive: bool,
}

impl Oracle {
    pub fn new(team: Team) -> Self {
        Self {
            team,
            walls: walls(),
            eyes: Vec::new(),
            smoke: Vec::new(),
            enemies: Vec::new(),
            clouds: Vec::new(),
        }
    }

    /// What the team learns in the next tick, in an order that depends on nothing else.
    pub fn learn(&mut self, truth: &Truth) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.learn_events(truth, &mut facts);
        let own = truth.tanks.iter().filter(|tank| tank.id.team() == self.team && tank.health.alive());
        self.eyes = own.map(|tank| point(tank.hull.pos)).collect();
        let standing = |smoke: &&Smoke| (smoke.cloud.rises..smoke.cloud.rises + STANDS).contains(&truth.tick);
        self.smoke = truth.smoke.iter().filter(standing).map(|smoke| point(smoke.cloud.pos)).collect();
        let enemies = truth.smoke.iter().filter(standing).filter(|smoke| smoke.thrower.team() != self.team);
        for smoke in enemies {
            let [x, y] = bits(smoke.cloud.pos);
            let told = fact(What::Cloud, [x, y, smoke.cloud.rises]);
            if !self.clouds.contains(&told) && self.sees_cloud(point(smoke.cloud.pos)) {
                self.clouds.push(told.clone());
            }
            facts.extend(Some(told).filter(|told| self.clouds.contains(told)));
        }
        for tank in &truth.tanks {
            let [kills, deaths] = tank.tally.map(u32::from);
            facts.push(fact(What::Score, [seat(tank.id), kills, deaths]));
            if tank.id.team() != self.team && self.keep(tank, truth.tick) {
                facts.push(look(tank));
            }
        }
        facts.sort_unstable();
        facts
    }

    /// Whether the team knows where this enemy is.
    pub fn knows(&self, enemy: Seat, tick: u32) -> bool {
        self.enemies.iter().any(|known| known.id.0 == enemy && known.known_until > tick)
    }

    fn learn_events(&self, truth: &Truth, facts: &mut Vec<Fact>) {
        let enemy = |id: TankId| id.team() != self.team;
        for shot in truth.shots.iter().filter(|shot| enemy(shot.tank) && self.sees(point(shot.from))) {
            let [x, y] = bits(shot.muzzle);
            let [to_x, to_y] = bits(shot.dir);
            facts.push(fact(What::Flash, [seat(shot.tank), x, y, to_x, to_y]));
        }
        for shell in truth.shells.iter().filter(|shell| enemy(shell.shooter)) {
            if self.sees(point(shell.pos)) {
                facts.push(fact(What::Shell, [bits(shell.pos), bits(shell.dir)].concat()));
            }
        }
        for landing in &truth.landings {
            let Some(strike) = landing.strike else { continue };
            let victim = match strike {
                Strike::Tank(victim, _) => truth.tank(victim.0),
                Strike::Wall(_) => None,
            };
            if self.sees(point(landing.pos - landing.dir * 0.1)) {
                let mut numbers = [bits(landing.pos), bits(landing.dir)].concat();
                if let Some(victim) = victim {
                    numbers.push(seat(victim.id));
                    numbers.extend(bits(victim.hull.pos));
                    numbers.push(u32::from(victim.health.points));
                }
                facts.push(fact(What::Impact, numbers));
            }
            let Some(victim) = victim else { continue };
            if !enemy(victim.id) {
                let [x, y] = bits(landing.dir);
                facts.push(fact(What::Struck, [seat(victim.id), x, y]));
            } else if !enemy(landing.shooter) {
                facts.push(fact(What::Hit, [seat(landing.shooter), landing.fired]));
            }
        }
    }

    /// Whether an enemy is known in this tick. One that comes back whole stands where nobody looked for it.
    fn keep(&mut self, tank: &Tank, tick: u32) -> bool {
        let seen = self.sees_tank(point(tank.hull.pos));
        let at = self.enemies.iter().position(|enemy| enemy.id == tank.id).unwrap_or_else(|| {
            self.enemies.push(Enemy { id: tank.id, known_until: 0, alive: true });
            self.enemies.len() - 1
        });
        let enemy = &mut self.enemies[at];
        if tank.health.alive() && !enemy.alive {
            enemy.known_until = 0;
        }
        enemy.alive = tank.health.alive();
        if seen {
            enemy.known_until = tick + AFTERIMAGE;
        }
        enemy.known_until > tick
    }

    fn sees(&self, point: Point) -> bool {
        self.eyes.iter().any(|eye| self.free(*eye, point))
    }

    fn sees_tank(&self, [x, y]: Point) -> bool {
        self.eyes.iter().any(|eye| {
            let (to_x, to_y) = (x - eye[0], y - eye[1]);
            let distance = to_x.hypot(to_y).max(f64::MIN_POSITIVE);
            let (aside_x, aside_y) = (-to_y / distance * FLANK, to_x / distance * FLANK);
            [[x, y], [x + aside_x, y + aside_y], [x - aside_x, y - aside_y]]
                .into_iter()
                .any(|point| self.free(*eye, point))
        })
    }

    fn free(&self, from: Point, to: Point) -> bool {
        let near = (to[0] - from[0]).hypot(to[1] - from[1]) <= RANGE;
        near && !self.walls.iter().any(|wall| wall.cuts(from, to))
            && !self.smoke.iter().any(|middle| thickness(*middle, from, to) > THICK)
    }

    /// Whether a look gets past the walls to some place on a cloud's rim, be it close by a wall. Smoke does
    /// not hide smoke.
    fn sees_cloud(&self, middle: Point) -> bool {
        let radius = SMOKE + SLACK;
        self.eyes.iter().any(|eye| {
            let to = [middle[0] - eye[0], middle[1] - eye[1]];
            let distance = to[0].hypot(to[1]);
            if distance <= radius {
                return true;
            }
            let near: Vec<&Wall> =
                self.walls.iter().filter(|wall| wall.reaches_between(*eye, middle, radius)).collect();
            let ahead = to[1].atan2(to[0]);
            let widest = (radius / distance).asin();
            let marks = near.iter().flat_map(|wall| wall.marks(middle, radius));
            let beside = marks.map(|mark| (mark[1] - eye[1]).atan2(mark[0] - eye[0]));
            let looks = [ahead, ahead - widest, ahead + widest].into_iter().chain(beside);
            looks.flat_map(|look| [look - HAIR, look + HAIR]).any(|look| {
                let (sin, cos) = look.sin_cos();
                let along = to[0] * cos + to[1] * sin;
                let half = radius.powi(2) - (to[0] * sin - to[1] * cos).powi(2);
                let rim = along - half.max(0.0).sqrt();
                let at = [eye[0] + cos * rim, eye[1] + sin * rim];
                half >= 0.0 && (0.0..=RANGE).contains(&rim) && !near.iter().any(|wall| wall.cuts(*eye, at))
            })
        })
    }
}

/// An enemy as it looks: all of it but when its gun can fire again.
fn look(tank: &Tank) -> Fact {
    let [x, y] = bits(tank.hull.pos);
    fact(
        What::Tank,
        [
            seat(tank.id),
            x,
            y,
            tank.hull.heading.to_bits(),
            tank.hull.speed.to_bits(),
            tank.turret.heading.to_bits(),
            u32::from(tank.health.points),
            tank.health.back_at,
        ],
    )
}

fn fact(what: What, numbers: impl Into<Vec<u32>>) -> Fact {
    Fact { what, numbers: numbers.into() }
}

fn seat(tank: TankId) -> u32 {
    tank.0.index().into()
}

fn point(at: Vec2) -> Point {
    [at.x.into(), at.y.into()]
}

fn bits(at: Vec2) -> [u32; 2] {
    [at.x.to_bits(), at.y.to_bits()]
}

/// The room may be the stricter one, by a hair.
#[test]
fn reference_sees_whatever_the_room_sees_and_hardly_more() {
    let (arena, mut dice) = (Arena::default(), Dice::new(3, 0));
    let mut place = || arena.size() / 2.0 * (Vec2::ONE + Vec2::new(dice.spread(), dice.spread()));
    let mut oracle = Oracle::new(Team::Amber);
    let mut more = 0;
    for _ in 0..20_000 {
        let (eye, at, middle) = (place(), place(), place());
        let (column, row) = arena.cell_at(eye);
        if arena.solid(column, row) {
            continue;
        }
        (oracle.eyes, oracle.smoke) = (vec![point(eye)], vec![point(middle)]);
        let smoke = [middle];
        let cover = Cover { arena: &arena, smoke: &smoke };
        let (here, there) = (oracle.sees(point(at)), oracle.sees_tank(point(at)));
        assert!(here || !sees_point(cover, eye, at), "the room sees {at} from {eye} past {middle}");
        assert!(there || !sees_tank(cover, eye, at), "the room sees a tank at {at} from {eye} past {middle}");
        more += u32::from(here && !sees_point(cover, eye, at));
    }
    assert!(more < 40, "{more} of 20,000 places are seen by the reference alone");
}

/// Where two walls touch with their corners only, the reference sees through.
#[test]
fn reference_sees_every_cloud_that_the_room_sees_and_hardly_more() {
    let (arena, mut dice) = (Arena::default(), Dice::new(4, 0));
    let mut place = || arena.size() / 2.0 * (Vec2::ONE + Vec2::new(dice.spread(), dice.spread()));
    let mut oracle = Oracle::new(Team::Amber);
    let (mut seen, mut more) = (0, 0);
    for _ in 0..4_000 {
        let (eye, middle) = (place(), place());
        let (column, row) = arena.cell_at(eye);
        if arena.solid(column, row) {
            continue;
        }
        oracle.eyes = vec![point(eye)];
        let (here, there) = (oracle.sees_cloud(point(middle)), sees_cloud(&arena, eye, middle));
        assert!(here || !there, "the room sees a cloud around {middle} from {eye}");
        seen += u32::from(there);
        more += u32::from(here && !there);
    }
    assert!(more * 20 < seen, "{more} clouds are seen by the reference alone, {seen} by both");
}
