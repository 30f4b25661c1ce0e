//! A match from the queue to its end.

use std::time::{Duration, Instant};

use protocol::{
    hub::FromHub,
    id::{AccountId, MatchId, RoomId, Seat},
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket},
    result::MatchResult,
    ticket::Ticket,
};
use uuid::Uuid;

use crate::{
    clock::unix_ms,
    lobby::hall::{Done, Hall},
    matches::{
        ledger::{Match, Phase, Report},
        store::{self, Settlement},
    },
    secret,
    store::StoreError,
};

/// A room that ended a match has this long to reset before it is asked again anyway.
const RESET: Duration = Duration::from_secs(30);

/// Longest ticket a room may mint, in characters; a connect token has 2,731.
const TICKET_CHARS: usize = 4096;

impl Hall {
    /// Seats these players, alternating between the teams, and looks for a room.
    pub(super) fn form(&mut self, accounts: &[AccountId], now: Instant) {
        let players = accounts
            .iter()
            .filter_map(|account| Some((*account, self.players.get(account)?.name.clone())))
            .zip(Seat::all())
            .map(|((account, name), seat)| ExpectedPlayer { account, name, seat })
            .collect::<Vec<_>>();
        self.allocate(MatchId(Uuid::now_v7()), players, now);
    }

    fn allocate(&mut self, match_id: MatchId, players: Vec<ExpectedPlayer>, now: Instant) {
        let Some((room, allocation)) = self.registry.take(match_id, now) else {
            let accounts = players.iter().map(|player| player.account).collect::<Vec<_>>();
            self.requeue(&accounts, now);
            return;
        };
        tracing::info!(
            match_id = %match_id, room.id = %room, epoch = allocation.epoch.0,
            "match of {} players given to a room", players.len()
        );
        let until = now + self.timings.prepare;
        self.ledger.allocate(allocation, players.clone(), room, until);
        let prepare =
            FromRegistry::Prepare { allocation, seed: seed(), seconds: self.match_seconds, players };
        self.tell_room(room, prepare);
    }

    /// The room did not prepare the match, nor will it.
    pub(super) fn pass_over(&mut self, match_id: MatchId, now: Instant) {
        let held = self.ledger.get(match_id).and_then(|held| Some((held.room?, held.allocation)));
        if let Some((room, allocation)) = held {
            tracing::warn!(room.id = %room, match_id = %match_id, "room passed over");
            self.tell_room(room, FromRegistry::Cancel { allocation });
        }
        self.try_next_room(match_id, now);
    }

    /// Asks another room under a new epoch.
    pub(super) fn try_next_room(&mut self, match_id: MatchId, now: Instant) {
        let Some(passed) = self.ledger.close(match_id) else {
            return;
        };
        if let Some(room) = passed.room {
            self.registry.rest(room, now + self.timings.room_rest);
        }
        self.allocate(match_id, passed.players, now);
    }

    pub(super) fn prepared(
        &mut self,
        room: RoomId,
        allocation: Allocation,
        tickets: Vec<SeatTicket>,
        now: Instant,
    ) {
        let Some(current) = self.ledger.held(room, allocation) else {
            self.tell_room(room, FromRegistry::Cancel { allocation });
            return;
        };
        if !matches!(current.phase, Phase::Allocated { .. }) {
            return;
        }
        if !serves_all(current, &tickets) {
            tracing::warn!(room.id = %room, "a room's tickets did not fit the match");
            self.pass_over(allocation.match_id, now);
            return;
        }
        current.phase = Phase::Prepared;
        let (store, players) = (self.store.clone(), current.players.clone());
        self.work.spawn(async move {
            let written = store
                .write(move |connection| store::open(connection, allocation, room, &players, unix_ms()))
                .await;
            Done::Opened { allocation, tickets, written }
        });
    }

    pub(super) fn opened(
        &mut self,
        allocation: Allocation,
        tickets: Vec<SeatTicket>,
        written: Result<(), StoreError>,
        now: Instant,
    ) {
        if let Err(error) = written {
            tracing::error!(%error, "unable to open a match");
            if let Some(closed) = self.ledger.close(allocation.match_id) {
                if let Some(room) = closed.room {
                    self.tell_room(room, FromRegistry::Cancel { allocation });
                    self.registry.rest(room, now + self.timings.room_rest);
                }
                self.requeue(&closed.accounts(), now);
            }
            return;
        }
        if !self.ledger.opened(allocation) {
            return;
        }
        tracing::info!(match_id = %allocation.match_id, "match begins");
        for ticket in tickets {
            self.hand_out(allocation, ticket);
        }
    }

