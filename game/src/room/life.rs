//! A match from *prepare* to *free*: built, waited for, played, reported, cleared away.

use bevy::prelude::*;
use lightyear::prelude::{input::native::ActionState, *};
use protocol::{
    id::{AccountId, Seat},
    limits::TICKET_LIFE,
    registry::{Allocation, ExpectedPlayer, FromRegistry, ToRegistry},
    result::{MatchResult, SeatResult},
    text::PlayerName,
};

use crate::{
    room::{
        bot::Brain,
        fog::{EVERYBODY, Seen, Teller, VisibleTo},
        listen::Listening,
        order::{Order, Report},
        seat::{Occupant, evict},
        ticket::Mint,
    },
    sim::{
        arena::Arena,
        event::MatchEvent,
        gun::Gun,
        input::TankInput,
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
    app.add_systems(PreUpdate, obey)
        .add_systems(
            FixedUpdate,
            (start, revive, finish).chain().in_set(TickSystems::Rules).run_if(resource_exists::<Match>),
        )
        .add_systems(Last, clear.run_if(resource_exists::<Match>));
}

fn obey(
    mut orders: MessageReader<Order>,
    mut reports: MessageWriter<Report>,
    mut current: Option<ResMut<Match>>,
    listening: Option<Res<Listening>>,
    mint: Res<Mint>,
    arena: Res<Arena>,
    timeline: Res<LocalTimeline>,
    mut commands: Commands,
) {
    for Order(order) in orders.read() {
        match order {
            FromRegistry::Prepare { allocation, seed, seconds, players } => {
                let answer = match (&current, &listening) {
                    (Some(_), _) => Err("a match is in progress".into()),
                    (_, None) => Err("the room does not listen yet".into()),
                    (None, Some(listening)) => players
                        .iter()
                        .map(|player| {
                            mint.issue(*allocation, player.seat, player.account, listening.addresses.udp)
                        })
                        .collect::<Result<Vec<_>, String>>(),
                };
                match answer {
                    Ok(tickets) => {
                        build(&mut commands, &arena, *allocation, *seed, players);
                        let length = ticks(f32::from((*seconds).clamp(5, 3600)));
                        commands.insert_resource(Match::new(
                            *allocation,
                            players.clone(),
                            length,
                            timeline.tick().0,
                        ));
                        info!(match_id = %allocation.match_id, players = players.len(), "match prepared");
                        reports.write(Report(ToRegistry::Prepared { allocation: *allocation, tickets }));
                        return;
                    }
                    Err(reason) => {
                        reports.write(Report(ToRegistry::Declined { allocation: *allocation, reason }));
                    }
                }
            }
            FromRegistry::IssueTicket { allocation, account } => {
                let answer = current
                    .as_ref()
                    .filter(|current| current.allocation == *allocation && current.result.is_none())
                    .ok_or_else(|| "the match is over".to_owned())
                    .and_then(|current| {
                        let seat = current.seat_of(*account).ok_or("the player has no seat here")?;
                        let listening = listening.as_ref().ok_or("the room does not listen yet")?;
                        mint.issue(*allocation, seat, *account, listening.addresses.udp)
                    });
                reports.write(Report(match answer {
                    Ok(ticket) => ToRegistry::TicketIssued { allocation: *allocation, ticket },
                    Err(reason) => ToRegistry::Declined { allocation: *allocation, reason },
                }));
            }
            FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation } => {
                if let Some(current) = current.as_mut().filter(|current| current.allocation == *allocation) {
                    current.dismissed = true;
                }
            }
            FromRegistry::Registered { .. } | FromRegistry::Refused { .. } => {}
        }
    }
}

fn build(
    commands: &mut Commands,
    arena: &Arena,
    allocation: Allocation,
    seed: u64,
    players: &[ExpectedPlayer],
) {
    commands.spawn((
        Scoreboard { score: [0, 0], phase: Phase::Waiting },
        Replicate::to_clients(NetworkTarget::All),
        VisibleTo(EVERYBODY),
        MatchScoped,
    ));
    for seat in Seat::all() {
        let (pos, heading) = arena.spawn(seat);
        let player = players.iter().find(|player| player.seat == seat).cloned();
        let name = player.as_ref().map_or_else(|| bot_name(seat), |player| player.name.clone());
        commands.spawn((
            (
                TankId(seat),
                Hull { pos, heading, speed: 0.0 },
                Turret { heading },
                Gun::default(),
                Health::FULL,
                Stirred(false),
                ActionState(TankInput::new(0.0, 0.0, heading, false)),
            ),
            Occupant { account: player.map(|player| player.account), name, link: None },
            Tally::default(),
            Brain::new(seed, seat),
            Seen::default(),
            VisibleTo::team(seat.team()),
            Replicate::to_clients(NetworkTarget::All),
            PredictionTarget::to_clients(NetworkTarget::None),
            InterpolationTarget::to_clients(NetworkTarget::All),
            DisableReplicateHierarchy,
            MatchScoped,
        ));
    }
    debug!(match_id = %allocation.match_id, "tanks placed");
}

fn bot_name(seat: Seat) -> PlayerName {
    const NAMES: [&str; 6] = ["Rivet", "Cobalt", "Piston", "Flint", "Bracket", "Marlin"];
    PlayerName::new(NAMES[usize::from(seat.index())]).expect("bot names should be valid names")
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
    dismissed: bool,
    players: Vec<ExpectedPlayer>,
}

impl Match {
    fn new(allocation: Allocation, players: Vec<ExpectedPlayer>, length: u32, prepared_at: u32) -> Self {
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

    fn seat_of(&self, account: AccountId) -> Option<Seat> {
        self.players.iter().find(|player| player.account == account).map(|player| player.seat)
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
