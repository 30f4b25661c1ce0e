//! Tickets: minted here, asked with on one link, used once, worthless elsewhere.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bevy::prelude::*;
use lightyear::{
    connection::shared::{ConnectionRequestHandler, DeniedReason},
    netcode::{ConnectToken, Key, PRIVATE_KEY_BYTES, USER_DATA_BYTES, generate_key},
    prelude::{LinkOf, PeerId},
};
use protocol::{
    id::{AccountId, Seat},
    limits::{LINK_SILENCE, TICKET_LIFE},
    registry::{Allocation, SeatTicket},
};

use crate::{
    room::guard::{Refused, packet::Seal, unix_seconds},
    sim::wire::PROTOCOL_ID,
};

pub(super) fn plugin(app: &mut App) {
    let mint = Mint::new(generate_key()).expect("a random key should not be zero");
    app.insert_resource(mint).add_observer(release);
}

fn release(gone: On<Remove, LinkOf>, mint: Res<Mint>) {
    mint.release(gone.entity);
}

/// Makes tickets with a key that is random for this process and never leaves it.
#[derive(Resource, Clone)]
pub struct Mint {
    key: Key,
    stubs: Stubs,
}

/// What a ticket is good for: one seat of one match, for one player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub allocation: Allocation,
    pub seat: Seat,
    pub account: AccountId,
}

/// Tickets that have not lapsed, by their netcode client id.
#[derive(Clone, Default, Debug)]
struct Stubs(Arc<Mutex<HashMap<u64, Stub>>>);

/// What the room keeps of a ticket.
#[derive(Debug)]
struct Stub {
    pass: Pass,
    seal: Seal,
    /// In seconds since 1970.
    expires: u64,
    used: bool,
    /// The link that has asked with it, while it lives. Netcode takes whoever asks last for the owner,
    /// so that nobody else may.
    link: Option<Entity>,
}

/// The key that netcode takes when nobody has chosen one: with it, everybody could make tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZeroKey;

impl Mint {
    /// # Errors
    ///
    /// The key is all zeros.
    pub fn new(key: Key) -> Result<Self, ZeroKey> {
        if key == [0; PRIVATE_KEY_BYTES] { Err(ZeroKey) } else { Ok(Self { key, stubs: Stubs::default() }) }
    }

    pub fn key(&self) -> Key {
        self.key
    }

    /// Decides whom netcode lets in.
    pub fn doorkeeper(&self) -> Arc<dyn ConnectionRequestHandler> {
        Arc::new(self.stubs.clone())
    }

