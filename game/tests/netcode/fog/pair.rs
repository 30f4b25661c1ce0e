//! The same match twice, side by side. In the second a hidden enemy acts differently; whatever is written
//! to the other team must be the same until the reference says that this team may know.

use bevy::prelude::App;
use game::{
    protocol::id::{Seat, Team},
    sim::{dice::Dice, schedule::TICK},
};
use mock_instant::global::MockClock;

use super::{
    oracle::Oracle,
    script::{Change, Script},
    stage::{Heard, Stage},
    truth::Truth,
};

/// Ticks of different hidden truth without which a pair says nothing.
const ENOUGH: u32 = 300;

/// Makes numbers that follow each other into seeds that have little in common.
const SCATTER: u64 = 0xD1B5_4A32_D192_ED03;

/// Ticks within which everybody joins.
const PATIENCE: u32 = 600;

/// Everything about one pair but the rules of the game.
pub struct Plan {
    /// Of the pair; the seed is made of it.
    number: u64,
    seed: u64,
    team_size: u8,
    /// Who must not notice.
    team: Team,
    /// Drives differently, and is driven by a player.
    hidden: Seat,
    watchers: Vec<Seat>,
    change: Change,
    /// Ticks from the beginning of the match: how long it is watched, when the enemy may begin to act
    /// differently, and how long after that it dies.
    length: u32,
    from: u32,
    dies_after: u32,
}

/// What has come of a pair.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Ticks and bytes that were the same.
    pub ticks: u32,
    pub bytes: usize,
    /// Ticks in which the hidden truth was different, and by what.
    pub differed: u32,
    pub drove: u32,
    pub fired: u32,
    pub threw: u32,
    pub died: u32,
    /// Ticks in which a seat was promised to a newcomer.
    pub promised: u32,
    /// The first difference that must not be.
    pub leak: Option<String>,
}

impl Plan {
    pub fn of(number: u64, seconds: u32) -> Self {
        let seed = number.wrapping_mul(SCATTER);
        let mut dice = Dice::new(seed, 0);
        let team = Team::BOTH[dice.below(2)];
        let team_size = 1 + dice.below(3) as u8;
        let seats = 2 * team_size;
        let hidden = Seat::of_team(team.other(), seats).nth(dice.below(team_size.into()));
        // In teams of three a bot is among those who must not notice.
        let watchers = Seat::of_team(team, seats).take(if team_size == 3 { 2 } else { 1 });
        let length = seconds * 60;
        Self {
            number,
            seed,
            team_size,
            team,
            hidden: hidden.expect("a team should have that many seats"),
            watchers: watchers.collect(),
            change: Change::of(number),
            length,
            from: dice.below(length.saturating_sub(400).max(1) as usize) as u32,
            dies_after: 20 + dice.below(60) as u32,
        }
    }

    /// With nothing different in the second match.
    pub fn repeated(number: u64, seconds: u32) -> Self {
        Self { change: Change::default(), ..Self::of(number, seconds) }
    }

    /// With nothing different in the second match but a newcomer, to whom a bot's seat is promised.
    pub fn promising(number: u64, seconds: u32) -> Self {
        Self { change: Change { promise: true, ..Change::default() }, ..Self::of(number, seconds) }
    }
}

impl Outcome {
    pub fn counts(&self) -> bool {
        self.leak.is_none() && self.differed >= ENOUGH
    }

    fn compare(&mut self, first: &Truth, second: &Truth, plan: &Plan) {
        let hidden = |truth: &Truth| truth.tank(plan.hidden).copied().expect("every seat should have a tank");
        let shots = |truth: &Truth| truth.shots.iter().filter(|s| s.tank.0 == plan.hidden).count();
        let enemies = |truth: &Truth| {
            let tanks = truth.tanks.iter().filter(|tank| tank.id.team() != plan.team).copied();
            let shells = truth.shells.iter().filter(|shell| shell.shooter.team() != plan.team).copied();
            let smoke = truth.smoke.iter().filter(|smoke| smoke.thrower.team() != plan.team).copied();
            (tanks.collect::<Vec<_>>(), shells.collect::<Vec<_>>(), smoke.collect::<Vec<_>>())
        };
        let (one, two) = (hidden(first), hidden(second));
        self.differed += u32::from(enemies(first) != enemies(second));
        self.drove += u32::from((one.hull, one.turret) != (two.hull, two.turret));
        self.fired += u32::from(one.gun != two.gun || shots(first) != shots(second));
        self.threw += u32::from(one.launcher.ready_at != two.launcher.ready_at);
        self.died += u32::from(one.health.alive() != two.health.alive());
        let promised = |truth: &Truth| truth.tanks.iter().any(|tank| tank.promised);
        self.promised += u32::from(promised(first) != promised(second));
    }
}

