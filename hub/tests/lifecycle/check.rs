//! The rules that hold whatever happens.

use std::{collections::BTreeMap, ops::AddAssign};

use diesel::prelude::*;
use hub::{
    matches::store as matches,
    matchmaking::store as queue,
    store::schema::{match_seats, matches as rows, ratings},
};
use protocol::rating::RatingChange;

use crate::{player::Seen, world::World};

/// What the walks have seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    recorded: u64,
    void: u64,
    rated: u64,
    restarts: u64,
    faults: u64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.recorded += other.recorded;
        self.void += other.void;
        self.rated += other.rated;
        self.restarts += other.restarts;
        self.faults += other.faults;
    }
}

impl Figures {
    pub fn print(self) {
        println!("figure results_recorded {}", self.recorded);
        println!("figure matches_void {}", self.void);
        println!("figure rating_changes {}", self.rated);
        println!("figure hub_restarts {}", self.restarts);
        println!("figure room_faults {}", self.faults);
    }
}

/// Whoever was told to wait does so after the restart, but for those whose leaving or whose match's end
/// is written down and was not told yet.
pub fn at_restart(world: &mut World) {
    let untold = world.take_unheard();
    let waiting = queue::waiting(&mut world.connection).expect("who waits should be read");
    let running = matches::running(&mut world.connection).expect("what runs should be read");
    let told = world.players.iter().filter(|player| player.link.is_some() && player.seen == Seen::Waiting);
    for player in told.filter(|player| !untold.contains(&player.account)) {
        let waits = waiting.iter().any(|(entry, _)| entry.account == player.account);
        let plays = running
            .iter()
            .flat_map(|running| &running.opening.players)
            .any(|seated| seated.account == player.account);
        assert!(waits || plays, "{} was told to wait and is forgotten", player.name);
    }
}

/// Nobody sits in two matches.
pub fn at_any_time(world: &mut World) {
    let mut seated = BTreeMap::new();
    for running in matches::running(&mut world.connection).expect("what runs should be read") {
        let allocation = running.opening.allocation;
        for player in running.opening.players {
            let other = seated.insert(player.account, allocation);
            assert!(other.is_none(), "{:?} sits in {allocation:?} and {other:?}", player.account);
        }
    }
}

/// Nothing waits any more, and every result is where it belongs.
pub fn at_rest(world: &mut World) -> Figures {
    let waiting = queue::waiting(&mut world.connection).expect("who waits should be read");
    for player in &world.players {
        assert_ne!(player.seen, Seen::Waiting, "{} waits for ever; durable: {waiting:?}", player.name);
        assert!(!matches!(player.seen, Seen::Playing(_)), "{} plays for ever", player.name);
    }
    assert!(waiting.is_empty(), "nobody waits, but {waiting:?} is durable");
    for room in &world.rooms {
        assert!(room.journal.is_empty(), "the hub never answered {:?}", room.journal);
        assert!(room.playing.is_none(), "a room was never freed");
    }
    let states = rows::table
        .select((rows::id, rows::state, rows::void_reason))
        .load::<(String, String, Option<String>)>(&mut world.connection)
        .expect("the matches should be read");
    for (id, state, reason) in &states {
        assert_ne!(state, "running", "match {id} never ended");
        assert!(state == "ended" || reason.is_some(), "match {id} is void without a reason");
    }
    results_are_the_rooms(world);
    let rated = ratings_follow_from_the_results(world);
    Figures {
        recorded: world.recorded.len() as u64,
        void: states.iter().filter(|(_, state, _)| state == "void").count() as u64,
        rated,
        restarts: world.restarts,
        faults: world.faults,
    }
}

/// One result a match, with the room's score, and one history row a player.
fn results_are_the_rooms(world: &mut World) {
    let mut seen = BTreeMap::new();
    for (allocation, _, _) in &world.recorded {
        let twice = seen.insert(allocation.match_id, ()).is_some();
        assert!(!twice, "{allocation:?} was recorded twice");
    }
    let ended = rows::table
        .filter(rows::state.eq("ended"))
        .select((rows::id, rows::amber, rows::azure))
        .load::<(String, i32, i32)>(&mut world.connection)
        .expect("the matches should be read");
    assert_eq!(ended.len(), world.recorded.len(), "what is recorded should be what was settled");
    for (id, amber, azure) in ended {
        let (_, result) = world
            .written
            .values()
            .find(|(allocation, _)| allocation.match_id.to_string() == id)
            .expect("a recorded result should be in a room's journal");
        assert_eq!((amber, azure), (i32::from(result.amber), i32::from(result.azure)));
        let seats = match_seats::table
            .filter(match_seats::match_id.eq(&id))
            .count()
            .get_result::<i64>(&mut world.connection)
            .expect("the seats should be counted");
        assert_eq!(usize::try_from(seats), Ok(result.seats.len()), "match {id} has a line for each seat");
    }
}

/// Each change begins where the last one ended, and the last one is the rating.
fn ratings_follow_from_the_results(world: &mut World) -> u64 {
    let mut now = BTreeMap::new();
    let mut changed = 0;
    for (allocation, result, changes) in &world.recorded {
        for (account, change) in changes {
            let RatingChange::Rated { before, after } = change else {
                continue;
            };
            let last = now.insert(*account, *after);
            assert!(
                last.is_none_or(|last| last == *before),
                "{account:?} goes from {last:?} to {before:?} in {allocation:?}"
            );
            let line = result.seats.iter().find(|line| line.account == Some(*account));
            let team = line.expect("a rated player should have a line").seat.team();
            let (own, other) = match team.index() {
                0 => (result.amber, result.azure),
                _ => (result.azure, result.amber),
            };
            assert!(own <= other || after >= before, "a winner should not lose rating");
            assert!(own >= other || after <= before, "a loser should not win rating");
            changed += 1;
        }
    }
    for (account, rating) in now {
        let stored = ratings::table
            .filter(ratings::account_id.eq(account.to_string()))
            .select(ratings::rating)
            .first::<f64>(&mut world.connection)
            .expect("the rating should be read");
        assert_eq!((stored * 40.0).round() as i32, rating.0, "the last change should be the rating");
    }
    changed
}
