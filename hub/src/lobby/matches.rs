//! A match from its line-up to its end.

use std::time::Duration;

use protocol::{
    hub::FromHub,
    id::{AccountId, MatchId, RoomId, Team},
    rating::RatingChange,
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket},
    result::MatchResult,
    ticket::Ticket,
};

use crate::{
    clock::Now,
    lobby::{
        deed::{Deed, change_of},
        hall::Hall,
        waiting::entries,
    },
    matches::{
        ledger::{Phase, Report},
        store::{Opening, Settlement, Standing},
    },
    matchmaking::queue::Lineup,
};

/// A room that ended a match has this long to reset before it is asked again anyway.
const RESET: Duration = Duration::from_secs(30);

const UNWRITTEN: &str = "The hub could not write down that it began.";

/// Longest ticket a room may mint, in characters; a connect token has 2,731.
const TICKET_CHARS: usize = 4096;

impl Hall {
    /// Gives the match to a room; without one its players go back to the front.
    pub(super) fn allocate(&mut self, lineup: Lineup, now: Now) {
        let Some(mode) = self.modes.get(&lineup.mode).cloned() else {
            return self.put_back(lineup.into_groups(), now);
        };
        let match_id = self.new_match_id(now);
        let taken = self.registry.take(match_id, &lineup.content, mode.seats(), now.at);
        let Some((room, allocation)) = taken else {
            return self.put_back(lineup.into_groups(), now);
        };
        let players = self.expected(&lineup);
        tracing::info!(
            match_id = %match_id, room.id = %room, epoch = allocation.epoch.0, mode = %mode.id,
            "match of {} players given to a room", players.len()
        );
        let seed = self.seed();
        let map = mode.maps[(seed % mode.maps.len() as u64) as usize].clone();
        let opening = Opening {
            allocation,
            room,
            mode: mode.id.clone(),
            map: map.clone(),
            team_size: mode.team_size,
            players: players.clone(),
        };
        let until = now.at + self.timings.prepare;
        self.ledger.allocate(opening, lineup.content.clone(), lineup.into_groups(), until);
        let prepare = FromRegistry::Prepare {
            allocation,
            mode: mode.id,
            map,
            team_size: mode.team_size,
            seed,
            seconds: mode.match_seconds,
            players,
        };
        self.tell_room(room, prepare);
    }

    /// What the room must know of those who will come, and nothing of others.
    fn expected(&self, lineup: &Lineup) -> Vec<ExpectedPlayer> {
        let accounts = lineup.accounts();
        lineup
            .seats()
            .into_iter()
            .filter_map(|(account, seat)| {
                let player = self.players.get(&account)?;
                let mutes = player.mutes.iter().map(|(muted, _)| *muted);
                Some(ExpectedPlayer {
                    account,
                    name: player.name.clone(),
                    seat,
                    rating: player.rating,
                    mutes: mutes.filter(|muted| accounts.contains(muted)).collect(),
                })
            })
            .collect()
    }

    /// The room did not prepare the match, nor will it.
    pub(super) fn pass_over(&mut self, match_id: MatchId, now: Now) {
        let held = self.ledger.get(match_id).and_then(|held| Some((held.room?, held.opening.allocation)));
        if let Some((room, allocation)) = held {
            tracing::warn!(room.id = %room, match_id = %match_id, "room passed over");
            self.tell_room(room, FromRegistry::Cancel { allocation });
        }
        self.try_next_room(match_id, now);
    }

    /// Asks another room under a new epoch.
    pub(super) fn try_next_room(&mut self, match_id: MatchId, now: Now) {
        let Some(passed) = self.ledger.close(match_id) else {
            return;
        };
        if let Some(room) = passed.room {
            self.registry.rest(room, now.at + self.timings.room_rest);
        }
        let (amber, azure) = passed.groups.into_iter().partition(|group| {
            let seat = group
                .accounts()
                .find_map(|account| passed.opening.players.iter().find(|player| player.account == account));
            seat.is_some_and(|player| player.seat.team() == Team::Amber)
        });
        let (mode, content) = (passed.opening.mode, passed.content);
        self.allocate(Lineup { mode, content, amber, azure }, now);
    }

    pub(super) fn prepared(
        &mut self,
        room: RoomId,
        allocation: Allocation,
        tickets: Vec<SeatTicket>,
        now: Now,
    ) {
        let Some(current) = self.ledger.held(room, allocation) else {
            self.tell_room(room, FromRegistry::Cancel { allocation });
            return;
        };
        if !matches!(current.phase, Phase::Allocated { .. }) {
            return;
        }
        if !current.is_served_by(&tickets) || tickets.iter().any(|ticket| ticket.token.len() > TICKET_CHARS) {
            tracing::warn!(room.id = %room, "a room's tickets did not fit the match");
            self.pass_over(allocation.match_id, now);
            return;
        }
        current.phase = Phase::Prepared;
        current.tickets = tickets;
        let opening = current.opening.clone();
        self.write(Deed::Open { opening });
    }

    pub(super) fn opened(&mut self, allocation: Allocation, now: Now) {
        let length = self
            .ledger
            .get(allocation.match_id)
            .and_then(|current| self.modes.get(&current.opening.mode))
            .map_or(0, |mode| mode.match_seconds);
        let ends_at = now.at + Duration::from_secs(length.into());
        let Some(current) = self.ledger.opened(allocation, ends_at) else {
            return;
        };
        tracing::info!(match_id = %allocation.match_id, "match begins");
        for ticket in std::mem::take(&mut current.tickets) {
            self.hand_out(allocation, ticket);
        }
    }

