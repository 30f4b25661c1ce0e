//! Shells: fired, flown, struck; and what each team sees of them.

use bevy::prelude::*;
use lightyear::prelude::{LocalTimeline, NetworkTarget, Replicate};
use protocol::id::Team;

use crate::{
    room::{
        fog::{Eyes, Teller, VisibleTo},
        life::{Match, MatchScoped, RETURN, Tally},
    },
    sim::{
        arena::Arena,
        event::MatchEvent,
        gun::Shot,
        schedule::{DT, TickSystems},
        scoreboard::Scoreboard,
        shell::{self, Strike, Tracer},
        tank::{Health, Hull, TankId},
    },
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, (load, fly, show).chain().in_set(TickSystems::Fly));
}

fn load(
    mut shots: MessageReader<Shot>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    mut teller: Teller,
    mut commands: Commands,
) {
    for shot in shots.read() {
        let knows = |team: Team| team == shot.tank.team() || eyes.see(&arena, team, shot.from);
        teller.teams(MatchEvent::Fired { tank: shot.tank, muzzle: shot.muzzle, dir: shot.dir }, knows);
        let clear = arena.cast(shot.from, shot.dir, shot.from.distance(shot.muzzle));
        commands.spawn((
            Shell {
                shooter: shot.tank,
                pos: shot.from,
                dir: shot.dir,
                left: shell::RANGE + clear,
                views: [None; 2],
            },
            MatchScoped,
        ));
    }
}

/// When time is up, shells in the air still land, but nothing counts any more.
fn fly(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    current: Option<Res<Match>>,
    mut shells: Query<(Entity, &mut Shell)>,
    mut tanks: Query<(Entity, &TankId, &Hull, &mut Health, &mut Tally)>,
    mut boards: Query<&mut Scoreboard>,
    mut teller: Teller,
    mut commands: Commands,
) {
    let counts = current.is_some_and(|current| current.result.is_none());
    let mut order: Vec<_> = shells.iter_mut().collect();
    order.sort_unstable_by_key(|(_, shell)| shell.shooter);
    for (entity, mut shell) in order {
        let length = (shell::SPEED * DT).min(shell.left);
        let others = tanks
            .iter()
            .filter(|(_, id, _, health, _)| **id != shell.shooter && health.alive())
            .map(|(_, id, hull, ..)| (*id, hull.pos));
        let strike = shell::sweep(&arena, shell.pos, shell.dir, length, others);
        let dir = shell.dir;
        shell.pos += dir * length;
        shell.left -= length;
        let Some(strike) = strike else {
            if shell.left <= 0.0 {
                shell.spend(&mut commands, entity);
            }
            continue;
        };
        let (Strike::Wall(pos) | Strike::Tank(_, pos)) = strike;
        let knows = |team: Team| eyes.see(&arena, team, pos - dir * 0.1);
        let normal = match strike {
            Strike::Wall(pos) => wall_normal(&arena, pos, dir),
            Strike::Tank(..) => -dir,
        };
        let tank = matches!(strike, Strike::Tank(..));
        teller.teams(MatchEvent::Impact { pos, normal, tank }, knows);
        if let Strike::Tank(victim, _) = strike
            && counts
        {
            let tick = timeline.tick().0;
            hit(shell.shooter, victim, dir, tick, &mut tanks, &mut boards, &mut teller, knows);
        }
        shell.spend(&mut commands, entity);
    }
}

fn hit(
    shooter: TankId,
    victim: TankId,
    dir: Vec2,
    tick: u32,
    tanks: &mut Query<(Entity, &TankId, &Hull, &mut Health, &mut Tally)>,
    boards: &mut Query<&mut Scoreboard>,
    teller: &mut Teller,
    knows: impl Fn(Team) -> bool,
) {
    let friendly = shooter.team() == victim.team();
    let Some((struck, _, hull, mut health, mut tally)) = tanks.iter_mut().find(|(_, id, ..)| **id == victim)
    else {
        return;
    };
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
    if let Some((tank, _, _, _, mut tally)) = tanks.iter_mut().find(|(_, id, ..)| **id == shooter) {
        tally.kills += u16::from(kill);
        if !friendly {
            teller.driver(tank, MatchEvent::Landed { kill });
        }
    }
}

/// Each team has its own view of a shell, so that neither learns where the other began to see it.
fn show(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    mut shells: Query<&mut Shell>,
    mut commands: Commands,
) {
    let tick = timeline.tick().0;
    for mut shell in &mut shells {
        for team in Team::BOTH {
            let own = team == shell.shooter.team();
            let seen = own || eyes.see(&arena, team, shell.pos);
            let view = shell.views[team.index()];
            if seen && view.is_none() {
                let tracer =
                    Tracer { tick, pos: shell.pos, dir: shell.dir, shooter: own.then_some(shell.shooter) };
                let view = commands.spawn((
                    tracer,
                    Replicate::to_clients(NetworkTarget::All),
                    VisibleTo::team(team),
                    MatchScoped,
                ));
                shell.views[team.index()] = Some(view.id());
            } else if !seen && let Some(view) = view {
                commands.entity(view).despawn();
                shell.views[team.index()] = None;
            }
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

/// A shell in flight, known to the room alone.
#[derive(Component, Debug)]
struct Shell {
    shooter: TankId,
    pos: Vec2,
    dir: Vec2,
    /// Metres it can still fly.
    left: f32,
    /// What Amber and Azure see of it.
    views: [Option<Entity>; 2],
}

impl Shell {
    fn spend(&self, commands: &mut Commands, entity: Entity) {
        commands.entity(entity).despawn();
        for view in self.views.into_iter().flatten() {
            commands.entity(view).despawn();
        }
    }
}
