//! What one player's app measures while it plays.

use std::{
    collections::HashMap,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use bevy::prelude::*;
use game::{
    client::{CORRECTABLE, LinkState, RoomLink, shell::Shots},
    protocol::{id::MatchId, ticket::Ticket},
    sim::{
        event::{Heard, MatchEvent},
        tank::{Health, Hull, LEAP, RADIUS, Stirred, TankId, Turret, wrap},
    },
};
use lightyear::prelude::*;

use crate::{
    board::{Board, Phase},
    felt::Felt,
};

/// A tank that is shown so near may have been touched, in metres: it is shown where it was a while ago.
const NEAR: f32 = 2.0 * RADIUS + 2.5;

/// Radians by which a turret has turned for all to see.
const TURNED: f32 = 0.03;

/// Whoever has lived for no longer may have been put where nobody has foreseen it.
const NEWBORN: Duration = Duration::from_secs(1);

/// What has not been seen by then was missed.
const MISSED: Duration = Duration::from_millis(1_800);

pub fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, compare.after(ReplicationSystems::Receive).before(RollbackSystems::Check))
        .add_systems(Last, (count_rollbacks, excuse, watch_turrets, hear, mind_the_link));
}

/// What was predicted for a tick with what the room says of it, before a correction makes them alike.
fn compare(
    timeline: Res<LocalTimeline>,
    own: Query<(&ConfirmedHistory<Hull>, &PredictionHistory<Hull>), With<Controlled>>,
    mut meter: ResMut<Meter>,
) {
    let Some((confirmed, predicted)) = own.iter().next() else { return };
    let Some((tick, confirmed)) = confirmed.newest_present() else { return };
    let depth = timeline.tick() - tick;
    if depth < 0 || meter.compared.is_some_and(|compared| compared >= tick) {
        return;
    }
    meter.compared = Some(tick);
    if !meter.is_playing() {
        return;
    }
    let newborn = meter.alive_since.is_none_or(|since| since.elapsed() < NEWBORN);
    let felt = &mut meter.felt;
    felt.deepest = felt.deepest.max(depth);
    felt.uncorrectable += u32::from(depth > i32::from(CORRECTABLE));
    match predicted.get(tick).map(|predicted| predicted.pos.distance(confirmed.pos)) {
        // Not driven yet at that tick, or forgotten since.
        None => {}
        Some(error) if error > LEAP && newborn => felt.leaps += 1,
        Some(error) => {
            felt.jumps += u32::from(error > LEAP);
            felt.errors.push(error);
        }
    }
}

fn count_rollbacks(metrics: Res<PredictionMetrics>, mut meter: ResMut<Meter>) {
    let counted = (metrics.rollbacks, metrics.rollback_ticks);
    let before = mem::replace(&mut meter.counted, counted);
    if meter.is_playing() {
        let now = Instant::now();
        meter.felt.rollbacks.extend((before.0..counted.0).map(|_| now));
        meter.felt.replayed += counted.1 - before.1;
    }
}

/// Nobody can foresee being hit, or what another tank does that is touched.
fn excuse(
    own: Query<(&Hull, &Health, &Stirred), With<Controlled>>,
    others: Query<(&Hull, &Health), (With<TankId>, Without<Controlled>)>,
    mut meter: ResMut<Meter>,
) {
    let now = Instant::now();
    if meter.is_playing() {
        meter.felt.played = Some((meter.felt.played.map_or(now, |(first, _)| first), now));
    }
    let Some((hull, health, stirred)) = own.iter().next() else { return };
    meter.alive_since = health.alive().then(|| meter.alive_since.unwrap_or(now));
    let state = Some((*health, *stirred));
    let changed = mem::replace(&mut meter.state, state) != state;
    let touched = others.iter().any(|(other, health)| health.alive() && other.pos.distance(hull.pos) < NEAR);
    if changed || touched {
        meter.felt.excuses.push(now);
    }
    if touched && meter.is_playing() {
        meter.felt.touched_frames += 1;
    }
}

