//! A match from *prepare* to *free*: built, waited for, played, journaled, told, cleared away.

pub mod beginning;
mod ending;

use bevy::prelude::*;
use lightyear::prelude::LocalTimeline;
use protocol::{
    id::AccountId,
    limits::TICKET_LIFE,
    registry::{Allocation, ExpectedPlayer, ToRegistry},
    result::MatchResult,
};

use crate::{
    room::{
        fog::Seen,
        newcomer::Promised,
        order::Report,
        seat::{Occupant, evict},
        ticket::Mint,
    },
    sim::{
        arena::Arena,
        gun::Gun,
        schedule::{TickSystems, ticks},
        tank::{Health, Hull, TankId, Turret},
    },
};

/// How long the last state of a match stays up, so that *game over* reaches everybody.
const AFTERGLOW: u32 = ticks(2.0);

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<NoShow>()
        .add_systems(PreUpdate, ending::tell.run_if(resource_exists::<Match>))
        .add_systems(
            FixedUpdate,
            (beginning::proceed, revive, ending::freeze).chain().in_set(TickSystems::Rules).run_if(underway),
        )
        .add_systems(Last, clear.run_if(resource_exists::<Match>));
}

fn underway(current: Option<Res<Match>>) -> bool {
    current.is_some_and(|current| current.result.is_none())
}

fn revive(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    mut tanks: Query<(Entity, &TankId, &mut Hull, &mut Turret, &mut Gun, &mut Health, &mut Seen)>,
    mut commands: Commands,
) {
    let tick = timeline.tick().0;
    for (entity, id, mut hull, mut turret, mut gun, mut health, mut seen) in &mut tanks {
        if !health.alive() && health.back_at <= tick {
            let (pos, heading) = arena.spawn(id.0);
            *hull = Hull { pos, heading, speed: 0.0 };
            *turret = Turret { heading };
            *gun = Gun::default();
            *health = Health::FULL;
            *seen = Seen::default();
            commands.trigger(Spawned { entity });
        }
    }
}

/// The match goes when the hub has its receipt, or has cancelled it.
fn clear(
    timeline: Res<LocalTimeline>,
    current: Res<Match>,
    scoped: Query<Entity, With<MatchScoped>>,
    seats: Query<(&Occupant, &Promised)>,
    mint: Res<Mint>,
    mut reports: MessageWriter<Report>,
    mut commands: Commands,
) {
    let lingering = current.over_at.is_some_and(|over| timeline.tick().0 - over < AFTERGLOW);
    if !current.dismissed || lingering {
        return;
    }
    mint.void_all();
    for entity in &scoped {
        commands.entity(entity).despawn();
    }
    for (occupant, promised) in &seats {
        for link in occupant.link.into_iter().chain(promised.link()) {
            evict(&mut commands, link);
        }
    }
    commands.remove_resource::<Match>();
    info!(match_id = %current.allocation.match_id, "room is free");
    reports.write(Report(ToRegistry::Free { allocation: current.allocation }));
}

/// The match in this room; absent while the room is free.
#[derive(Resource, Debug)]
pub struct Match {
    pub allocation: Allocation,
    /// Set when time is up.
    pub result: Option<MatchResult>,
    /// Length in ticks.
    length: u32,
    prepared_at: u32,
    /// Of play; known from the countdown on.
    first_tick: Option<u32>,
    /// Since when players know that it is over.
    over_at: Option<u32>,
    /// The hub needs the match no more.
    pub(super) dismissed: bool,
    players: Vec<ExpectedPlayer>,
    /// Newcomers who stayed away until somebody else got their seat.
    replaced: Vec<AccountId>,
}

impl Match {
    pub(super) fn new(
        allocation: Allocation,
        players: Vec<ExpectedPlayer>,
        length: u32,
        prepared_at: u32,
    ) -> Self {
        Self {
            allocation,
            result: None,
            length,
            prepared_at,
            first_tick: None,
            over_at: None,
            dismissed: false,
            players,
            replaced: Vec::new(),
        }
    }

    pub(super) fn player(&self, account: AccountId) -> Option<&ExpectedPlayer> {
        self.players.iter().find(|player| player.account == account)
    }

    pub(super) fn was_replaced(&self, account: AccountId) -> bool {
        self.replaced.contains(&account)
    }

    /// A newcomer has a seat from now on; whoever it was promised to before has lost it.
    pub(super) fn take_in(&mut self, newcomer: ExpectedPlayer) {
        if let Some(at) = self.players.iter().position(|former| former.seat == newcomer.seat) {
            self.replaced.push(self.players.swap_remove(at).account);
        }
        self.replaced.retain(|account| *account != newcomer.account);
        self.players.push(newcomer);
    }

    /// Ticks until time is up; at least all of them while the match waits for its players.
    pub(super) fn left(&self, tick: u32) -> u32 {
        self.first_tick.map_or(self.length, |first| (first + self.length).saturating_sub(tick))
    }
}

/// A match that nobody has come to starts, with bots alone, after this many ticks: by default, when its
/// tickets have lapsed.
#[derive(Resource, Clone, Copy, Debug)]
pub struct NoShow(pub u32);

impl Default for NoShow {
    fn default() -> Self {
        Self(ticks(TICKET_LIFE.as_secs() as f32))
    }
}

/// A tank stands at its start, whole, and can be handed over: when a wreck returns, and to whoever comes
/// for it before play begins.
#[derive(EntityEvent, Clone, Copy, Debug)]
pub struct Spawned {
    pub entity: Entity,
}

/// Kills and deaths of one seat, since its holder began to drive.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Tally {
    pub kills: u16,
    pub deaths: u16,
}

/// Goes with the match.
#[derive(Component)]
pub struct MatchScoped;
