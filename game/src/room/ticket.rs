//! Tickets: minted here, asked with on one link, used once, worthless elsewhere. When one lapses is for this
//! page alone to say, by a clock that never leaps; netcode takes them for good for ever.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bevy::prelude::*;
use lightyear::{
    connection::shared::{ConnectionRequestHandler, DeniedReason},
    core::time::Instant,
    netcode::{ConnectToken, Key, PRIVATE_KEY_BYTES, USER_DATA_BYTES, generate_key},
    prelude::{LinkOf, PeerId},
};
use protocol::{
    id::{AccountId, Seat},
    limits::{LINK_SILENCE, TICKET_LIFE},
    registry::{Allocation, SeatTicket},
};

use crate::{
    room::guard::{Refused, packet::Seal},
    sim::wire::PROTOCOL_ID,
};

/// Netcode keeps an entry of every ticket that was asked with and that led nobody in. A player has so many,
/// until netcode forgets everybody.
const UNANSWERED: u32 = 60;

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

#[derive(Clone, Default, Debug)]
struct Stubs(Arc<Mutex<Book>>);

#[derive(Default, Debug)]
struct Book {
    /// Tickets that are not void, by their netcode client id.
    stubs: HashMap<u64, Stub>,
    /// See [`UNANSWERED`].
    unanswered: HashMap<AccountId, u32>,
}

/// What a ticket is good for: one seat of one match, for one player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub allocation: Allocation,
    pub seat: Seat,
    pub account: AccountId,
}

