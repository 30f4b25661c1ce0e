//! Shells: fired, flown, struck.

pub mod sky;

use std::cmp::Ordering;

use bevy::prelude::*;
use lightyear::prelude::LocalTimeline;
use protocol::id::Team;

use crate::{
    room::{
        flight::sky::{Shell, Sky},
        fog::{Eyes, Teller},
        life::{Match, RETURN, Tally},
    },
    sim::{
        arena::Arena,
        event::{MatchEvent, Verdict},
        gun::Shot,
        schedule::{DT, TickSystems},
        scoreboard::Scoreboard,
        shell::{self, Strike},
        tank::{Health, Hull, TankId},
    },
};

pub(super) fn plugin(app: &mut App) {
    app.add_message::<Landing>()
        .add_systems(FixedUpdate, (load, fly, land, sky::show).chain().in_set(TickSystems::Fly));
}

fn load(
    mut shots: MessageReader<Shot>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    mut skies: Query<&mut Sky>,
    mut teller: Teller,
) {
    for shot in shots.read() {
        let knows = |team: Team| team == shot.tank.team() || eyes.see(&arena, team, shot.from);
        teller.teams(MatchEvent::Fired { tank: shot.tank, muzzle: shot.muzzle, dir: shot.dir }, knows);
        let clear = arena.cast(shot.from, shot.dir, shot.from.distance(shot.muzzle));
        for mut sky in &mut skies {
            sky.launch(Shell::new(shot, shell::RANGE + clear));
        }
    }
}

/// All shells of a tick strike what stood there before it. They land in the order of their places:
/// another one would tell who else has fired.
fn fly(
    arena: Res<Arena>,
    tanks: Query<(&TankId, &Hull, &Health)>,
    mut skies: Query<&mut Sky>,
    mut landings: MessageWriter<Landing>,
    mut commands: Commands,
) {
    let mut landed = Vec::new();
    for mut sky in &mut skies {
        sky.shells_mut().for_each(|shell| {
            let length = (shell::SPEED * DT).min(shell.left);
            let others = tanks
                .iter()
                .filter(|(id, _, health)| **id != shell.shooter && health.alive())
                .map(|(id, hull, _)| (*id, hull.pos));
            let strike = shell::sweep(&arena, shell.pos, shell.dir, length, others);
            shell.pos += shell.dir * length;
            shell.left -= length;
            if strike.is_some() || shell.left <= 0.0 {
                shell.left = 0.0;
                landed.push(Landing::of(shell, strike));
            }
        });
        sky.clear_spent(&mut commands);
    }
    landed.sort_unstable_by(|a, b| by_place(a.pos, b.pos));
    landings.write_batch(landed);
}

/// When time is up, shells in the air still land, but nothing counts any more.
fn land(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    current: Option<Res<Match>>,
    mut landings: MessageReader<Landing>,
    mut tanks: Query<(Entity, &TankId, &Hull, &mut Health, &mut Tally)>,
    mut boards: Query<&mut Scoreboard>,
    mut teller: Teller,
) {
    let counts = current.is_some_and(|current| current.result.is_none());
    for landing in landings.read() {
        let Landing { shooter, fired, pos, dir, strike } = *landing;
        let knows = |team: Team| eyes.see(&arena, team, pos - dir * 0.1);
        if let Some(strike) = strike {
            let (normal, tank) = match strike {
                Strike::Wall(pos) => (wall_normal(&arena, pos, dir), false),
                Strike::Tank(..) => (-dir, true),
            };
            teller.teams(MatchEvent::Impact { pos, normal, tank }, knows);
        }
        let verdict = match strike {
            Some(Strike::Tank(victim, _)) if counts => {
                let tick = timeline.tick().0;
                hit(shooter, victim, dir, tick, &mut tanks, &mut boards, &mut teller, knows)
            }
            _ => Verdict::Missed,
        };
        judge(shooter, fired, verdict, &tanks, &mut teller);
    }
}

/// A shell that strikes a tank destroyed in the same tick has struck a wreck.
fn hit(
    shooter: TankId,
    victim: TankId,
    dir: Vec2,
    tick: u32,
    tanks: &mut Query<(Entity, &TankId, &Hull, &mut Health, &mut Tally)>,
    boards: &mut Query<&mut Scoreboard>,
    teller: &mut Teller,
    knows: impl Fn(Team) -> bool,
) -> Verdict {
    let friendly = shooter.team() == victim.team();
    let struck = tanks.iter_mut().find(|(_, id, _, health, _)| **id == victim && health.alive());
    let Some((struck, _, hull, mut health, mut tally)) = struck else { return Verdict::Missed };
    if !friendly {
        health.points = health.points.saturating_sub(shell::DAMAGE);
    }
    let kill = !health.alive();
    teller.driver(struck, MatchEvent::Struck { from: -dir });
    if kill {
        health.back_at = tick + RETURN;
        tally.deaths += 1;
        teller.teams(MatchEvent::Wrecked { tank: victim, pos: hull.pos }, |team| {
            team == victim.team() || knows(team)
        });
        teller.all(MatchEvent::Killed { victim, by: shooter });
        for mut board in boards.iter_mut() {
            board.score[shooter.team().index()] += 1;
        }
    }
    if let Some((.., mut tally)) = tanks.iter_mut().find(|(_, id, ..)| **id == shooter) {
        tally.kills += u16::from(kill);
    }
    match (friendly, kill && knows(shooter.team())) {
        (true, _) => Verdict::Missed,
        (false, false) => Verdict::Hit,
        (false, true) => Verdict::Killed,
    }
}

/// Whoever fired is told in the same tick, and nobody else.
fn judge(
    shooter: TankId,
    fired: u32,
    verdict: Verdict,
    tanks: &Query<(Entity, &TankId, &Hull, &mut Health, &mut Tally)>,
    teller: &mut Teller,
) {
    if let Some((tank, ..)) = tanks.iter().find(|(_, id, ..)| **id == shooter) {
        teller.driver(tank, MatchEvent::Spent { fired, verdict });
    }
}

/// The side of the wall that the shell came to: the axis along which it can step back to ground.
fn wall_normal(arena: &Arena, pos: Vec2, dir: Vec2) -> Vec2 {
    let free = |point: Vec2| {
        let (column, row) = arena.cell_at(point);
        !arena.solid(column, row)
    };
    let back_x = Vec2::new(-dir.x.signum(), 0.0);
    let back_y = Vec2::new(0.0, -dir.y.signum());
    let inside = pos + dir * 0.05;
    match (free(inside + back_x * 0.2), free(inside + back_y * 0.2)) {
        (true, false) => back_x,
        (false, true) => back_y,
        _ => -dir,
    }
}

/// An order that says nothing but where things are.
pub(in crate::room) fn by_place(a: Vec2, b: Vec2) -> Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
}

/// A shell has come to its end in this tick.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub struct Landing {
    pub shooter: TankId,
    /// The tick.
    pub fired: u32,
    pub pos: Vec2,
    /// Unit vector.
    pub dir: Vec2,
    /// `None` if it has fallen to the ground.
    pub strike: Option<Strike>,
}

impl Landing {
    fn of(shell: &Shell, strike: Option<Strike>) -> Self {
        let Shell { shooter, fired, dir, .. } = *shell;
        let pos = match strike {
            Some(Strike::Wall(pos) | Strike::Tank(_, pos)) => pos,
            None => shell.pos,
        };
        Self { shooter, fired, pos, dir, strike }
    }
}