    /// Whether the match is written down is not known: it is void in any case, and its players wait on.
    pub(super) fn not_opened(&mut self, allocation: Allocation, now: Now) {
        if self.ledger.get(allocation.match_id).is_some_and(|held| held.opening.allocation == allocation) {
            self.void(allocation.match_id, UNWRITTEN, now);
        }
    }

    /// Passes a room's ticket on to its player.
    pub(super) fn hand_out(&mut self, allocation: Allocation, ticket: SeatTicket) {
        let room = self.ledger.get(allocation.match_id).and_then(|current| current.room);
        let Some(registration) = room.and_then(|room| self.registry.get(room)) else {
            return;
        };
        let found = FromHub::MatchFound {
            ticket: Ticket {
                match_id: allocation.match_id,
                seat: ticket.seat,
                token: ticket.token,
                addresses: registration.addresses.clone(),
            },
        };
        self.tell_player(ticket.account, found);
    }

    pub(super) fn ticket_issued(&mut self, room: RoomId, allocation: Allocation, ticket: SeatTicket) {
        if ticket.token.len() > TICKET_CHARS || self.seat_found(room, allocation, &ticket) {
            return;
        }
        let Some(current) = self.ledger.held(room, allocation) else {
            return;
        };
        let asked = current.awaiting.remove(&ticket.account);
        let fits = current.seat_of(ticket.account) == Some(ticket.seat);
        if asked && fits && current.phase == Phase::Running {
            self.hand_out(allocation, ticket);
        }
    }

    pub(super) fn result_reported(
        &mut self,
        room: RoomId,
        allocation: Allocation,
        result: MatchResult,
        now: Now,
    ) {
        match self.ledger.report(room, allocation, &result) {
            Report::Accepted => {
                let current = self.ledger.get(allocation.match_id);
                let result = current.map_or(result.clone(), |current| current.as_seated(result));
                self.turn_back(allocation.match_id, now);
                self.write(Deed::Settle { room, allocation, result });
            }
            Report::Pending => {}
            Report::Misfit => {
                self.void(allocation.match_id, "The room's result did not fit the match.", now);
            }
            Report::Unknown => self.write(Deed::LookUp { room, allocation }),
        }
    }

    /// What the database says of a match that is not being played.
    pub(super) fn looked_up(&mut self, room: RoomId, allocation: Allocation, standing: Standing, now: Now) {
        match standing {
            Standing::Ended => self.release(room, FromRegistry::Receipt { allocation }, now),
            Standing::Void | Standing::Unknown => {
                self.release(room, FromRegistry::Cancel { allocation }, now);
            }
            Standing::Running => self.ledger.bring_back(allocation, room),
        }
    }

    pub(super) fn settled(
        &mut self,
        room: RoomId,
        allocation: Allocation,
        result: MatchResult,
        settlement: Settlement,
        now: Now,
    ) {
        let match_id = allocation.match_id;
        let changes = match settlement {
            Settlement::Recorded(changes) | Settlement::Repeated(changes) => changes,
            Settlement::Refused => return self.voided(match_id, "The match was closed elsewhere.", now),
        };
        self.release(room, FromRegistry::Receipt { allocation }, now);
        let Some(closed) = self.ledger.close(match_id) else {
            return;
        };
        tracing::info!(match_id = %match_id, amber = result.amber, azure = result.azure, "match ended");
        for account in closed.accounts() {
            let rating = change_of(&changes, account);
            self.rated(account, &rating);
            self.tell_player(account, FromHub::MatchEnded { match_id, result: result.clone(), rating });
        }
    }

    fn rated(&mut self, account: AccountId, change: &RatingChange) {
        if let RatingChange::Rated { after, .. } = change {
            self.queue.set_rating(account, f64::from(after.0));
            if let Some(player) = self.players.get_mut(&account) {
                player.rating = *after;
            }
        }
    }

    /// Ends a match without a result. Its players are told when that is written down.
    pub(super) fn void(&mut self, match_id: MatchId, reason: &'static str, now: Now) {
        let Some(current) = self.ledger.begin_void(match_id) else {
            return;
        };
        tracing::warn!(match_id = %match_id, "match void: {reason}");
        let allocation = current.opening.allocation;
        let arriving = self.arriving.values().filter(|arriving| arriving.allocation == allocation);
        let seated = arriving.filter(|arriving| arriving.ticket.is_some()).map(|arriving| &arriving.group);
        let back = current.groups.iter().chain(seated).flat_map(|group| entries(group, now)).collect();
        self.turn_back(match_id, now);
        self.write(Deed::Void { allocation, reason, back });
    }

    pub(super) fn voided(&mut self, match_id: MatchId, reason: &str, now: Now) {
        let Some(closed) = self.ledger.close(match_id) else {
            return;
        };
        if let Some(room) = closed.room {
            let allocation = closed.opening.allocation;
            self.release(room, FromRegistry::Cancel { allocation }, now);
        }
        for account in closed.accounts() {
            let reason = reason.to_owned();
            self.tell_player(account, FromHub::MatchVoid { match_id, reason });
        }
        self.put_back(closed.groups, now);
        self.step_queue(now);
    }

    /// Tells a room that its match is over, unless it has another by now.
    fn release(&mut self, room: RoomId, word: FromRegistry, now: Now) {
        let (FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation }) = &word else {
            return;
        };
        if self.registry.holds(room, *allocation) {
            self.registry.rest(room, now.at + RESET);
        }
        self.tell_room(room, word);
    }
}
