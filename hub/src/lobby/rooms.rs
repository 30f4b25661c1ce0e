//! Rooms: how they come, what they say, and how they go.

use protocol::{
    hub::FromHub,
    id::RoomId,
    refusal::Refusal,
    registry::{Allocation, FromRegistry, ToRegistry},
};

use crate::{
    clock::Now,
    lobby::{deed::Deed, hall::Hall},
    matches::ledger::{Adoption, Match, Phase},
    rooms::registry::Registration,
    socket::outbox::Link,
};

const LOST: &str = "The room was lost.";
const SILENT: &str = "The room went silent.";
const DROPPED: &str = "The room dropped the match.";

impl Hall {
    pub(super) fn room_registered(&mut self, link: Link, registration: Registration, now: Now) {
        let Registration { official, playing, .. } = registration;
        let registration = Registration { playing: playing.filter(|_| official), ..registration };
        let room = self.new_room_id(now);
        tracing::info!(
            room.id = %room, address = %registration.addresses.udp, host = registration.host,
            "room registered"
        );
        self.rooms.insert(room, link);
        self.room_links.insert(link, room);
        self.registry.register(room, registration, now.at);
        self.tell_room(room, FromRegistry::Registered { room });
        let Some(allocation) = playing else {
            return self.step_queue(now);
        };
        if !official {
            return self.tell_room(room, FromRegistry::Cancel { allocation });
        }
        match self.ledger.adopt(allocation, room) {
            Adoption::Kept { instead_of } => {
                tracing::info!(room.id = %room, match_id = %allocation.match_id, "match goes on");
                self.hand_out_anew(allocation);
                if let Some(former) = instead_of {
                    self.tell_room(former, FromRegistry::Refused { refusal: Refusal::SignedInElsewhere });
                    self.forget_room(former);
                }
            }
            Adoption::Unknown => self.write(Deed::LookUp { room, allocation }),
        }
    }

    /// Whoever is here and holds a seat may have come while the room was away.
    fn hand_out_anew(&mut self, allocation: Allocation) {
        let accounts = self.ledger.get(allocation.match_id).map(Match::accounts).unwrap_or_default();
        for account in accounts {
            if self.is_here(account) {
                self.ask_for_ticket(account);
            }
        }
    }

    pub(super) fn room_said(&mut self, link: Link, message: ToRegistry, now: Now) {
        let Some(room) = self.room_links.get(&link).copied() else {
            return;
        };
        self.registry.heard(room, now.at);
        match message {
            ToRegistry::Heartbeat { .. } => {}
            ToRegistry::Prepared { allocation, tickets } => self.prepared(room, allocation, tickets, now),
            ToRegistry::TicketIssued { allocation, ticket } => {
                self.ticket_issued(room, allocation, ticket);
            }
            ToRegistry::TicketDeclined { allocation, account, reason } => {
                self.ticket_declined(room, allocation, account, reason, now);
            }
            ToRegistry::Declined { allocation, reason } => {
                self.room_declined(room, allocation, &reason, now);
            }
            ToRegistry::Result { allocation, result } => {
                if self.registry.get(room).is_some_and(|room| room.official) {
                    self.result_reported(room, allocation, result, now);
                } else {
                    self.tell_room(room, FromRegistry::Cancel { allocation });
                }
            }
            ToRegistry::Free { allocation } => self.room_freed(room, allocation, now),
            ToRegistry::Draining {} => self.room_drains(room),
            ToRegistry::Register { .. } => {
                tracing::error!("the socket let a second registration through");
            }
        }
    }

    /// The room's socket closed: a match that runs waits a moment for it to come back.
    pub(super) fn room_left(&mut self, link: Link, now: Now) {
        let Some(room) = self.room_links.get(&link).copied() else {
            return;
        };
        tracing::info!(room.id = %room, "room left");
        self.note_room_lost("closed");
        self.lose_room(room, now, now.at + self.timings.room_return, LOST);
    }

    /// The socket is open, but nothing was heard for too long: nothing is waited for.
    pub(super) fn lose_silent_room(&mut self, room: RoomId, now: Now) {
        tracing::warn!(room.id = %room, "room is silent");
        self.tell_room(room, FromRegistry::Refused { refusal: Refusal::TooSlow });
        self.note_room_lost("silent");
        self.lose_room(room, now, now.at, SILENT);
    }

    fn lose_room(&mut self, room: RoomId, now: Now, until: std::time::Instant, reason: &'static str) {
        self.forget_room(room);
        let stranded = self
            .arriving
            .iter()
            .filter(|(_, arriving)| arriving.room == room && arriving.ticket.is_none())
            .map(|(account, _)| *account)
            .collect::<Vec<_>>();
        for account in stranded {
            self.not_let_in(account, now);
        }
        if let Some(match_id) = self.ledger.lose_room(room, until, reason) {
            self.pass_over(match_id, now);
        }
    }

    /// The room takes no match any more. One that does not exist is ignored.
    pub(super) fn drain_room(&mut self, room: RoomId) {
        if self.registry.drain(room) {
            tracing::info!(room.id = %room, "room is to drain");
            self.tell_room(room, FromRegistry::Drain {});
        }
    }

    /// The room says so itself: its host has told it to end, or it has heard us.
    fn room_drains(&mut self, room: RoomId) {
        if !self.registry.drains(room) {
            tracing::info!(room.id = %room, "room drains");
            self.registry.drain(room);
        }
    }

    fn room_declined(&mut self, room: RoomId, allocation: Allocation, reason: &str, now: Now) {
        let Some(current) = self.ledger.held(room, allocation) else {
            return;
        };
        tracing::warn!(room.id = %room, "room declined: {}", reason.escape_debug());
        match current.phase {
            Phase::Allocated { .. } => self.try_next_room(allocation.match_id, now),
            Phase::Running => {
                let refusal = Refusal::RoomUnavailable { detail: reason.to_owned() };
                for account in std::mem::take(&mut current.awaiting) {
                    self.tell_player(account, FromHub::Declined { refusal: refusal.clone() });
                }
            }
            Phase::Prepared | Phase::Reported | Phase::Void => {}
        }
    }

    /// What is said of a match before the room's present one is old news; a room that has let go of a
    /// match that runs has lost it.
    fn room_freed(&mut self, room: RoomId, allocation: Allocation, now: Now) {
        let held = self.ledger.held(room, allocation);
        if held.is_some_and(|held| held.phase == Phase::Running) {
            self.registry.rest(room, now.at);
            self.void(allocation.match_id, DROPPED, now);
        } else if self.registry.freed(room) {
            self.step_queue(now);
        }
    }

    fn forget_room(&mut self, room: RoomId) {
        if let Some(link) = self.rooms.remove(&room) {
            self.room_links.remove(&link);
        }
        self.registry.leave(room);
    }
}
