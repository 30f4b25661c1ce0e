//! The matches that are not over: pure, stepped with the time it is told.
//!
//! `Allocated → Prepared → Running → Reported`, and `Void` from the middle two. Only the room that
//! holds the current allocation can move its match.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

use protocol::{
    id::{AccountId, MatchId, RoomId, Seat},
    registry::{Allocation, ExpectedPlayer},
    result::MatchResult,
};

/// Every match that is being made, played or written down, and who sits in it.
#[derive(Default)]
pub struct Ledger {
    matches: BTreeMap<MatchId, Match>,
    seats: HashMap<AccountId, MatchId>,
}

/// One match that is not over.
#[derive(Debug)]
pub struct Match {
    pub allocation: Allocation,
    pub players: Vec<ExpectedPlayer>,
    /// `None` while the room's socket is lost.
    pub room: Option<RoomId>,
    pub phase: Phase,
    /// Players who asked for a new ticket.
    pub awaiting: HashSet<AccountId>,
    lost: Option<Lost>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The room was asked to prepare; it has until then.
    Allocated {
        until: Instant,
    },
    /// The tickets are there; the match is being written down.
    Prepared,
    Running,
    /// The result is being written down.
    Reported,
    /// The void is being written down.
    Void,
}

#[derive(Debug)]
struct Lost {
    until: Instant,
    reason: &'static str,
}

/// What a reported result meets.
#[derive(Debug, PartialEq, Eq)]
pub enum Report {
    /// It fits and is to be written down.
    Accepted,
    /// It came early or again; the room keeps sending.
    Pending,
    /// It does not fit the match.
    Misfit,
    /// There is no such match here.
    Unknown,
}

/// Whether a room that came back keeps its match.
#[derive(Debug, PartialEq, Eq)]
pub enum Adoption {
    /// It does; `instead_of` held it until now.
    Kept { instead_of: Option<RoomId> },
    /// There is no such match here.
    Unknown,
}

/// What has become due.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// The room did not prepare the match in time.
    PassOver(MatchId),
    /// The match's room did not come back.
    Void(MatchId, &'static str),
}

impl Ledger {
    pub fn allocate(
        &mut self,
        allocation: Allocation,
        players: Vec<ExpectedPlayer>,
        room: RoomId,
        until: Instant,
    ) {
        self.insert(Match {
            allocation,
            players,
            room: Some(room),
            phase: Phase::Allocated { until },
            awaiting: HashSet::new(),
            lost: None,
        });
    }

    /// Takes up a match that was running when the hub stopped. Its room has until then.
    pub fn recall(
        &mut self,
        allocation: Allocation,
        players: Vec<ExpectedPlayer>,
        until: Instant,
        reason: &'static str,
    ) {
        self.insert(Match {
            allocation,
            players,
            room: None,
            phase: Phase::Running,
            awaiting: HashSet::new(),
            lost: Some(Lost { until, reason }),
        });
    }

    pub fn get(&self, match_id: MatchId) -> Option<&Match> {
        self.matches.get(&match_id)
    }

    /// The match in which somebody holds a seat.
    pub fn of_player(&mut self, account: AccountId) -> Option<&mut Match> {
        let match_id = self.seats.get(&account)?;
        self.matches.get_mut(match_id)
    }

    /// The match, if `room` holds its current allocation.
    pub fn held(&mut self, room: RoomId, allocation: Allocation) -> Option<&mut Match> {
        self.matches
            .get_mut(&allocation.match_id)
            .filter(|current| current.allocation == allocation && current.room == Some(room))
    }

    /// How many matches are being played.
    pub fn running(&self) -> usize {
        self.matches.values().filter(|current| current.phase == Phase::Running).count()
    }

    /// The match is written down and begins. `false` when it is not the one that was prepared.
    pub fn opened(&mut self, allocation: Allocation) -> bool {
        self.advance(allocation, Phase::Prepared, Phase::Running)
    }

    /// A result arrives.
    pub fn report(&mut self, room: RoomId, allocation: Allocation, result: &MatchResult) -> Report {
        let Some(current) = self.held(room, allocation) else {
            return Report::Unknown;
        };
        match current.phase {
            Phase::Running if !current.fits(result) => Report::Misfit,
            Phase::Running => {
                current.phase = Phase::Reported;
                Report::Accepted
            }
            _ => Report::Pending,
        }
    }