fn watch_turrets(tanks: Query<(&TankId, &Turret), Without<Controlled>>, mut meter: ResMut<Meter>) {
    let meter = &mut *meter;
    let team = meter.own.team();
    for (tank, turret) in tanks.iter().filter(|(tank, _)| tank.team() == team) {
        let Some(turned) = meter.board.turned((meter.match_id, *tank)) else { continue };
        let fresh = Watched { turned, from: turret.heading, seen: false };
        let watched = meter.watched.entry(*tank).or_insert(fresh);
        if watched.turned != turned {
            *watched = fresh;
        }
        let passed = turned.elapsed();
        if !watched.seen && passed < MISSED && wrap(turret.heading - watched.from).abs() > TURNED {
            watched.seen = true;
            meter.felt.seen.push(passed);
        }
    }
}

fn hear(mut heard: MessageReader<Heard>, mut meter: ResMut<Meter>) {
    for Heard(event) in heard.read() {
        match event {
            // Told to one player alone, or again to whoever comes back.
            MatchEvent::Roster(_) | MatchEvent::Struck { .. } | MatchEvent::Spent { .. } => continue,
            MatchEvent::Fired { tank, .. } if *tank != meter.own && tank.team() == meter.own.team() => {
                let fired = meter.board.fired((meter.match_id, *tank)).map(|fired| fired.elapsed());
                meter.felt.flashes.extend(fired.filter(|passed| *passed < MISSED));
            }
            _ => {}
        }
        *meter.felt.events.entry(format!("{event:?}")).or_default() += 1;
    }
}

fn mind_the_link(
    link: Res<RoomLink>,
    shots: Res<Shots>,
    sync: Res<LocalTimelineSync>,
    own: Query<(), (With<TankId>, With<Controlled>)>,
    mut meter: ResMut<Meter>,
) {
    let meter = &mut *meter;
    meter.felt.shots = *shots;
    meter.felt.rtt = link.rtt;
    meter.felt.delay = meter.felt.delay.max(sync.input_delay());
    let name = format!("{} {}", meter.match_id, meter.own.0.index());
    match (&link.state, meter.line) {
        (LinkState::Lost(_), Line::Down) => {}
        (LinkState::Lost(reason), _) => {
            meter.felt.lost += 1;
            meter.line = Line::Down;
            eprintln!("{name}: {reason}");
            println!("lost {name}");
        }
        (LinkState::Joined, Line::Dialling(since)) if !own.is_empty() => {
            meter.line = Line::Up;
            if let Some(since) = since {
                println!("back {name} {}", since.elapsed().as_millis());
            }
        }
        _ => {}
    }
}

#[derive(Resource)]
pub struct Meter {
    board: Arc<Board>,
    match_id: MatchId,
    own: TankId,
    line: Line,
    /// The last tick that was compared.
    compared: Option<Tick>,
    /// Rollbacks and their ticks so far.
    counted: (u32, u32),
    state: Option<(Health, Stirred)>,
    /// `None` while the own tank is a wreck.
    alive_since: Option<Instant>,
    watched: HashMap<TankId, Watched>,
    felt: Felt,
}

#[derive(Clone, Copy)]
enum Line {
    /// Since when, if it is not the first time.
    Dialling(Option<Instant>),
    Up,
    Down,
}

#[derive(Clone, Copy)]
struct Watched {
    turned: Instant,
    from: f32,
    seen: bool,
}

impl Meter {
    pub fn new(ticket: &Ticket, board: Arc<Board>) -> Self {
        let own = TankId(ticket.seat);
        Self {
            board,
            match_id: ticket.match_id,
            own,
            line: Line::Dialling(None),
            compared: None,
            counted: (0, 0),
            state: None,
            alive_since: None,
            watched: HashMap::new(),
            felt: Felt::of(ticket.match_id, own),
        }
    }

    /// There is another ticket.
    pub fn tries_again(&mut self) {
        self.line = Line::Dialling(Some(Instant::now()));
        self.compared = None;
    }

    pub fn conclude(&mut self) -> Felt {
        let empty = Felt::of(self.match_id, self.own);
        mem::replace(&mut self.felt, empty)
    }

    fn is_playing(&self) -> bool {
        self.board.phase().0 == Phase::Playing
    }
}
