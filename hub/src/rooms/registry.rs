//! The registered rooms: pure, stepped with the time it is told.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use protocol::{
    id::{Epoch, MatchId, RoomId},
    key::Content,
    registry::Allocation,
    ticket::RoomAddresses,
};

/// Silence is judged so much early: with the lobby's tick and the way to a reader, others know in time.
const NOTICE: Duration = Duration::from_millis(200);

/// Who is registered, and which epoch was last.
pub struct Registry {
    rooms: BTreeMap<RoomId, Room>,
    epoch: u64,
    suspect: Duration,
    silence: Duration,
}

/// What a room says of itself when it comes, and what its host key says of it.
#[derive(Clone, Debug)]
pub struct Registration {
    pub host: String,
    /// Only rooms of the operator make matches that count.
    pub official: bool,
    pub content: Content,
    /// Seats of the largest match it can hold.
    pub capacity: u8,
    pub addresses: RoomAddresses,
    pub playing: Option<Allocation>,
}

/// One registered room as others may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: RoomId,
    pub host: String,
    pub official: bool,
    pub content: Content,
    pub capacity: u8,
    pub state: &'static str,
}

struct Room {
    is: Registration,
    heard: Instant,
    state: RoomState,
    draining: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoomState {
    Free,
    Busy(Allocation),
    /// Gets no match before then, unless it says that it is free.
    Resting {
        until: Instant,
    },
}

impl Registry {
    /// `start` counts the hub's starts, so that no epoch is ever given twice.
    /// A room that was silent for `suspect` gets no match, one that was for `silence` is lost.
    pub fn new(start: u32, suspect: Duration, silence: Duration) -> Self {
        let suspect = suspect.saturating_sub(NOTICE);
        Self { rooms: BTreeMap::new(), epoch: u64::from(start) << 32, suspect, silence }
    }

    pub fn register(&mut self, room: RoomId, registration: Registration, now: Instant) {
        let state = registration.playing.map_or(RoomState::Free, RoomState::Busy);
        self.rooms.insert(room, Room { is: registration, heard: now, state, draining: false });
    }

    pub fn leave(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }

    pub fn heard(&mut self, room: RoomId, now: Instant) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.heard = now;
        }
    }

    /// Gives a match to a room that can take it, under a fresh epoch: on the machine that is fullest
    /// already, so that others can be emptied, and there the smallest room that is large enough.
    pub fn take(
        &mut self,
        match_id: MatchId,
        content: &Content,
        seats: u8,
        now: Instant,
    ) -> Option<(RoomId, Allocation)> {
        let busy = |machine: IpAddr| {
            self.rooms
                .values()
                .filter(|room| room.machine() == machine && matches!(room.state, RoomState::Busy(_)))
                .count()
        };
        let (id, _) = self
            .rooms
            .iter()
            .filter(|(_, room)| room.suits(content, seats) && room.ready(now, self.suspect))
            .min_by_key(|(id, room)| (std::cmp::Reverse(busy(room.machine())), room.is.capacity, **id))?;
        let id = *id;
        self.epoch += 1;
        let allocation = Allocation { match_id, epoch: Epoch(self.epoch) };
        self.rooms.get_mut(&id)?.state = RoomState::Busy(allocation);
        Some((id, allocation))
    }

    /// What the rooms that could take a match now play with, and how many seats each has.
    pub fn supply(&self, now: Instant) -> Vec<(Content, u8)> {
        self.rooms
            .values()
            .filter(|room| room.is.official && room.ready(now, self.suspect))
            .map(|room| (room.is.content.clone(), room.is.capacity))
            .collect()
    }

    /// The room has no match and gets none before `until`.
    pub fn rest(&mut self, room: RoomId, until: Instant) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.state = RoomState::Resting { until };
        }
    }

    /// The room gets no match any more. `false` when there is no such room.
    pub fn drain(&mut self, room: RoomId) -> bool {
        self.rooms.get_mut(&room).map(|room| room.draining = true).is_some()
    }

    /// Whether the room gets no match any more, though it may still have one.
    pub fn drains(&self, room: RoomId) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.draining)
    }

    /// The room need not rest any longer. `false` when it has a match, which stays.
    pub fn freed(&mut self, room: RoomId) -> bool {
        let Some(room) = self.rooms.get_mut(&room) else { return false };
        let idle = !matches!(room.state, RoomState::Busy(_));
        if idle {
            room.state = RoomState::Free;
        }
        idle
    }

    /// Whether the room is believed to hold this allocation.
    pub fn holds(&self, room: RoomId, allocation: Allocation) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.state == RoomState::Busy(allocation))
    }

    pub fn get(&self, room: RoomId) -> Option<&Registration> {
        self.rooms.get(&room).map(|room| &room.is)
    }

    pub fn listed(&self, now: Instant) -> Vec<Listed> {
        self.rooms
            .iter()
            .map(|(id, room)| Listed {
                id: *id,
                host: room.is.host.clone(),
                official: room.is.official,
                content: room.is.content.clone(),
                capacity: room.is.capacity,
                state: room.word(now, self.suspect),
            })
            .collect()
    }

    pub fn registrations(&self) -> impl Iterator<Item = &Registration> {
        self.rooms.values().map(|room| &room.is)
    }

    /// Nobody could be heard in this time.
    pub fn excuse(&mut self, time: Duration) {
        for room in self.rooms.values_mut() {
            room.heard += time;
        }
    }

    /// The rooms that have been silent for too long.
    pub fn step(&self, now: Instant) -> Vec<RoomId> {
        self.rooms
            .iter()
            .filter(|(_, room)| now.duration_since(room.heard) >= self.silence)
            .map(|(id, _)| *id)
            .collect()
    }
}