/// Plays both matches until the team may know of a difference, or the time is over. `alter` changes both
/// rooms alike.
pub fn play(plan: &Plan, alter: impl Fn(&mut App)) -> Outcome {
    let players: Vec<Seat> = plan.watchers.iter().copied().chain([plan.hidden]).collect();
    let mut stages = [(); 2].map(|()| Stage::set(plan.seed, plan.team_size, &players, &alter));
    let mut oracles = [(); 2].map(|()| Oracle::new(plan.team));
    let mut scripts = [(); 2].map(|()| Cast::of(plan));
    let mut outcome = Outcome::default();
    let mut waited = 0;
    while !stages.iter_mut().all(Stage::begun) {
        assert!(waited < PATIENCE, "pair {}: not everybody has joined", plan.number);
        waited += 1;
        if !step(plan, &mut stages, &mut oracles, &mut outcome) {
            return outcome;
        }
    }
    let mut changed_at = None;
    for tick in 0..plan.length {
        let known = oracles.iter().zip(&stages).any(|(o, s)| o.knows(plan.hidden, s.truth().tick));
        if changed_at.is_none() && tick >= plan.from && !known {
            changed_at = Some(tick);
            scripts[1].change(plan);
            if plan.change.promise {
                stages[1].admit();
            }
        }
        let due = changed_at.is_some_and(|changed| tick == changed + plan.dies_after);
        if plan.change.die && due && !known && lives(stages[1].truth(), plan.hidden) {
            stages[1].destroy(plan.hidden);
        }
        for (stage, cast) in stages.iter_mut().zip(&mut scripts) {
            cast.act(stage, tick);
        }
        if !step(plan, &mut stages, &mut oracles, &mut outcome) {
            return outcome;
        }
        let [first, second] = &stages;
        outcome.compare(first.truth(), second.truth(), plan);
    }
    outcome
}

/// One tick of both. False if the team may know of a difference, or has been told of one.
fn step(plan: &Plan, stages: &mut [Stage; 2], oracles: &mut [Oracle; 2], outcome: &mut Outcome) -> bool {
    MockClock::advance(TICK);
    stages.iter_mut().for_each(Stage::step);
    let [first, second] = &*stages;
    let [knows, knows_too] = oracles;
    if knows.learn(first.truth()) != knows_too.learn(second.truth()) {
        return false;
    }
    let (heard, heard_too) = (first.heard(plan.team), second.heard(plan.team));
    if heard != heard_too {
        let difference = difference(&heard, &heard_too);
        outcome.leak = Some(format!("pair {}, tick {}: {difference}", plan.number, first.truth().tick));
        return false;
    }
    outcome.ticks += 1;
    outcome.bytes += heard.iter().flat_map(|heard| &heard.packets).map(|packet| packet.len()).sum::<usize>();
    true
}

fn lives(truth: &Truth, seat: Seat) -> bool {
    truth.tank(seat).is_some_and(|tank| tank.health.alive())
}

/// The first packet that is not the same, in words.
fn difference(heard: &[&Heard], heard_too: &[&Heard]) -> String {
    for (one, two) in heard.iter().zip(heard_too) {
        for (place, (packet, packet_too)) in one.packets.iter().zip(&two.packets).enumerate() {
            if packet != packet_too {
                let at = packet.iter().zip(packet_too).take_while(|(byte, too)| byte == too).count();
                let sizes = (packet.len(), packet_too.len());
                return format!("link {}, packet {place} of {sizes:?} bytes, from byte {at} on", one.link);
            }
        }
        if one.packets.len() != two.packets.len() {
            return format!("link {}, {} and {} packets", one.link, one.packets.len(), two.packets.len());
        }
    }
    format!("{} and {} links", heard.len(), heard_too.len())
}

/// All players of one match.
struct Cast(Vec<(Seat, Script)>);

impl Cast {
    fn of(plan: &Plan) -> Self {
        let players = plan.watchers.iter().copied().chain([plan.hidden]);
        Self(players.map(|seat| (seat, Script::new(plan.seed, seat.index().into()))).collect())
    }

    fn change(&mut self, plan: &Plan) {
        for (_, script) in self.0.iter_mut().filter(|(seat, _)| *seat == plan.hidden) {
            script.take_from(Script::new(plan.seed, 100), plan.change);
        }
    }

    fn act(&mut self, stage: &mut Stage, tick: u32) {
        for (seat, script) in &mut self.0 {
            stage.drive(*seat, script.at(tick));
        }
    }
}
