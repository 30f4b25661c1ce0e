//! Shells in the air, and what each team is shown of them.
//!
//! Replicon writes the number of an entity on the wire. If every shell had an entity of its own, the
//! numbers of those that a team sees would count those that it does not see. So a match begins with more
//! views than a team can need at once, and each team is shown its shells as the next views of its own.

use bevy::prelude::*;
use lightyear::prelude::{LocalTimeline, NetworkTarget, Replicate};
use protocol::id::Team;

use crate::{
    room::{
        flight::by_place,
        fog::{Eyes, VisibleTo},
        life::MatchScoped,
    },
    sim::{
        arena::Arena,
        gun::{BARREL, RELOAD, Shot},
        schedule::DT,
        shell::{Flight, RANGE, SPEED, Tracer},
    },
};

/// Shells of one gun that a team can begin to see while one view is in use. It may see one of them at the
/// end of its flight and the next at the beginning.
const VIEWS: u8 = 3;

/// Ticks between two uses of a view, at least: several snapshots, or clients would miss that it was hidden.
pub(in crate::room) const REST: u32 = 6;

const _: () = assert!(
    2.0 * (RANGE + BARREL) < (VIEWS as u32 * RELOAD - REST) as f32 * DT * SPEED,
    "a view should be free again when its turn comes"
);

/// A sky without shells, for a match with so many seats.
pub(in crate::room) fn open(commands: &mut Commands, seats: u8) {
    let pools = Team::BOTH.map(|_| {
        let nowhere = Tracer { tick: 0, pos: Vec2::ZERO, dir: Vec2::X, shooter: None };
        Pool::new(commands, seats * VIEWS, nowhere)
    });
    commands.spawn((Sky { shells: Vec::new(), pools }, MatchScoped));
}

/// A shell that a team has seen keeps its view to the end: it is hidden when the shell is.
pub(super) fn show(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    mut skies: Query<&mut Sky>,
    mut views: Query<(&mut Tracer, &VisibleTo)>,
    mut commands: Commands,
) {
    for mut sky in &mut skies {
        let Sky { shells, pools } = &mut *sky;
        for team in Team::BOTH {
            let mut fresh = Vec::new();
            for shell in shells.iter_mut() {
                let Flight { shooter, pos, .. } = shell.flight;
                let seen = team == shooter.team() || eyes.see(&arena, team, pos);
                let mask = if seen { VisibleTo::team(team) } else { VisibleTo::default() };
                match shell.views[team.index()] {
                    Some(view) if views.get(view).is_ok_and(|(_, shown)| *shown != mask) => {
                        commands.entity(view).insert(mask);
                    }
                    None if seen => fresh.push(shell),
                    Some(_) | None => {}
                }
            }
            fresh.sort_unstable_by(|a, b| by_place(a.flight.pos, b.flight.pos));
            for shell in fresh {
                let view = pools[team.index()].take();
                let Ok((mut tracer, _)) = views.get_mut(view) else { continue };
                let Flight { shooter, pos, dir, .. } = shell.flight;
                let shooter = Some(shooter).filter(|shooter| shooter.team() == team);
                *tracer = Tracer { tick: timeline.tick().0, pos, dir, shooter };
                commands.entity(view).insert(VisibleTo::team(team));
                shell.views[team.index()] = Some(view);
            }
        }
    }
}

/// Every shell of a match, known to the room alone.
#[derive(Component, Debug)]
pub struct Sky {
    shells: Vec<Shell>,
    /// Amber's and Azure's.
    pools: [Pool; 2],
}

impl Sky {
    pub fn shells(&self) -> &[Shell] {
        &self.shells
    }

    pub(super) fn shells_mut(&mut self) -> impl Iterator<Item = &mut Shell> {
        self.shells.iter_mut()
    }

    pub(super) fn launch(&mut self, shell: Shell) {
        self.shells.push(shell);
    }

    /// Removes shells that have nowhere left to go.
    pub(super) fn clear_spent(&mut self, commands: &mut Commands) {
        self.shells.retain(|shell| {
            let over = shell.flight.over();
            for view in shell.views.into_iter().flatten().filter(|_| over) {
                commands.entity(view).insert(VisibleTo::default());
            }
            !over
        });
    }
}

/// In flight.
#[derive(Debug)]
pub struct Shell {
    pub flight: Flight,
    /// The tick.
    pub(super) fired: u32,
    /// The link that drove the tank then; `None` for a bot.
    pub(super) link: Option<Entity>,
    /// What Amber and Azure have seen of it.
    views: [Option<Entity>; 2],
}

impl Shell {
    pub(super) fn new(shot: &Shot, arena: &Arena, link: Option<Entity>) -> Self {
        Self { flight: Flight::of(shot, arena), fired: shot.tick, link, views: [None; 2] }
    }
}

/// Views of one team, taken in turn, so that which is next depends on what the team has seen and on
/// nothing else.
#[derive(Debug)]
pub(in crate::room) struct Pool {
    views: Vec<Entity>,
    next: usize,
}

impl Pool {
    /// So many views, each showing `nothing` yet, to nobody.
    pub(in crate::room) fn new(commands: &mut Commands, views: u8, nothing: impl Component + Copy) -> Self {
        let mut view = || {
            let target = Replicate::to_clients(NetworkTarget::All);
            commands.spawn((nothing, target, VisibleTo::default(), MatchScoped)).id()
        };
        Self { views: (0..views).map(|_| view()).collect(), next: 0 }
    }

    pub(in crate::room) fn take(&mut self) -> Entity {
        let view = self.views[self.next];
        self.next = (self.next + 1) % self.views.len();
        view
    }
}