impl Room {
    fn machine(&self) -> IpAddr {
        self.is.addresses.udp.ip()
    }

    fn suits(&self, content: &Content, seats: u8) -> bool {
        self.is.official && self.is.content == *content && self.is.capacity >= seats
    }

    fn ready(&self, now: Instant, suspect: Duration) -> bool {
        self.word(now, suspect) == "free"
    }

    fn word(&self, now: Instant, suspect: Duration) -> &'static str {
        match self.state {
            _ if now.duration_since(self.heard) >= suspect => "suspect",
            _ if self.draining => "draining",
            RoomState::Busy(_) => "playing",
            RoomState::Resting { until } if now < until => "resting",
            RoomState::Free | RoomState::Resting { .. } => "free",
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{challenge::Bytes32, ticket::WebTransportAddress};
    use uuid::Uuid;

    use super::*;

    const SUSPECT: Duration = Duration::from_secs(3);
    const SILENCE: Duration = Duration::from_secs(10);

    fn registration(machine: u8, official: bool, capacity: u8) -> Registration {
        Registration {
            host: "own".to_owned(),
            official,
            content: Content::of(b"rules"),
            capacity,
            addresses: RoomAddresses {
                udp: ([127, 0, 0, machine], 7000).into(),
                webtransport: WebTransportAddress {
                    url: "https://127.0.0.1:7001".to_owned(),
                    digest: Bytes32([0; 32]),
                },
                websocket: "ws://127.0.0.1:7002".to_owned(),
            },
            playing: None,
        }
    }

    fn empty() -> (Registry, Instant) {
        (Registry::new(7, SUSPECT, SILENCE), Instant::now())
    }

    fn registry() -> (Registry, RoomId, Instant) {
        let (mut registry, now) = empty();
        let room = add(&mut registry, registration(1, true, 6), now);
        (registry, room, now)
    }

    fn add(registry: &mut Registry, registration: Registration, now: Instant) -> RoomId {
        let room = RoomId(Uuid::now_v7());
        registry.register(room, registration, now);
        room
    }

    fn take(registry: &mut Registry, seats: u8, now: Instant) -> Option<(RoomId, Allocation)> {
        registry.take(MatchId(Uuid::now_v7()), &Content::of(b"rules"), seats, now)
    }

    fn free(registry: &Registry, now: Instant) -> usize {
        registry.supply(now).len()
    }

    #[test]
    fn epochs_of_a_later_start_are_higher() {
        let (mut registry, room, now) = registry();
        let (taken, allocation) = take(&mut registry, 6, now).expect("a room should be free");
        assert_eq!((taken, allocation.epoch), (room, Epoch((7 << 32) + 1)));
        assert_eq!(take(&mut registry, 6, now), None, "a busy room takes no second match");
        assert!(Registry::new(8, SUSPECT, SILENCE).epoch > allocation.epoch.0);
    }

    #[test]
    fn a_room_rests_until_it_says_that_it_is_free() {
        let (mut registry, room, now) = registry();
        registry.rest(room, now + SUSPECT);
        assert_eq!(free(&registry, now), 0);
        assert!(registry.freed(room));
        assert_eq!(free(&registry, now), 1);
    }

    #[test]
    fn a_rested_room_takes_a_match_again() {
        let (mut registry, room, now) = registry();
        registry.rest(room, now + Duration::from_secs(1));
        assert_eq!(free(&registry, now + Duration::from_secs(1)), 1);
    }

    #[test]
    fn a_quiet_room_is_suspect_and_then_lost() {
        let (mut registry, room, now) = registry();
        assert_eq!(take(&mut registry, 6, now + SUSPECT), None);
        assert!(registry.step(now + SUSPECT).is_empty());
        assert_eq!(registry.step(now + SILENCE), [room]);
        registry.heard(room, now + SILENCE);
        assert!(registry.step(now + SILENCE).is_empty());
    }

    #[test]
    fn a_busy_room_is_not_freed() {
        let (mut registry, room, now) = registry();
        take(&mut registry, 6, now).expect("a room should be free");
        assert!(!registry.freed(room));
        assert_eq!(free(&registry, now), 0);
    }

    #[test]
    fn a_community_room_makes_no_official_match() {
        let (mut registry, now) = empty();
        add(&mut registry, registration(1, false, 6), now);
        assert_eq!(take(&mut registry, 2, now), None);
        assert_eq!(registry.listed(now).len(), 1, "but it is listed");
    }

    #[test]
    fn a_room_with_other_content_or_too_few_seats_is_passed_over() {
        let (mut registry, now) = empty();
        let other = Registration { content: Content::of(b"other"), ..registration(1, true, 16) };
        add(&mut registry, other, now);
        add(&mut registry, registration(1, true, 2), now);
        assert_eq!(take(&mut registry, 6, now), None);
        assert!(take(&mut registry, 2, now).is_some());
    }

    #[test]
    fn the_fullest_machine_is_filled_first() {
        let (mut registry, now) = empty();
        for machine in [1, 2, 2] {
            add(&mut registry, registration(machine, true, 6), now);
        }
        let busy = add(&mut registry, registration(2, true, 2), now);
        let (small, _) = take(&mut registry, 2, now).expect("a room should be free");
        assert_eq!(small, busy, "the smallest room that is large enough");
        for _ in 0..2 {
            let (room, _) = take(&mut registry, 6, now).expect("a room should be free");
            let machine = registry.get(room).expect("the room should be known").addresses.udp.ip();
            assert_eq!(machine, IpAddr::from([127, 0, 0, 2]));
        }
    }

    #[test]
    fn a_draining_room_gets_no_match() {
        let (mut registry, room, now) = registry();
        assert!(registry.drain(room));
        assert_eq!(take(&mut registry, 6, now), None);
        assert_eq!(registry.listed(now)[0].state, "draining");
    }

    #[test]
    fn a_room_that_drains_keeps_its_match_and_gets_no_other() {
        let (mut registry, room, now) = registry();
        let (_, allocation) = take(&mut registry, 6, now).expect("a room should be free");
        assert!(!registry.drains(room));
        assert!(registry.drain(room));
        assert!(registry.drains(room));
        assert!(registry.holds(room, allocation));
        assert_eq!(registry.listed(now)[0].state, "draining");
        registry.rest(room, now);
        assert!(registry.freed(room));
        assert_eq!(take(&mut registry, 2, now), None);
        add(&mut registry, registration(1, true, 6), now);
        assert!(take(&mut registry, 2, now).is_some_and(|(taken, _)| taken != room));
    }
}
