//! The registered rooms: pure, stepped with the time it is told.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use protocol::{
    id::{Epoch, MatchId, RoomId},
    registry::Allocation,
    ticket::RoomAddresses,
};

/// Who is registered, and which epoch was last.
pub struct Registry {
    rooms: BTreeMap<RoomId, Room>,
    epoch: Epoch,
    suspect: Duration,
    silence: Duration,
}

/// One registered room.
struct Room {
    addresses: RoomAddresses,
    heard: Instant,
    state: RoomState,
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
    /// `last` is the highest epoch ever given.
    pub fn new(last: Epoch, suspect: Duration, silence: Duration) -> Self {
        Self { rooms: BTreeMap::new(), epoch: last, suspect, silence }
    }

    pub fn register(
        &mut self,
        room: RoomId,
        addresses: RoomAddresses,
        playing: Option<Allocation>,
        now: Instant,
    ) {
        let state = playing.map_or(RoomState::Free, RoomState::Busy);
        self.rooms.insert(room, Room { addresses, heard: now, state });
    }

    pub fn leave(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }

    pub fn heard(&mut self, room: RoomId, now: Instant) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.heard = now;
        }
    }

    /// Gives a match to a room that can take it, under a fresh epoch.
    pub fn take(&mut self, match_id: MatchId, now: Instant) -> Option<(RoomId, Allocation)> {
        let suspect = self.suspect;
        let (id, room) = self.rooms.iter_mut().find(|(_, room)| room.ready(now, suspect))?;
        self.epoch = Epoch(self.epoch.0 + 1);
        let allocation = Allocation { match_id, epoch: self.epoch };
        room.state = RoomState::Busy(allocation);
        Some((*id, allocation))
    }

    /// The room has no match and gets none before `until`.
    pub fn rest(&mut self, room: RoomId, until: Instant) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.state = RoomState::Resting { until };
        }
    }

    /// The room says that it is free. Answers the allocation it was believed to hold, which stays.
    pub fn freed(&mut self, room: RoomId) -> Option<Allocation> {
        let room = self.rooms.get_mut(&room)?;
        match room.state {
            RoomState::Busy(allocation) => Some(allocation),
            RoomState::Free | RoomState::Resting { .. } => {
                room.state = RoomState::Free;
                None
            }
        }
    }

    /// Whether the room is believed to hold this allocation.
    pub fn holds(&self, room: RoomId, allocation: Allocation) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.state == RoomState::Busy(allocation))
    }

    pub fn addresses(&self, room: RoomId) -> Option<&RoomAddresses> {
        self.rooms.get(&room).map(|room| &room.addresses)
    }

    pub fn all_addresses(&self) -> impl Iterator<Item = &RoomAddresses> {
        self.rooms.values().map(|room| &room.addresses)
    }

    pub fn count(&self) -> usize {
        self.rooms.len()
    }

    pub fn free(&self, now: Instant) -> usize {
        self.rooms.values().filter(|room| room.ready(now, self.suspect)).count()
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
    fn ready(&self, now: Instant, suspect: Duration) -> bool {
        let rested = match self.state {
            RoomState::Free => true,
            RoomState::Busy(_) => false,
            RoomState::Resting { until } => now >= until,
        };
        rested && now.duration_since(self.heard) < suspect
    }
}

#[cfg(test)]
mod tests {
    use protocol::{challenge::Bytes32, ticket::WebTransportAddress};
    use uuid::Uuid;

    use super::*;

    const SUSPECT: Duration = Duration::from_secs(3);
    const SILENCE: Duration = Duration::from_secs(10);

    fn addresses() -> RoomAddresses {
        RoomAddresses {
            udp: ([127, 0, 0, 1], 7000).into(),
            webtransport: WebTransportAddress {
                url: "https://127.0.0.1:7001".to_owned(),
                digest: Bytes32([0; 32]),
            },
            websocket: "ws://127.0.0.1:7002".to_owned(),
        }
    }

    fn registry() -> (Registry, RoomId, Instant) {
        let (room, now) = (RoomId(Uuid::now_v7()), Instant::now());
        let mut registry = Registry::new(Epoch(7), SUSPECT, SILENCE);
        registry.register(room, addresses(), None, now);
        (registry, room, now)
    }

    fn match_id() -> MatchId {
        MatchId(Uuid::now_v7())
    }

    #[test]
    fn epochs_count_up_from_the_last_one_known() {
        let (mut registry, room, now) = registry();
        let (taken, allocation) = registry.take(match_id(), now).expect("a room should be free");
        assert_eq!((taken, allocation.epoch), (room, Epoch(8)));
        assert_eq!(registry.take(match_id(), now), None, "a busy room takes no second match");
    }

    #[test]
    fn a_room_rests_until_it_says_that_it_is_free() {
        let (mut registry, room, now) = registry();
        registry.rest(room, now + SUSPECT);
        assert_eq!(registry.free(now), 0);
        assert_eq!(registry.freed(room), None);
        assert_eq!(registry.free(now), 1);
    }

    #[test]
    fn a_rested_room_takes_a_match_again() {
        let (mut registry, room, now) = registry();
        registry.rest(room, now + Duration::from_secs(1));
        assert_eq!(registry.free(now + Duration::from_secs(1)), 1);
    }

    #[test]
    fn a_quiet_room_is_suspect_and_then_lost() {
        let (mut registry, room, now) = registry();
        assert_eq!(registry.take(match_id(), now + SUSPECT), None);
        assert!(registry.step(now + SUSPECT).is_empty());
        assert_eq!(registry.step(now + SILENCE), [room]);
        registry.heard(room, now + SILENCE);
        assert!(registry.step(now + SILENCE).is_empty());
    }

    #[test]
    fn a_busy_room_that_says_it_is_free_names_the_match_it_dropped() {
        let (mut registry, room, now) = registry();
        let (_, allocation) = registry.take(match_id(), now).expect("a room should be free");
        assert_eq!(registry.freed(room), Some(allocation));
        assert_eq!(registry.free(now), 0);
    }
}