/// What the room keeps of a ticket.
#[derive(Debug)]
struct Stub {
    pass: Pass,
    seal: Seal,
    minted_at: Instant,
    asked: bool,
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
    ///
    /// # Errors
    ///
    /// In words for the player: too many were asked with and not used, or there is no randomness.
    pub fn issue(&self, pass: Pass, address: std::net::SocketAddr) -> Result<SeatTicket, String> {
        if self.stubs.lock().unanswered.get(&pass.account).is_some_and(|count| *count >= UNANSWERED) {
            return Err("too many tickets were begun and not used".into());
        }
        let client_id = getrandom::u64().map_err(|error| format!("no randomness: {error}"))?;
        let token = ConnectToken::build(address, PROTOCOL_ID, client_id, self.key)
            .expire_seconds(-1)
            .timeout_seconds(LINK_SILENCE.as_secs() as i32)
            .user_data(user_data(&pass))
            .generate()
            .map_err(|error| format!("the ticket cannot be made: {error}"))?;
        let bytes =
            token.try_into_bytes().map_err(|error| format!("the ticket cannot be written: {error}"))?;
        let seal = Seal::of_ticket(&bytes);
        let stub = Stub { pass, seal, minted_at: Instant::now(), asked: false, used: false, link: None };
        let stubs = &mut self.stubs.lock().stubs;
        stubs.retain(|_, stub| {
            let same_seat = (stub.pass.allocation, stub.pass.seat) == (pass.allocation, pass.seat);
            !stub.lapsed() && (stub.used || !same_seat)
        });
        stubs.insert(client_id, stub);
        let Pass { seat, account, .. } = pass;
        Ok(SeatTicket { account, seat, token: BASE64_URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// Whether somebody without a link may ask with this ticket.
    ///
    /// # Errors
    ///
    /// It is not from here or void, or has lapsed, or another link asks with it.
    pub fn expects(&self, seal: &Seal) -> Result<(), Refused> {
        match self.stubs.lock().find(seal)?.link {
            None => Ok(()),
            Some(_) => Err(Refused::Claimed),
        }
    }

    /// This link asks with a ticket, which is tied to it while it lives.
    ///
    /// # Errors
    ///
    /// The ticket is not from here or void, or has lapsed, or another link asks with it, or this one with
    /// another.
    pub fn ask(&self, seal: &Seal, link: Entity) -> Result<(), Refused> {
        let book = &mut *self.stubs.lock();
        if book.stubs.values().any(|stub| stub.link == Some(link) && stub.seal != *seal) {
            return Err(Refused::Claimed);
        }
        let stub = book.find(seal)?;
        if *stub.link.get_or_insert(link) != link {
            return Err(Refused::Claimed);
        }
        if !mem::replace(&mut stub.asked, true) {
            let account = stub.pass.account;
            *book.unanswered.entry(account).or_default() += 1;
        }
        Ok(())
    }

    /// Uses a ticket up: what it is good for, if it was still unused, is the one that was minted, and
    /// this is the link that asked with it.
    pub fn redeem(&self, client_id: u64, data: &[u8; USER_DATA_BYTES], link: Entity) -> Option<Pass> {
        let book = &mut *self.stubs.lock();
        let stub = book.stubs.get_mut(&client_id)?;
        if stub.used || stub.link != Some(link) || user_data(&stub.pass) != *data {
            return None;
        }
        stub.used = true;
        if let Some(count) = book.unanswered.get_mut(&stub.pass.account) {
            *count = count.saturating_sub(1);
        }
        Some(stub.pass)
    }

    /// A ticket of this account becomes void.
    pub fn void(&self, account: AccountId) {
        self.stubs.lock().stubs.retain(|_, stub| stub.pass.account != account);
    }

    /// Every ticket becomes void: the match is over.
    pub fn void_all(&self) {
        self.stubs.lock().stubs.clear();
    }

    /// Netcode has forgotten everybody.
    pub(super) fn forgive(&self) {
        self.stubs.lock().unanswered.clear();
    }

    /// The link is gone.
    fn release(&self, link: Entity) {
        for stub in self.stubs.lock().stubs.values_mut() {
            if stub.link == Some(link) {
                stub.link = None;
            }
        }
    }
}

impl Stubs {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn find(&mut self, seal: &Seal) -> Result<&mut Stub, Refused> {
        let stub = self.stubs.values_mut().find(|stub| stub.seal == *seal).ok_or(Refused::Ticket)?;
        if stub.lapsed() { Err(Refused::Expired) } else { Ok(stub) }
    }
}

impl Stub {
    fn lapsed(&self) -> bool {
        Instant::now().saturating_duration_since(self.minted_at) >= TICKET_LIFE
    }
}

impl ConnectionRequestHandler for Stubs {
    fn handle_request(&self, client_id: PeerId) -> Option<DeniedReason> {
        let stubs = &self.lock().stubs;
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
        let stubs = &mint.stubs.lock().stubs;
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
    fn l8_tickets_that_a_player_begins_and_does_not_use_run_out() {
        let mint = mint();
        let address = ([127, 0, 0, 1], 7000).into();
        let data = user_data(&pass(1, 2));
        let begin = || {
            let (_, seal) = issue(&mint, pass(1, 2));
            assert_eq!(mint.ask(&seal, FIRST), Ok(()));
            assert_eq!(mint.ask(&seal, FIRST), Ok(()), "a client repeats its request");
        };
        for _ in 1..UNANSWERED {
            begin();
            let (id, seal) = issue(&mint, pass(1, 2));
            assert_eq!(mint.ask(&seal, FIRST), Ok(()));
            assert!(mint.redeem(id, &data, FIRST).is_some(), "what is used counts no more");
            mint.release(FIRST);
        }
        begin();
        mint.void_all();
        assert!(mint.issue(pass(2, 2), address).is_err(), "netcode remembers them beyond the match");
        let other = Pass { account: AccountId(uuid::Uuid::max()), ..pass(2, 4) };
        assert!(mint.issue(other, address).is_ok(), "another player has tickets of their own");
        mint.forgive();
        assert!(mint.issue(pass(2, 2), address).is_ok());
    }

    #[test]
    fn f13_ticket_says_nothing_of_the_machines_clock() {
        let address = ([127, 0, 0, 1], 7000).into();
        let ticket = mint().issue(pass(1, 2), address).expect("a ticket should be made");
        let token = BASE64_URL_SAFE_NO_PAD.decode(ticket.token).expect("a ticket should be base64");
        assert_eq!(token[29..37], u64::MAX.to_be_bytes(), "for netcode it never lapses");
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
