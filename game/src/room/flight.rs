//! Shells: fired, flown, struck.

pub mod sky;

use std::cmp::Ordering;

use bevy::{ecs::system::SystemParam, prelude::*};
use lightyear::prelude::LocalTimeline;
use protocol::id::Team;

use crate::{
    room::{
        flight::sky::{Shell, Sky},
        fog::{Eyes, Teller},
        life::{Match, Tally},
        seat::Occupant,
    },
    sim::{
        arena::Arena,
        event::{MatchEvent, Verdict},
        gun::Shot,
        schedule::TickSystems,
        scoreboard::Scoreboard,
        shell::{self, Flight, Strike},
        tank::{Health, Hull, RETURN, TankId},
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
    drivers: Query<(&TankId, &Occupant)>,
    mut skies: Query<&mut Sky>,
    mut teller: Teller,
) {
    for shot in shots.read() {
        let knows = |team: Team| team == shot.tank.team() || eyes.see(&arena, team, shot.from);
        teller.teams(MatchEvent::Fired { tank: shot.tank, muzzle: shot.muzzle, dir: shot.dir }, knows);
        let driver = drivers.iter().find(|(id, _)| **id == shot.tank);
        let link = driver.and_then(|(_, occupant)| occupant.link);
        for mut sky in &mut skies {
            sky.launch(Shell::new(shot, &arena, link));
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
            let alive = tanks.iter().filter(|(.., health)| health.alive());
            let strike = shell.flight.step(&arena, alive.map(|(id, hull, _)| (*id, hull.pos)));
            if shell.flight.over() {
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
    mut victims: Victims,
) {
    let counts = current.is_some_and(|current| current.result.is_none());
    for landing in landings.read() {
        let Landing { fired, link, pos, dir, strike, .. } = *landing;
        let knows = |team: Team| eyes.see(&arena, team, pos - dir * 0.1);
        if let Some(strike) = strike {
            let (normal, tank) = match strike {
                Strike::Wall(pos) => (wall_normal(&arena, pos, dir), false),
                Strike::Tank(..) => (-dir, true),
            };
            victims.teller.teams(MatchEvent::Impact { pos, normal, tank }, knows);
        }
        let verdict = match strike {
            Some(Strike::Tank(victim, _)) if counts => victims.hit(landing, victim, timeline.tick().0, knows),
            _ => Verdict::Missed,
        };
        // Nobody else is told, also if somebody else drives the tank by now.
        if let Some(link) = link {
            victims.teller.link(link, MatchEvent::Spent { fired, verdict });
        }
    }
}

/// Those whom shells strike, and what follows from it.
#[derive(SystemParam)]
struct Victims<'w, 's> {
    tanks: Query<'w, 's, (Entity, &'static TankId, &'static Hull, &'static mut Health, &'static mut Tally)>,
    boards: Query<'w, 's, &'static mut Scoreboard>,
    teller: Teller<'w, 's>,
}

impl Victims<'_, '_> {
    /// A shell that strikes a tank destroyed in the same tick has struck a wreck.
    fn hit(&mut self, landing: &Landing, victim: TankId, tick: u32, knows: impl Fn(Team) -> bool) -> Verdict {
        let Landing { shooter, dir, .. } = *landing;
        let Self { tanks, boards, teller } = self;
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
    /// The link that drove the tank then; `None` for a bot.
    pub link: Option<Entity>,
    pub pos: Vec2,
    /// Unit vector.
    pub dir: Vec2,
    /// `None` if it has fallen to the ground.
    pub strike: Option<Strike>,
}

impl Landing {
    fn of(shell: &Shell, strike: Option<Strike>) -> Self {
        let Shell { flight, fired, link, .. } = *shell;
        let Flight { shooter, pos, dir, .. } = flight;
        let pos = match strike {
            Some(Strike::Wall(pos) | Strike::Tank(_, pos)) => pos,
            None => pos,
        };
        Self { shooter, fired, link, pos, dir, strike }
    }
}
