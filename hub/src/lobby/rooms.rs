//! Rooms: how they come, what they say, and how they go.

use std::time::Instant;

use protocol::{
    hub::FromHub,
    id::RoomId,
    refusal::Refusal,
    registry::{Allocation, FromRegistry, ToRegistry},
};
use uuid::Uuid;

use crate::{
    lobby::hall::{Hall, RoomLink},
    matches::ledger::{Adoption, Phase},
    socket::{
        outbox::{Link, Outbox},
        room::Registration,
    },
};

const LOST: &str = "the room was lost";
const SILENT: &str = "the room went silent";
const DROPPED: &str = "the room dropped the match";

impl Hall {
    pub fn room_registered(
        &mut self,
        link: Link,
        registration: Registration,
        outbox: Outbox<FromRegistry>,
        now: Instant,
    ) {
        let Registration { addresses, playing } = registration;
        let room = RoomId(Uuid::now_v7());
        tracing::info!(room.id = %room, address = %addresses.udp, "room registered");
        outbox.put(FromRegistry::Registered { room });
        self.rooms.insert(room, RoomLink { link, outbox });
        self.registry.register(room, addresses, playing, now);
        let Some(allocation) = playing else {
            return;
        };
        match self.ledger.adopt(allocation, room) {
            Adoption::Kept { instead_of } => {
                tracing::info!(room.id = %room, match_id = %allocation.match_id, "match goes on");
                if let Some(former) = instead_of {
                    self.tell_room(former, FromRegistry::Refused { refusal: Refusal::SignedInElsewhere });
                    self.rooms.remove(&former);
                    self.registry.leave(former);
                }
            }
            Adoption::Unknown => self.look_up(room, allocation),
        }
    }

    pub fn room_said(&mut self, link: Link, message: ToRegistry, now: Instant) {
        let Some(room) = self.room_of(link) else {
            return;
        };
        self.registry.heard(room, now);
        match message {
            ToRegistry::Heartbeat { .. } => {}
            ToRegistry::Prepared { allocation, tickets } => {
                self.prepared(room, allocation, tickets, now);
            }
            ToRegistry::TicketIssued { allocation, ticket } => {
                self.ticket_issued(room, allocation, ticket);
            }
            ToRegistry::Declined { allocation, reason } => {
                self.room_declined(room, allocation, reason, now);
            }
            ToRegistry::Result { allocation, result } => {
                self.result_reported(room, allocation, result);
            }
            ToRegistry::Free {} => self.room_freed(room, now),
            ToRegistry::Register { .. } => {
                tracing::error!("the socket let a second registration through");
            }
        }
    }

    /// The room's socket closed: a match that runs waits a moment for it to come back.
    pub fn room_left(&mut self, link: Link, now: Instant) {
        let Some(room) = self.room_of(link) else {
            return;
        };
        tracing::info!(room.id = %room, "room left");
        self.forget_room(room);
        let until = now + self.timings.room_return;
        if let Some(match_id) = self.ledger.lose_room(room, until, LOST) {
            self.pass_over(match_id, now);
        }
    }

    /// The socket is open, but nothing was heard for too long: nothing is waited for.
    pub(super) fn lose_silent_room(&mut self, room: RoomId, now: Instant) {
        tracing::warn!(room.id = %room, "room is silent");
        self.tell_room(room, FromRegistry::Refused { refusal: Refusal::TooSlow });
        self.forget_room(room);
        if let Some(match_id) = self.ledger.lose_room(room, now, SILENT) {
            self.pass_over(match_id, now);
        }
    }

    fn room_declined(&mut self, room: RoomId, allocation: Allocation, reason: String, now: Instant) {
        let Some(current) = self.ledger.held(room, allocation) else {
            return;
        };
        tracing::warn!(room.id = %room, "room declined: {}", reason.escape_debug());
        match current.phase {
            Phase::Allocated { .. } => self.try_next_room(allocation.match_id, now),
            Phase::Running => {
                let awaiting = std::mem::take(&mut current.awaiting);
                for account in awaiting {
                    let refusal = Refusal::RoomUnavailable { detail: reason.clone() };
                    self.tell_player(account, FromHub::Declined { refusal });
                }
            }
            Phase::Prepared | Phase::Reported | Phase::Void => {}
        }
    }

    /// A word that crossed our `Prepare` is old news; a room that is free while its match runs has
    /// lost it.
    fn room_freed(&mut self, room: RoomId, now: Instant) {
        let Some(believed) = self.registry.freed(room) else {
            self.step_queue(now);
            return;
        };
        let running = self.ledger.held(room, believed).is_some_and(|held| held.phase == Phase::Running);
        if running {
            self.registry.rest(room, now);
            self.void(believed.match_id, DROPPED);
        }
    }

    fn room_of(&self, link: Link) -> Option<RoomId> {
        self.rooms.iter().find(|(_, room)| room.link == link).map(|(id, _)| *id)
    }

    fn forget_room(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        self.registry.leave(room);
    }
}
