//! Newcomers: single players who take a bot's seat in a match that runs already. Only matches that
//! move no rating take them, since a side that changes cannot be rated.

use std::time::{Duration, Instant};

use protocol::{
    hub::FromHub,
    id::{AccountId, MatchId, RoomId, Team},
    refusal::Refusal,
    registry::{Allocation, ExpectedPlayer, FromRegistry, Newcomer, SeatTicket},
};

use crate::{
    clock::Now,
    lobby::{deed::Deed, hall::Hall},
    matches::ledger::{Match, Phase},
    matchmaking::queue::Group,
};

/// A match that is over sooner takes nobody any more.
const WORTH_IT: Duration = Duration::from_secs(60);

/// Somebody whom a room was asked to let in.
pub(super) struct Arriving {
    pub allocation: Allocation,
    pub room: RoomId,
    pub group: Group,
    pub until: Instant,
    /// The room's ticket, while the seat is written down.
    pub ticket: Option<SeatTicket>,
}

impl Hall {
    pub(super) fn step_newcomers(&mut self, now: Now) {
        let late = self
            .arriving
            .iter()
            .filter(|(_, arriving)| arriving.ticket.is_none() && now.at >= arriving.until)
            .map(|(account, _)| *account)
            .collect::<Vec<_>>();
        for account in late {
            self.not_let_in(account, now);
        }
        let singles = self
            .queue
            .groups()
            .filter(|group| group.members.len() == 1 && group.present())
            .filter(|group| self.modes.get(&group.mode).is_some_and(|mode| mode.fills_running))
            .filter_map(|group| Some((group.accounts().next()?, group.clone())))
            .collect::<Vec<_>>();
        for (account, group) in singles {
            if let Some((allocation, room)) = self.open_match(&group, now) {
                self.let_in(account, allocation, room, now);
            }
        }
    }

    /// The running match with a bot's seat that has longest to go.
    fn open_match(&self, group: &Group, now: Now) -> Option<(Allocation, RoomId)> {
        self.ledger
            .iter()
            .filter(|current| current.phase == Phase::Running && current.opening.mode == group.mode)
            .filter(|current| !self.closed.contains(&current.opening.allocation.match_id))
            .filter(|current| current.ends_at.is_some_and(|ends_at| ends_at >= now.at + WORTH_IT))
            .filter(|current| !is_even(current) && self.seats_left(current) > 0)
            .filter_map(|current| Some((current, current.room?)))
            .filter(|(_, room)| self.registry.get(*room).is_some_and(|room| room.content == group.content))
            .max_by_key(|(current, _)| current.ends_at)
            .map(|(current, room)| (current.opening.allocation, room))
    }

    fn seats_left(&self, current: &Match) -> usize {
        let asked =
            self.arriving.values().filter(|arriving| arriving.allocation == current.opening.allocation);
        (2 * usize::from(current.opening.team_size))
            .saturating_sub(current.opening.players.len() + asked.count())
    }

    fn let_in(&mut self, account: AccountId, allocation: Allocation, room: RoomId, now: Now) {
        let Some(player) = self.players.get(&account) else {
            return;
        };
        let seated = self.ledger.get(allocation.match_id).map(Match::accounts).unwrap_or_default();
        let newcomer = Newcomer {
            account,
            name: player.name.clone(),
            rating: player.rating,
            mutes: player.mutes.iter().map(|(muted, _)| *muted).filter(|m| seated.contains(m)).collect(),
        };
        let Some(group) = self.queue.leave(account) else {
            return;
        };
        let until = now.at + self.timings.prepare;
        self.arriving.insert(account, Arriving { allocation, room, group, until, ticket: None });
        self.tell_room(room, FromRegistry::Admit { allocation, player: newcomer });
    }

    /// The room has a seat: it is written down before the ticket is handed out.
    pub(super) fn seat_found(&mut self, room: RoomId, allocation: Allocation, ticket: &SeatTicket) -> bool {
        let Some(arriving) = self
            .arriving
            .get_mut(&ticket.account)
            .filter(|arriving| arriving.allocation == allocation && arriving.room == room)
        else {
            return false;
        };
        let taken = self.ledger.get(allocation.match_id).is_none_or(|current| {
            current.phase != Phase::Running
                || current.opening.players.iter().any(|player| player.seat == ticket.seat)
                || ticket.seat.index() >= 2 * current.opening.team_size
        });
        if taken {
            return true;
        }
        if arriving.ticket.replace(ticket.clone()).is_some() {
            return true;
        }
        let Some(player) = self.players.get(&ticket.account) else {
            return true;
        };
        let player = ExpectedPlayer {
            account: ticket.account,
            name: player.name.clone(),
            seat: ticket.seat,
            rating: player.rating,
            mutes: Vec::new(),
        };
        self.write(Deed::Admit { allocation, player });
        true
    }

    /// The seat is written down, or could not be.
    pub(super) fn admitted(
        &mut self,
        allocation: Allocation,
        player: ExpectedPlayer,
        seated: bool,
        now: Now,
    ) {
        let account = player.account;
        let Some(arriving) = self.arriving.remove(&account) else {
            return;
        };
        if !seated || !self.ledger.seat(allocation, player, arriving.group.clone()) {
            self.closed.insert(allocation.match_id);
            self.enlist(Group { in_front: true, ..arriving.group }, now);
            return;
        }
        tracing::info!(match_id = %allocation.match_id, account.id = %account, "a newcomer takes a bot's seat");
        if let Some(ticket) = arriving.ticket {
            self.hand_out(allocation, ticket);
        }
    }

    /// The player's seat in a running match is being written down: there is no way back.
    pub(super) fn is_being_seated(&self, account: AccountId) -> bool {
        self.arriving.get(&account).is_some_and(|arriving| arriving.ticket.is_some())
    }

    /// The room does not let the player in: back to the front, and nobody else tries this match.
    pub(super) fn not_let_in(&mut self, account: AccountId, now: Now) {
        if let Some(arriving) = self.arriving.remove(&account) {
            self.closed.insert(arriving.allocation.match_id);
            self.put_back(vec![arriving.group], now);
        }
    }

    /// The match is over or its room is lost: who was on the way goes back to the front.
    pub(super) fn turn_back(&mut self, match_id: MatchId, now: Now) {
        let accounts = self
            .arriving
            .iter()
            .filter(|(_, arriving)| arriving.allocation.match_id == match_id && arriving.ticket.is_none())
            .map(|(account, _)| *account)
            .collect::<Vec<_>>();
        for account in accounts {
            self.not_let_in(account, now);
        }
    }

    /// Tells a player why there is no ticket.
    pub(super) fn ticket_declined(
        &mut self,
        room: RoomId,
        allocation: Allocation,
        account: AccountId,
        detail: String,
        now: Now,
    ) {
        let arrives = self.arriving.get(&account).is_some_and(|arriving| {
            arriving.allocation == allocation && arriving.room == room && arriving.ticket.is_none()
        });
        if arrives {
            self.not_let_in(account, now);
            return;
        }
        let asked = self.ledger.held(room, allocation).is_some_and(|held| held.awaiting.remove(&account));
        if asked {
            let refusal = Refusal::RoomUnavailable { detail };
            self.tell_player(account, FromHub::Declined { refusal });
        }
    }
}

/// Whether the match is rated as it stands: from the start as many players on one side as on the other.
fn is_even(current: &Match) -> bool {
    let on = |team: Team| current.opening.players.iter().filter(|player| player.seat.team() == team).count();
    current.late.is_empty() && on(Team::Amber) == on(Team::Azure)
}