    /// The result could not be written down; the room will send it again.
    pub fn report_failed(&mut self, allocation: Allocation) {
        self.advance(allocation, Phase::Reported, Phase::Running);
    }

    /// The room's socket is gone. Answers the match that was only allocated and needs another room.
    pub fn lose_room(&mut self, room: RoomId, until: Instant, reason: &'static str) -> Option<MatchId> {
        let current = self.matches.values_mut().find(|current| current.room == Some(room))?;
        if matches!(current.phase, Phase::Allocated { .. }) {
            return Some(current.allocation.match_id);
        }
        current.room = None;
        current.lost = Some(Lost { until, reason });
        None
    }

    /// The room is back with its match.
    pub fn adopt(&mut self, allocation: Allocation, room: RoomId) -> Adoption {
        let Some(current) = self.matches.get_mut(&allocation.match_id) else {
            return Adoption::Unknown;
        };
        let kept = matches!(current.phase, Phase::Prepared | Phase::Running | Phase::Reported);
        if current.allocation != allocation || !kept {
            return Adoption::Unknown;
        }
        current.lost = None;
        Adoption::Kept { instead_of: current.room.replace(room) }
    }

    /// From here on no result is accepted. `false` unless the match was running.
    pub fn begin_void(&mut self, match_id: MatchId) -> bool {
        match self.matches.get_mut(&match_id) {
            Some(current) if current.phase == Phase::Running => {
                current.phase = Phase::Void;
                true
            }
            _ => false,
        }
    }

    /// The match is over; its players are free.
    pub fn close(&mut self, match_id: MatchId) -> Option<Match> {
        let closed = self.matches.remove(&match_id)?;
        for player in &closed.players {
            self.seats.remove(&player.account);
        }
        Some(closed)
    }

    pub fn step(&self, now: Instant) -> Vec<Due> {
        self.matches.values().filter_map(|current| current.due(now)).collect()
    }

    fn insert(&mut self, new: Match) {
        let match_id = new.allocation.match_id;
        self.seats.extend(new.players.iter().map(|player| (player.account, match_id)));
        self.matches.insert(match_id, new);
    }

    fn advance(&mut self, allocation: Allocation, from: Phase, to: Phase) -> bool {
        match self.matches.get_mut(&allocation.match_id) {
            Some(current) if current.allocation == allocation && current.phase == from => {
                current.phase = to;
                true
            }
            _ => false,
        }
    }
}

impl Match {
    pub fn accounts(&self) -> Vec<AccountId> {
        self.players.iter().map(|player| player.account).collect()
    }

    pub fn seat_of(&self, account: AccountId) -> Option<Seat> {
        self.players.iter().find(|player| player.account == account).map(|player| player.seat)
    }

    fn fits(&self, result: &MatchResult) -> bool {
        let seated =
            |seat| self.players.iter().find(|player| player.seat == seat).map(|player| player.account);
        Seat::all().count() == result.seats.len()
            && Seat::all()
                .zip(&result.seats)
                .all(|(seat, line)| line.seat == seat && line.account == seated(seat))
    }

