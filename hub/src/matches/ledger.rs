//! The matches that are not over: pure, stepped with the time it is told.
//!
//! `Allocated → Prepared → Running → Reported`, and `Void` from `Running`. Only the room that
//! holds the current allocation can move its match, and a room of our own that brings its result when
//! that one is lost.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use protocol::{
    id::{AccountId, MatchId, RoomId, Seat},
    key::Content,
    registry::{Allocation, ExpectedPlayer, SeatTicket},
    result::MatchResult,
};

use crate::{matches::store::Opening, matchmaking::queue::Group};

/// A room that has not told the result this long after a match's end never will.
const OVERDUE: Duration = Duration::from_secs(15 * 60);
const UNTOLD: &str = "The room never told the result.";

/// Every match that is being made, played or written down, and who sits in it.
#[derive(Default)]
pub struct Ledger {
    matches: BTreeMap<MatchId, Match>,
    seats: BTreeMap<AccountId, MatchId>,
}

/// One match that is not over.
#[derive(Debug)]
pub struct Match {
    pub opening: Opening,
    /// What its players play with.
    pub content: Content,
    /// Who plays, as they waited: the way back into the queue.
    pub groups: Vec<Group>,
    /// `None` while the room's socket is lost.
    pub room: Option<RoomId>,
    pub phase: Phase,
    /// Handed out when the match is written down.
    pub tickets: Vec<SeatTicket>,
    /// Players who came when it was running.
    pub late: BTreeSet<AccountId>,
    /// Players who asked for a new ticket.
    pub awaiting: BTreeSet<AccountId>,
    /// When a running match will be over, if its beginning was seen.
    pub ends_at: Option<Instant>,
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
    /// A room is asked to prepare this match and has until then.
    pub fn allocate(&mut self, opening: Opening, content: Content, groups: Vec<Group>, until: Instant) {
        let room = Some(opening.room);
        self.insert(Match { room, phase: Phase::Allocated { until }, ..Match::of(opening, content, groups) });
    }

    /// Takes up a match that was running when the hub stopped. Its room has until then.
    pub fn recall(
        &mut self,
        opening: Opening,
        content: Content,
        late: BTreeSet<AccountId>,
        groups: Vec<Group>,
        until: Instant,
        reason: &'static str,
    ) {
        let lost = Some(Lost { until, reason });
        self.insert(Match { phase: Phase::Running, late, lost, ..Match::of(opening, content, groups) });
    }