    /// Passes a room's ticket on to its player.
    pub(super) fn hand_out(&mut self, allocation: Allocation, ticket: SeatTicket) {
        let Some(room) = self.ledger.get(allocation.match_id).and_then(|current| current.room) else {
            return;
        };
        let Some(addresses) = self.registry.addresses(room).cloned() else {
            return;
        };
        let found = FromHub::MatchFound {
            ticket: Ticket {
                match_id: allocation.match_id,
                seat: ticket.seat,
                token: ticket.token,
                addresses,
            },
        };
        self.tell_player(ticket.account, found);
    }

    pub(super) fn ticket_issued(&mut self, room: RoomId, allocation: Allocation, ticket: SeatTicket) {
        let Some(current) = self.ledger.held(room, allocation) else {
            return;
        };
        let asked = current.awaiting.remove(&ticket.account);
        if asked && current.phase == Phase::Running && fits(current, &ticket) {
            self.hand_out(allocation, ticket);
        }
    }

    pub(super) fn result_reported(&mut self, room: RoomId, allocation: Allocation, result: MatchResult) {
        match self.ledger.report(room, allocation, &result) {
            Report::Accepted => {
                let store = self.store.clone();
                self.work.spawn(async move {
                    let line = result.clone();
                    let written = store
                        .write(move |connection| store::settle(connection, allocation, &line, unix_ms()))
                        .await;
                    Done::Settled { allocation, result, written }
                });
            }
            Report::Pending => {}
            Report::Misfit => {
                self.void(allocation.match_id, "the room's result did not fit the match");
            }
            Report::Unknown => self.look_up(room, allocation),
        }
    }

    /// Asks the database about a match that is not being played.
    pub(super) fn look_up(&mut self, room: RoomId, allocation: Allocation) {
        let store = self.store.clone();
        self.work.spawn(async move {
            let ended = store.read(move |connection| store::is_ended(connection, allocation)).await;
            Done::Recalled { room, allocation, ended }
        });
    }

    pub(super) fn recalled(
        &mut self,
        room: RoomId,
        allocation: Allocation,
        ended: Result<bool, StoreError>,
        now: Instant,
    ) {
        match ended {
            Ok(true) => self.release(room, FromRegistry::Receipt { allocation }, now),
            Ok(false) => self.release(room, FromRegistry::Cancel { allocation }, now),
            Err(error) => tracing::error!(%error, "unable to look a match up"),
        }
    }

    pub(super) fn settled(
        &mut self,
        allocation: Allocation,
        result: MatchResult,
        written: Result<Settlement, StoreError>,
        now: Instant,
    ) {
        let settlement = match written {
            Ok(settlement) => settlement,
            Err(error) => {
                tracing::error!(%error, "unable to record a result; the room will repeat it");
                self.ledger.report_failed(allocation);
                return;
            }
        };
        let match_id = allocation.match_id;
        if settlement == Settlement::Refused {
            self.voided(match_id, "the match was closed elsewhere".to_owned(), now);
            return;
        }
        let Some(closed) = self.ledger.close(match_id) else {
            return;
        };
        tracing::info!(
            match_id = %match_id, amber = result.amber, azure = result.azure, "match ended"
        );
        if let Some(room) = closed.room {
            self.release(room, FromRegistry::Receipt { allocation }, now);
        }
        for account in closed.accounts() {
            self.tell_player(account, FromHub::MatchEnded { match_id, result: result.clone() });
        }
    }

    pub(super) fn voided(&mut self, match_id: MatchId, reason: String, now: Instant) {
        let Some(closed) = self.ledger.close(match_id) else {
            return;
        };
        if let Some(room) = closed.room {
            self.release(room, FromRegistry::Cancel { allocation: closed.allocation }, now);
        }
        let accounts = closed.accounts();
        for account in &accounts {
            let reason = reason.clone();
            self.tell_player(*account, FromHub::MatchVoid { match_id, reason });
        }
        self.requeue(&accounts, now);
        self.step_queue(now);
    }

    /// Tells a room that its match is over, unless it has another by now.
    fn release(&mut self, room: RoomId, word: FromRegistry, now: Instant) {
        let (FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation }) = &word else {
            return;
        };
        if self.registry.holds(room, *allocation) {
            self.registry.rest(room, now + RESET);
        }
        self.tell_room(room, word);
    }
}

fn serves_all(current: &Match, tickets: &[SeatTicket]) -> bool {
    tickets.len() == current.players.len()
        && tickets.iter().all(|ticket| fits(current, ticket))
        && current.players.iter().all(|player| tickets.iter().any(|ticket| ticket.account == player.account))
}

fn fits(current: &Match, ticket: &SeatTicket) -> bool {
    current.seat_of(ticket.account) == Some(ticket.seat) && ticket.token.len() <= TICKET_CHARS
}

fn seed() -> u64 {
    secret::random().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