    /// A ticket for one seat. An older unused one for the same seat becomes void.
    pub fn issue(&self, pass: Pass, address: std::net::SocketAddr) -> Result<SeatTicket, String> {
        let client_id = getrandom::u64().map_err(|error| format!("no randomness: {error}"))?;
        let token = ConnectToken::build(address, PROTOCOL_ID, client_id, self.key)
            .expire_seconds(TICKET_LIFE.as_secs() as i32)
            .timeout_seconds(LINK_SILENCE.as_secs() as i32)
            .user_data(user_data(&pass))
            .generate()
            .map_err(|error| format!("the ticket cannot be made: {error}"))?;
        let expires = token.expire_timestamp();
        let bytes =
            token.try_into_bytes().map_err(|error| format!("the ticket cannot be written: {error}"))?;
        let now = unix_seconds();
        let mut stubs = self.stubs.lock();
        stubs.retain(|_, stub| {
            let same_seat = (stub.pass.allocation, stub.pass.seat) == (pass.allocation, pass.seat);
            stub.expires > now && (stub.used || !same_seat)
        });
        let stub = Stub { pass, seal: Seal::of_ticket(&bytes), expires, used: false, link: None };
        stubs.insert(client_id, stub);
        let Pass { seat, account, .. } = pass;
        Ok(SeatTicket { account, seat, token: BASE64_URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// Whether somebody without a link may ask with this ticket.
    ///
    /// # Errors
    ///
    /// It is not from here or void, or another link asks with it.
    pub fn expects(&self, seal: &Seal) -> Result<(), Refused> {
        let stubs = self.stubs.lock();
        let stub = stubs.values().find(|stub| stub.seal == *seal).ok_or(Refused::Ticket)?;
        if stub.link.is_none() { Ok(()) } else { Err(Refused::Claimed) }
    }

    /// This link asks with a ticket, which is tied to it while it lives.
    ///
    /// # Errors
    ///
    /// The ticket is not from here or void, or another link asks with it, or this one with another.
    pub fn ask(&self, seal: &Seal, link: Entity) -> Result<(), Refused> {
        let mut stubs = self.stubs.lock();
        if stubs.values().any(|stub| stub.link == Some(link) && stub.seal != *seal) {
            return Err(Refused::Claimed);
        }
        let stub = stubs.values_mut().find(|stub| stub.seal == *seal).ok_or(Refused::Ticket)?;
        if *stub.link.get_or_insert(link) == link { Ok(()) } else { Err(Refused::Claimed) }
    }

    /// Uses a ticket up: what it is good for, if it was still unused, is the one that was minted, and
    /// this is the link that asked with it.
    pub fn redeem(&self, client_id: u64, data: &[u8; USER_DATA_BYTES], link: Entity) -> Option<Pass> {
        let mut stubs = self.stubs.lock();
        let stub = stubs.get_mut(&client_id)?;
        let good = !stub.used && stub.link == Some(link) && user_data(&stub.pass) == *data;
        good.then(|| {
            stub.used = true;
            stub.pass
        })
    }

    /// A ticket of this account becomes void.
    pub fn void(&self, account: AccountId) {
        self.stubs.lock().retain(|_, stub| stub.pass.account != account);
    }

    /// Every ticket becomes void: the match is over.
    pub fn void_all(&self) {
        self.stubs.lock().clear();
    }

    /// The link is gone.
    fn release(&self, link: Entity) {
        for stub in self.stubs.lock().values_mut() {
            if stub.link == Some(link) {
                stub.link = None;
            }
        }
    }
}

impl Stubs {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Stub>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionRequestHandler for Stubs {
    fn handle_request(&self, client_id: PeerId) -> Option<DeniedReason> {
        let stubs = self.lock();
        match client_id {
            PeerId::Netcode(id) if stubs.get(&id).is_some_and(|stub| !stub.used) => None,
            _ => Some(DeniedReason::TokenAlreadyUsed),
        }
    }
}

/// Binds a ticket to match, epoch and seat: 16 bytes, 8 bytes, 1 byte, zeros.
fn user_data(pass: &Pass) -> [u8; USER_DATA_BYTES] {
    let mut data = [0; USER_DATA_BYTES];
    data[..16].copy_from_slice(pass.allocation.match_id.0.as_bytes());
    data[16..24].copy_from_slice(&pass.allocation.epoch.0.to_be_bytes());
    data[24] = pass.seat.index();
    data
}

#[cfg(test)]
mod tests {
    use protocol::id::{Epoch, MatchId};

    use super::*;

    const FIRST: Entity = Entity::PLACEHOLDER;

    fn mint() -> Mint {
        Mint::new([1; 32]).expect("the key is not zero")
    }

    fn pass(epoch: u64, seat: u8) -> Pass {
        Pass {
            allocation: Allocation { match_id: MatchId(uuid::Uuid::nil()), epoch: Epoch(epoch) },
            seat: Seat::try_from(seat).expect("seat should exist"),
            account: AccountId(uuid::Uuid::nil()),
        }
    }

    /// The client id and the seal of a new ticket.
    fn issue(mint: &Mint, pass: Pass) -> (u64, Seal) {
        mint.issue(pass, ([127, 0, 0, 1], 7000).into()).expect("ticket should be issued");
        let stubs = mint.stubs.lock();
        let found = stubs.iter().find(|(_, stub)| stub.pass == pass && !stub.used);
        found.map(|(id, stub)| (*id, stub.seal)).expect("the ticket should be known")
    }

    fn links() -> [Entity; 2] {
        let mut world = World::new();
        [world.spawn_empty().id(), world.spawn_empty().id()]
    }

    #[test]
    fn l11_zero_key_is_refused() {
        assert_eq!(Mint::new([0; 32]).err(), Some(ZeroKey), "such a room should not start");
    }

    #[test]
    fn l1_ticket_is_redeemed_once() {
        let mint = mint();
        let (id, seal) = issue(&mint, pass(1, 2));
        let data = user_data(&pass(1, 2));
        assert_eq!(mint.ask(&seal, FIRST), Ok(()));
        assert!(mint.stubs.handle_request(PeerId::Netcode(id)).is_none());
        assert_eq!(mint.redeem(id, &data, FIRST), Some(pass(1, 2)));
        assert!(mint.redeem(id, &data, FIRST).is_none());
        assert!(mint.stubs.handle_request(PeerId::Netcode(id)).is_some());
    }

    #[test]
    fn t4_ticket_is_tied_to_the_first_link_that_asks() {
        let mint = mint();
        let (id, seal) = issue(&mint, pass(1, 2));
        let [owner, thief] = links();
        assert_eq!(mint.ask(&seal, owner), Ok(()));
        assert_eq!(mint.ask(&seal, owner), Ok(()), "a client repeats its request");
        assert_eq!(mint.ask(&seal, thief), Err(Refused::Claimed));
        assert_eq!(mint.expects(&seal), Err(Refused::Claimed));
        assert!(mint.redeem(id, &user_data(&pass(1, 2)), thief).is_none());
        mint.release(owner);
        assert_eq!(mint.ask(&seal, thief), Ok(()), "a link that is gone ties nothing");
    }

    #[test]
    fn link_asks_with_one_ticket_only() {
        let mint = mint();
        let (_, seal) = issue(&mint, pass(1, 2));
        let (_, other) = issue(&mint, pass(1, 3));
        assert_eq!(mint.ask(&seal, FIRST), Ok(()));
        assert_eq!(mint.ask(&other, FIRST), Err(Refused::Claimed));
    }

    #[test]
    fn ticket_of_another_epoch_is_refused() {
        let mint = mint();
        let (id, seal) = issue(&mint, pass(1, 2));
        assert_eq!(mint.ask(&seal, FIRST), Ok(()));
        assert!(mint.redeem(id, &user_data(&pass(2, 2)), FIRST).is_none());
    }

    #[test]
    fn reissued_ticket_voids_the_older_one() {
        let mint = mint();
        let (old, seal) = issue(&mint, pass(1, 2));
        let (new, _) = issue(&mint, pass(1, 2));
        assert_ne!(old, new);
        assert!(mint.stubs.handle_request(PeerId::Netcode(old)).is_some());
        assert_eq!(mint.expects(&seal), Err(Refused::Ticket));
    }
}