    pub fn get(&self, match_id: MatchId) -> Option<&Match> {
        self.matches.get(&match_id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Match> {
        self.matches.values()
    }

    /// The match in which somebody holds a seat.
    pub fn of_player(&self, account: AccountId) -> Option<&Match> {
        self.matches.get(self.seats.get(&account)?)
    }

    /// Notes that the match's room is asked for this player's ticket.
    pub fn await_ticket(&mut self, account: AccountId) -> Option<(RoomId, Allocation)> {
        let current = self.matches.get_mut(self.seats.get(&account)?)?;
        let room = current.room.filter(|_| current.phase == Phase::Running)?;
        current.awaiting.insert(account);
        Some((room, current.opening.allocation))
    }

    /// The match, if `room` holds its current allocation.
    pub fn held(&mut self, room: RoomId, allocation: Allocation) -> Option<&mut Match> {
        self.matches
            .get_mut(&allocation.match_id)
            .filter(|current| current.opening.allocation == allocation && current.room == Some(room))
    }

    /// How many matches are being played.
    pub fn running(&self) -> usize {
        self.matches.values().filter(|current| current.phase == Phase::Running).count()
    }

    /// The match is written down and begins. `None` when it is not the one that was prepared.
    pub fn opened(&mut self, allocation: Allocation, ends_at: Instant) -> Option<&mut Match> {
        let current = self.matches.get_mut(&allocation.match_id)?;
        if current.opening.allocation != allocation || current.phase != Phase::Prepared {
            return None;
        }
        current.phase = Phase::Running;
        current.ends_at = Some(ends_at);
        Some(current)
    }

    /// A latecomer sits in a running match from here on.
    pub fn seat(&mut self, allocation: Allocation, player: ExpectedPlayer, group: Group) -> bool {
        let running = self.matches.get_mut(&allocation.match_id).filter(|current| {
            current.opening.allocation == allocation
                && matches!(current.phase, Phase::Running | Phase::Reported | Phase::Void)
        });
        let Some(current) = running else {
            return false;
        };
        self.seats.insert(player.account, allocation.match_id);
        current.late.insert(player.account);
        current.opening.players.push(player);
        current.groups.push(group);
        true
    }

    /// A result arrives from one of our own rooms.
    pub fn report(&mut self, room: RoomId, allocation: Allocation, result: &MatchResult) -> Report {
        let Some(current) = self.matches.get_mut(&allocation.match_id) else {
            return Report::Unknown;
        };
        if current.opening.allocation != allocation || current.room.is_some_and(|held| held != room) {
            return Report::Unknown;
        }
        match current.phase {
            Phase::Running if !current.fits(result) => Report::Misfit,
            Phase::Running => {
                current.phase = Phase::Reported;
                Report::Accepted
            }
            _ => Report::Pending,
        }
    }

    /// The room's socket is gone. Answers the match that was only allocated and needs another room.
    pub fn lose_room(&mut self, room: RoomId, until: Instant, reason: &'static str) -> Option<MatchId> {
        let current = self.matches.values_mut().find(|current| current.room == Some(room))?;
        if matches!(current.phase, Phase::Allocated { .. }) {
            return Some(current.opening.allocation.match_id);
        }
        current.room = None;
        current.awaiting.clear();
        current.lost = Some(Lost { until, reason });
        None
    }

    /// The room is back with its match.
    pub fn adopt(&mut self, allocation: Allocation, room: RoomId) -> Adoption {
        let Some(current) = self.matches.get_mut(&allocation.match_id) else {
            return Adoption::Unknown;
        };
        let kept = matches!(current.phase, Phase::Prepared | Phase::Running | Phase::Reported);
        if current.opening.allocation != allocation || !kept {
            return Adoption::Unknown;
        }
        current.lost = None;
        Adoption::Kept { instead_of: current.room.replace(room) }
    }

    /// From here on no result is accepted. `None` unless the match was prepared or running.
    pub fn begin_void(&mut self, match_id: MatchId) -> Option<&Match> {
        let current = self
            .matches
            .get_mut(&match_id)
            .filter(|current| matches!(current.phase, Phase::Prepared | Phase::Running))?;
        current.phase = Phase::Void;
        Some(current)
    }

    /// The match is over; its players are free.
    pub fn close(&mut self, match_id: MatchId) -> Option<Match> {
        let closed = self.matches.remove(&match_id)?;
        self.seats.retain(|_, held| *held != match_id);
        Some(closed)
    }

    /// The room plays on a match that is void already: it is to be told when that is written down.
    pub fn bring_back(&mut self, allocation: Allocation, room: RoomId) {
        if let Some(current) = self.matches.get_mut(&allocation.match_id)
            && current.opening.allocation == allocation
            && current.phase == Phase::Void
        {
            current.room = Some(room);
        }
    }

    /// Nobody could do anything in this time: every deadline is that much later.
    pub fn excuse(&mut self, time: Duration) {
        for current in self.matches.values_mut() {
            if let Phase::Allocated { until } = &mut current.phase {
                *until += time;
            }
            if let Some(lost) = &mut current.lost {
                lost.until += time;
            }
        }
    }

    pub fn step(&self, now: Instant) -> Vec<Due> {
        self.matches.values().filter_map(|current| current.due(now)).collect()
    }

    fn insert(&mut self, new: Match) {
        let match_id = new.opening.allocation.match_id;
        self.seats.extend(new.opening.players.iter().map(|player| (player.account, match_id)));
        self.matches.insert(match_id, new);
    }
}

impl Match {
    fn of(opening: Opening, content: Content, groups: Vec<Group>) -> Self {
        Self {
            opening,
            content,
            groups,
            room: None,
            phase: Phase::Prepared,
            tickets: Vec::new(),
            late: BTreeSet::new(),
            awaiting: BTreeSet::new(),
            ends_at: None,
            lost: None,
        }
    }

    pub fn accounts(&self) -> Vec<AccountId> {
        self.opening.players.iter().map(|player| player.account).collect()
    }

    pub fn seat_of(&self, account: AccountId) -> Option<Seat> {
        self.player(account).map(|player| player.seat)
    }

    /// Whether every player has exactly one ticket, for the right seat.
    pub fn is_served_by(&self, tickets: &[SeatTicket]) -> bool {
        tickets.len() == self.opening.players.len()
            && tickets.iter().all(|ticket| self.seat_of(ticket.account) == Some(ticket.seat))
            && self
                .opening
                .players
                .iter()
                .all(|player| tickets.iter().filter(|ticket| ticket.account == player.account).count() == 1)
    }

    fn player(&self, account: AccountId) -> Option<&ExpectedPlayer> {
        self.opening.players.iter().find(|player| player.account == account)
    }

    /// The result with the lines of seats that were bots' at first as the hub knows them: a latecomer
    /// has the line even if the room has given the seat up, and nobody has whom we did not seat.
    pub fn as_seated(&self, mut result: MatchResult) -> MatchResult {
        for line in &mut result.seats {
            let holder = self.holder(line.seat);
            if line.account != holder {
                line.account = holder;
                if holder.is_some() {
                    (line.kills, line.deaths) = (0, 0);
                }
            }
        }
        result
    }

    fn holder(&self, seat: Seat) -> Option<AccountId> {
        self.opening.players.iter().find(|player| player.seat == seat).map(|player| player.account)
    }

    /// Whether there is one line a seat, in order, and those who were there from the start have theirs.
    fn fits(&self, result: &MatchResult) -> bool {
        let seats = Seat::first(2 * self.opening.team_size).collect::<Vec<_>>();
        seats.len() == result.seats.len()
            && seats.iter().zip(&result.seats).all(|(seat, line)| {
                let first = self.holder(*seat).filter(|holder| !self.late.contains(holder));
                *seat == line.seat && first.is_none_or(|first| line.account == Some(first))
            })
    }

    fn due(&self, now: Instant) -> Option<Due> {
        let match_id = self.opening.allocation.match_id;
        match (self.phase, &self.lost) {
            (Phase::Allocated { until }, _) if now >= until => Some(Due::PassOver(match_id)),
            (Phase::Running, Some(lost)) if now >= lost.until => Some(Due::Void(match_id, lost.reason)),
            (Phase::Running, None) if self.ends_at.is_some_and(|ends_at| now >= ends_at + OVERDUE) => {
                Some(Due::Void(match_id, UNTOLD))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{
        id::Epoch,
        key::{MapId, ModeId},
        rating::Rating,
        result::SeatResult,
        text::PlayerName,
    };
    use uuid::Uuid;

    use super::*;
    use crate::matchmaking::queue::Waiting;

    const REASON: &str = "the room was lost";

    fn name(name: &str) -> PlayerName {
        PlayerName::new(name).expect("the name should be good")
    }

    fn player() -> ExpectedPlayer {
        let seat = Seat::try_from(0).expect("seat 0 should exist");
        let account = AccountId(Uuid::now_v7());
        ExpectedPlayer { account, name: name("ann"), seat, rating: Rating::FIRST, mutes: Vec::new() }
    }

    fn result(players: &[ExpectedPlayer]) -> MatchResult {
        let seats = Seat::first(6)
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

    fn opening(allocation: Allocation, room: RoomId, players: Vec<ExpectedPlayer>) -> Opening {
        let mode = ModeId::try_from("quick".to_owned()).expect("the mode should be named well");
        let map = MapId::try_from("crossing".to_owned()).expect("the map should be named well");
        Opening { allocation, room, mode, map, team_size: 3, players }
    }

    fn waiting(account: AccountId, since: Instant) -> Group {
        Group {
            members: vec![Waiting { account, rating: 1000.0, away: None }],
            party: None,
            mode: ModeId::try_from("quick".to_owned()).expect("the mode should be named well"),
            content: Content::of(b"rules"),
            since,
            in_front: false,
        }
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
        let until = now + Duration::from_secs(3);
        let content = Content::of(b"rules");
        ledger.allocate(opening(allocation, room, players.clone()), content, Vec::new(), until);
        ledger.held(room, allocation).expect("the room should hold the match").phase = Phase::Prepared;
        assert!(ledger.opened(allocation, until).is_some());
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
    fn a_line_of_somebody_we_did_not_seat_is_a_bots() {
        let mut m = running();
        let stranger = AccountId(Uuid::now_v7());
        let mut result = result(&m.players);
        result.seats[1].account = Some(stranger);
        assert_eq!(m.ledger.report(m.room, m.allocation, &result), Report::Accepted);
        let current = m.ledger.get(m.allocation.match_id).expect("the match should be there");
        assert_eq!(current.as_seated(result).seats[1].account, None);
    }

    #[test]
    fn a_latecomer_has_a_line_even_if_the_room_gave_the_seat_up() {
        let mut m = running();
        let result = result(&m.players);
        let seat = Seat::try_from(1).expect("seat 1 should exist");
        let late = ExpectedPlayer { seat, ..player() };
        assert!(m.ledger.seat(m.allocation, late.clone(), waiting(late.account, m.now)));
        assert_eq!(m.ledger.report(m.room, m.allocation, &result), Report::Accepted);
        let current = m.ledger.get(m.allocation.match_id).expect("the match should be there");
        let line = &current.as_seated(result).seats[1];
        assert_eq!((line.account, line.kills), (Some(late.account), 0));
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
    fn a_later_process_may_bring_the_result_of_a_lost_room() {
        let mut m = running();
        m.ledger.lose_room(m.room, m.now + Duration::from_secs(3), REASON);
        let later = RoomId(Uuid::now_v7());
        assert_eq!(m.ledger.report(later, m.allocation, &result(&m.players)), Report::Accepted);
    }

    #[test]
    fn a_match_whose_room_stays_away_is_void_and_takes_no_result() {
        let mut m = running();
        let until = m.now + Duration::from_secs(3);
        m.ledger.lose_room(m.room, until, REASON);
        assert_eq!(m.ledger.step(until), [Due::Void(m.allocation.match_id, REASON)]);
        assert!(m.ledger.begin_void(m.allocation.match_id).is_some());
        assert_eq!(m.ledger.adopt(m.allocation, m.room), Adoption::Unknown);
        assert_eq!(m.ledger.report(m.room, m.allocation, &result(&m.players)), Report::Pending);
        assert!(m.ledger.of_player(m.players[0].account).is_some());
        assert!(m.ledger.close(m.allocation.match_id).is_some());
        assert!(m.ledger.of_player(m.players[0].account).is_none());
    }

    #[test]
    fn a_room_that_prepares_too_slowly_is_passed_over() {
        let (room, now) = (RoomId(Uuid::now_v7()), Instant::now());
        let allocation = Allocation { match_id: MatchId(Uuid::now_v7()), epoch: Epoch(1) };
        let mut ledger = Ledger::default();
        let until = now + Duration::from_secs(3);
        let content = Content::of(b"rules");
        ledger.allocate(opening(allocation, room, vec![player()]), content, Vec::new(), until);
        assert!(ledger.step(now).is_empty());
        assert_eq!(ledger.step(until), [Due::PassOver(allocation.match_id)]);
    }
}
