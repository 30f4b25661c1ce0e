//! A match from *prepare* to *free*: built, waited for, played, reported, cleared away.

use bevy::prelude::*;
use lightyear::prelude::LocalTimeline;
use protocol::{
    id::AccountId,
    limits::TICKET_LIFE,
    registry::{Allocation, ExpectedPlayer, ToRegistry},
    result::{MatchResult, SeatResult},
};

use crate::{
    room::{
        fog::{Seen, Teller},
        order::Report,
        seat::{Occupant, evict},
        ticket::Mint,
    },
    sim::{
        arena::Arena,
        event::MatchEvent,
        gun::Gun,
        schedule::{TickSystems, ticks},
        scoreboard::{Phase, Scoreboard},
        tank::{Health, Hull, Stirred, TankId, Turret},
    },
};

/// A match starts without those who have not come this long after the first player has.
const PATIENCE: u32 = ticks(10.0);

/// A match that nobody has come to starts, with bots alone, when its tickets have lapsed.
const NO_SHOW: u32 = ticks(TICKET_LIFE.as_secs() as f32);

/// How long the last state of a match stays up, so that *game over* reaches everybody.
const AFTERGLOW: u32 = ticks(2.0);

/// From wreck to return.
pub const RETURN: u32 = ticks(4.0);

pub(super) fn plugin(app: &mut App) {
    app.add_systems(
        FixedUpdate,
        (start, revive, finish).chain().in_set(TickSystems::Rules).run_if(resource_exists::<Match>),
    )
    .add_systems(Last, clear.run_if(resource_exists::<Match>));
}

fn start(
    timeline: Res<LocalTimeline>,
    mut current: ResMut<Match>,
    occupants: Query<&Occupant>,
    mut boards: Query<&mut Scoreboard>,
    mut tanks: Query<&mut Stirred>,
) {
    let tick = timeline.tick().0;
    if current.first_tick.is_some() {
        return;
    }
    let came = occupants.iter().filter(|occupant| occupant.link.is_some()).count();
    if came > 0 && current.first_came.is_none() {
        current.first_came = Some(tick);
    }
    let everybody = came > 0 && occupants.iter().all(|o| o.account.is_none() || o.link.is_some());
    let waited = current.first_came.is_some_and(|first| tick - first >= PATIENCE);
    if everybody || waited || tick - current.prepared_at >= NO_SHOW {
        current.first_tick = Some(tick);
        for mut board in &mut boards {
            board.phase = Phase::Playing { ends_at: tick + current.length };
        }
        for mut stirred in &mut tanks {
            stirred.0 = true;
        }
        info!(match_id = %current.allocation.match_id, "match started");
    }
}

fn revive(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    mut tanks: Query<(&TankId, &mut Hull, &mut Turret, &mut Gun, &mut Health, &mut Seen)>,
) {
    let tick = timeline.tick().0;
    for (id, mut hull, mut turret, mut gun, mut health, mut seen) in &mut tanks {
        if !health.alive() && health.back_at <= tick {
            let (pos, heading) = arena.spawn(id.0);
            *hull = Hull { pos, heading, speed: 0.0 };
            *turret = Turret { heading };
            *gun = Gun::default();
            *health = Health::FULL;
            *seen = Seen::default();
        }
    }
}

fn finish(
    timeline: Res<LocalTimeline>,
    mut current: ResMut<Match>,
    mut boards: Query<&mut Scoreboard>,
    mut tanks: Query<(&TankId, &Occupant, &Tally, &mut Stirred)>,
    mut teller: Teller,
    mut reports: MessageWriter<Report>,
    mint: Res<Mint>,
) {
    let tick = timeline.tick().0;
    let Ok(mut board) = boards.single_mut() else { return };
    let Phase::Playing { ends_at } = board.phase else { return };
    if tick < ends_at {
        return;
    }
    board.phase = Phase::Over;
    let mut seats = Vec::new();
    for (id, occupant, tally, mut stirred) in &mut tanks {
        stirred.0 = false;
        seats.push(SeatResult {
            seat: id.0,
            account: occupant.account,
            name: occupant.name.clone(),
            kills: tally.kills,
            deaths: tally.deaths,
        });
    }
    seats.sort_by_key(|seat| seat.seat);
    let result = MatchResult { amber: board.score[0], azure: board.score[1], ticks: current.length, seats };
    mint.void_all();
    teller.all(MatchEvent::Over { score: board.score });
    info!(match_id = %current.allocation.match_id, amber = result.amber, azure = result.azure, "match over");
    reports.write(Report(ToRegistry::Result { allocation: current.allocation, result: result.clone() }));
    current.over_at = Some(tick);
    current.result = Some(result);
}

/// The match goes when the hub has its receipt, or has cancelled it.
fn clear(
    timeline: Res<LocalTimeline>,
    current: Res<Match>,
    scoped: Query<Entity, With<MatchScoped>>,
    occupants: Query<&Occupant>,
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
    for link in occupants.iter().filter_map(|occupant| occupant.link) {
        evict(&mut commands, link);
    }
    commands.remove_resource::<Match>();
    info!(match_id = %current.allocation.match_id, "room is free");
    reports.write(Report(ToRegistry::Free {}));
}

/// The match in this room; absent while the room is free.
#[derive(Resource, Debug)]
pub struct Match {
    pub allocation: Allocation,
    /// Set when it is over, until the hub has it.
    pub result: Option<MatchResult>,
    /// Length in ticks.
    length: u32,
    prepared_at: u32,
    first_came: Option<u32>,
    first_tick: Option<u32>,
    over_at: Option<u32>,
    /// The hub needs the match no more.
    pub(super) dismissed: bool,
    players: Vec<ExpectedPlayer>,
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
            first_came: None,
            first_tick: None,
            over_at: None,
            dismissed: false,
            players,
        }
    }

    pub(super) fn player(&self, account: AccountId) -> Option<&ExpectedPlayer> {
        self.players.iter().find(|player| player.account == account)
    }
}

/// Kills and deaths of one seat.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Tally {
    pub kills: u16,
    pub deaths: u16,
}

/// Goes with the match.
#[derive(Component)]
pub struct MatchScoped;
