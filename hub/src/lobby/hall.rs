//! The lobby's state, and the steps that time brings about.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use protocol::{
    hub::FromHub,
    id::{AccountId, Epoch, MatchId, RoomId},
    registry::{Allocation, FromRegistry, SeatTicket},
    result::MatchResult,
    text::PlayerName,
};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    clock::unix_ms,
    config::{Config, Timings},
    lobby::Overview,
    matches::{
        ledger::{Due, Ledger},
        store::{self, Settlement},
    },
    matchmaking::queue::{Decision, Queue},
    rooms::registry::Registry,
    secret::TokenHash,
    socket::outbox::{Link, Outbox},
    store::{Store, StoreError},
};

const NOT_BACK: &str = "the hub restarted and the room did not come back";

/// How often a void is tried to be written down before it is left to the next start.
const VOID_TRIES: u32 = 5;

/// Everything the lobby knows. Owned by one task.
pub struct Hall {
    pub(super) players: HashMap<AccountId, Player>,
    pub(super) rooms: HashMap<RoomId, RoomLink>,
    pub(super) queue: Queue,
    pub(super) registry: Registry,
    pub(super) ledger: Ledger,
    pub(super) timings: Timings,
    pub(super) match_seconds: u16,
    pub(super) roster: Roster,
    /// Writes and look-ups under way.
    pub(super) work: JoinSet<Done>,
    pub(super) overview: watch::Sender<Overview>,
    pub(super) store: Store,
}

/// Somebody with an open socket.
pub(super) struct Player {
    pub link: Link,
    pub name: PlayerName,
    pub session: TokenHash,
    pub outbox: Outbox<FromHub>,
}

/// The open socket of a registered room.
pub(super) struct RoomLink {
    pub link: Link,
    pub outbox: Outbox<FromRegistry>,
}

/// Whether everybody knows who is here.
pub(super) struct Roster {
    pub changed: bool,
    pub told: Instant,
}

/// What became of work beside the lobby.
pub enum Done {
    Opened {
        allocation: Allocation,
        tickets: Vec<SeatTicket>,
        written: Result<(), StoreError>,
    },
    Settled {
        allocation: Allocation,
        result: MatchResult,
        written: Result<Settlement, StoreError>,
    },
    Voided {
        match_id: MatchId,
        reason: String,
    },
    /// Whether a match that is not being played has a recorded result.
    Recalled {
        room: RoomId,
        allocation: Allocation,
        ended: Result<bool, StoreError>,
    },
}

impl Hall {
    /// Begins where the last process stopped.
    pub async fn recall(store: Store, config: &Config, now: Instant) -> Result<Self, StoreError> {
        let timings = config.timings;
        let last = store.read(store::last_epoch).await?;
        let mut ledger = Ledger::default();
        for running in store.read(store::running).await? {
            tracing::info!(match_id = %running.allocation.match_id, "waiting for a match's room");
            let until = now + timings.restart_return;
            ledger.recall(running.allocation, running.players, until, NOT_BACK);
        }
        Ok(Self {
            players: HashMap::new(),
            rooms: HashMap::new(),
            queue: Queue::new(timings.bots_after, timings.queue_grace),
            registry: Registry::new(Epoch(last), timings.room_suspect, timings.room_silence),
            ledger,
            timings,
            match_seconds: config.match_seconds,
            roster: Roster { changed: false, told: now },
            work: JoinSet::new(),
            overview: watch::Sender::new(Overview::default()),
            store,
        })
    }

    /// Does what is due.
    pub fn step(&mut self, now: Instant) {
        for room in self.registry.step(now) {
            self.lose_silent_room(room, now);
        }
        for due in self.ledger.step(now) {
            match due {
                Due::PassOver(match_id) => self.pass_over(match_id, now),
                Due::Void(match_id, reason) => self.void(match_id, reason),
            }
        }
        self.step_queue(now);
        self.tell_roster(now);
    }

    pub(super) fn step_queue(&mut self, now: Instant) {
        for decision in self.queue.step(now, self.registry.free(now)) {
            match decision {
                Decision::Form(accounts) => self.form(&accounts, now),
                Decision::Tell { waiting, note } => {
                    for account in self.queue.accounts() {
                        if let Some(player) = self.players.get(&account) {
                            player.outbox.put(FromHub::Queued { waiting, note });
                        }
                    }
                }
            }
        }
    }

    /// Goes on where work beside the lobby ended.
    pub fn carry_on(&mut self, done: Done, now: Instant) {
        match done {
            Done::Opened { allocation, tickets, written } => {
                self.opened(allocation, tickets, written, now);
            }
            Done::Settled { allocation, result, written } => {
                self.settled(allocation, result, written, now);
            }
            Done::Voided { match_id, reason } => self.voided(match_id, reason, now),
            Done::Recalled { room, allocation, ended } => {
                self.recalled(room, allocation, ended, now);
            }
        }
    }

    /// Lets pages see what has changed.
    pub fn publish(&self, now: Instant) {
        let overview = Overview {
            players_online: self.players.len(),
            waiting: self.queue.count(),
            rooms: self.registry.count(),
            rooms_free: self.registry.free(now),
            matches_running: self.ledger.running(),
            origins: self
                .registry
                .all_addresses()
                .flat_map(|room| [room.webtransport.url.clone(), room.websocket.clone()])
                .collect(),
        };
        self.overview.send_if_modified(|published| {
            let changed = *published != overview;
            if changed {
                *published = overview;
            }
            changed
        });
    }

    pub(super) fn tell_player(&self, account: AccountId, message: FromHub) {
        if let Some(player) = self.players.get(&account) {
            player.outbox.put(message);
        }
    }

    pub(super) fn tell_room(&self, room: RoomId, message: FromRegistry) {
        if let Some(room) = self.rooms.get(&room) {
            room.outbox.put(message);
        }
    }

    /// Puts players whose match came to nothing before all others.
    pub(super) fn requeue(&mut self, accounts: &[AccountId], now: Instant) {
        self.queue.put_in_front(accounts, now);
        for account in accounts {
            if !self.players.contains_key(account) {
                self.queue.away(*account, now);
            }
        }
    }

    /// Ends a match without a result. Its players are told when that is written down.
    pub(super) fn void(&mut self, match_id: MatchId, reason: &str) {
        let Some(allocation) = self.ledger.get(match_id).map(|found| found.allocation) else {
            return;
        };
        if !self.ledger.begin_void(match_id) {
            return;
        }
        tracing::warn!(match_id = %match_id, "match void: {reason}");
        let (store, reason) = (self.store.clone(), reason.to_owned());
        self.work.spawn(async move {
            for attempt in 1..=VOID_TRIES {
                let words = reason.clone();
                let written =
                    store.write(move |connection| store::void(connection, allocation, &words, unix_ms()));
                match written.await {
                    Ok(_) => break,
                    Err(error) => {
                        tracing::error!(%error, match_id = %match_id, "unable to void a match");
                        tokio::time::sleep(Duration::from_millis(200) * attempt).await;
                    }
                }
            }
            Done::Voided { match_id, reason }
        });
    }
}