    fn due(&self, now: Instant) -> Option<Due> {
        let match_id = self.allocation.match_id;
        match (self.phase, &self.lost) {
            (Phase::Allocated { until }, _) if now >= until => Some(Due::PassOver(match_id)),
            (Phase::Running, Some(lost)) if now >= lost.until => Some(Due::Void(match_id, lost.reason)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::{id::Epoch, result::SeatResult, text::PlayerName};
    use uuid::Uuid;

    use super::*;

    const REASON: &str = "the room was lost";

    fn name(name: &str) -> PlayerName {
        PlayerName::new(name).expect("the name should be good")
    }

    fn player() -> ExpectedPlayer {
        let seat = Seat::try_from(0).expect("seat 0 should exist");
        ExpectedPlayer { account: AccountId(Uuid::now_v7()), name: name("ann"), seat }
    }

    fn result(players: &[ExpectedPlayer]) -> MatchResult {
        let seats = Seat::all()
            .map(|seat| SeatResult {
                seat,
                account: players.iter().find(|p| p.seat == seat).map(|p| p.account),
                name: name("somebody"),
                kills: 1,
                deaths: 2,
            })
            .collect();
        MatchResult { amber: 3, azure: 1, ticks: 600, seats }
    }

    struct Played {
        ledger: Ledger,
        allocation: Allocation,
        room: RoomId,
        players: Vec<ExpectedPlayer>,
        now: Instant,
    }

    fn running() -> Played {
        let (room, now) = (RoomId(Uuid::now_v7()), Instant::now());
        let allocation = Allocation { match_id: MatchId(Uuid::now_v7()), epoch: Epoch(4) };
        let players = vec![player()];
        let mut ledger = Ledger::default();
        ledger.allocate(allocation, players.clone(), room, now + Duration::from_secs(3));
        ledger.held(room, allocation).expect("the room should hold the match").phase = Phase::Prepared;
        assert!(ledger.opened(allocation));
        Played { ledger, allocation, room, players, now }
    }

    #[test]
    fn a_fitting_result_is_accepted_once() {
        let mut m = running();
        let result = result(&m.players);
        assert_eq!(m.ledger.report(m.room, m.allocation, &result), Report::Accepted);
        assert_eq!(m.ledger.report(m.room, m.allocation, &result), Report::Pending);
    }

    #[test]
    fn a_result_of_an_old_epoch_or_another_room_is_refused() {
        let mut m = running();
        let result = result(&m.players);
        let old = Allocation { epoch: Epoch(3), ..m.allocation };
        assert_eq!(m.ledger.report(m.room, old, &result), Report::Unknown);
        let other = RoomId(Uuid::now_v7());
        assert_eq!(m.ledger.report(other, m.allocation, &result), Report::Unknown);
    }

    #[test]
    fn a_result_for_other_players_does_not_fit() {
        let mut m = running();
        let stranger = result(&[player()]);
        assert_eq!(m.ledger.report(m.room, m.allocation, &stranger), Report::Misfit);
        let mut short = result(&m.players);
        short.seats.pop();
        assert_eq!(m.ledger.report(m.room, m.allocation, &short), Report::Misfit);
        let mut unsorted = result(&m.players);
        unsorted.seats.swap(1, 2);
        assert_eq!(m.ledger.report(m.room, m.allocation, &unsorted), Report::Misfit);
    }

    #[test]
    fn a_room_that_comes_back_keeps_its_match() {
        let mut m = running();
        assert_eq!(m.ledger.lose_room(m.room, m.now + Duration::from_secs(3), REASON), None);
        let back = RoomId(Uuid::now_v7());
        assert_eq!(m.ledger.adopt(m.allocation, back), Adoption::Kept { instead_of: None });
        assert!(m.ledger.step(m.now + Duration::from_secs(9)).is_empty());
        assert_eq!(m.ledger.report(back, m.allocation, &result(&m.players)), Report::Accepted);
    }

    #[test]
    fn a_match_whose_room_stays_away_is_void_and_takes_no_result() {
        let mut m = running();
        let until = m.now + Duration::from_secs(3);
        m.ledger.lose_room(m.room, until, REASON);
        assert_eq!(m.ledger.step(until), [Due::Void(m.allocation.match_id, REASON)]);
        assert!(m.ledger.begin_void(m.allocation.match_id));
        assert_eq!(m.ledger.adopt(m.allocation, m.room), Adoption::Unknown);
        assert!(m.ledger.of_player(m.players[0].account).is_some());
        assert!(m.ledger.close(m.allocation.match_id).is_some());
        assert!(m.ledger.of_player(m.players[0].account).is_none());
    }

    #[test]
    fn a_room_that_prepares_too_slowly_is_passed_over() {
        let (room, now) = (RoomId(Uuid::now_v7()), Instant::now());
        let allocation = Allocation { match_id: MatchId(Uuid::now_v7()), epoch: Epoch(1) };
        let mut ledger = Ledger::default();
        ledger.allocate(allocation, vec![player()], room, now + Duration::from_secs(3));
        assert!(ledger.step(now).is_empty());
        let late = ledger.step(now + Duration::from_secs(3));
        assert_eq!(late, [Due::PassOver(allocation.match_id)]);
    }
}
