//! Tickets: minted here, used once, worthless elsewhere.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bevy::prelude::*;
use lightyear::{
    connection::shared::{ConnectionRequestHandler, DeniedReason},
    netcode::{ConnectToken, Key, USER_DATA_BYTES, generate_key},
    prelude::PeerId,
};
use protocol::{
    id::{AccountId, Seat},
    limits::TICKET_LIFE,
    registry::{Allocation, SeatTicket},
};

use crate::sim::wire::PROTOCOL_ID;

/// After this silence a player counts as gone, in seconds.
const LINK_TIMEOUT: i32 = 5;

pub(super) fn plugin(app: &mut App) {
    app.insert_resource(Mint::new(generate_key()));
}

/// Makes tickets with a key that is random for this process and never leaves it.
#[derive(Resource, Clone)]
pub struct Mint {
    key: Key,
    unused: Unused,
}

/// What a ticket is good for: one seat of one match, for one player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub allocation: Allocation,
    pub seat: Seat,
    pub account: AccountId,
}

/// Tickets that were minted and not used yet, by their netcode client id.
#[derive(Clone, Default, Debug)]
pub struct Unused(Arc<Mutex<HashMap<u64, Pass>>>);

impl Mint {
    pub fn new(key: Key) -> Self {
        Self { key, unused: Unused::default() }
    }

    pub fn key(&self) -> Key {
        self.key
    }

    /// Decides whom netcode lets in.
    pub fn doorkeeper(&self) -> Arc<dyn ConnectionRequestHandler> {
        Arc::new(self.unused.clone())
    }

    /// A ticket for one seat. An older unused one for the same seat becomes void.
    pub fn issue(&self, pass: Pass, address: std::net::SocketAddr) -> Result<SeatTicket, String> {
        let client_id = getrandom::u64().map_err(|error| format!("no randomness: {error}"))?;
        let token = ConnectToken::build(address, PROTOCOL_ID, client_id, self.key)
            .expire_seconds(TICKET_LIFE.as_secs() as i32)
            .timeout_seconds(LINK_TIMEOUT)
            .user_data(user_data(&pass))
            .generate()
            .map_err(|error| format!("the ticket cannot be made: {error}"))?;
        let bytes =
            token.try_into_bytes().map_err(|error| format!("the ticket cannot be written: {error}"))?;
        let mut unused = self.unused.0.lock().unwrap_or_else(PoisonError::into_inner);
        unused.retain(|_, held| (held.allocation, held.seat) != (pass.allocation, pass.seat));
        unused.insert(client_id, pass);
        let Pass { seat, account, .. } = pass;
        Ok(SeatTicket { account, seat, token: BASE64_URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// Uses a ticket up: what it is good for, if it was still unused and is the one that was minted.
    pub fn redeem(&self, client_id: u64, data: &[u8; USER_DATA_BYTES]) -> Option<Pass> {
        let mut unused = self.unused.0.lock().unwrap_or_else(PoisonError::into_inner);
        unused.remove(&client_id).filter(|pass| user_data(pass) == *data)
    }

    /// A ticket of this account becomes void.
    pub fn void(&self, account: AccountId) {
        let mut unused = self.unused.0.lock().unwrap_or_else(PoisonError::into_inner);
        unused.retain(|_, pass| pass.account != account);
    }

    /// Every ticket becomes void: the match is over.
    pub fn void_all(&self) {
        self.unused.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl ConnectionRequestHandler for Unused {
    fn handle_request(&self, client_id: PeerId) -> Option<DeniedReason> {
        let unused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match client_id {
            PeerId::Netcode(id) if unused.contains_key(&id) => None,
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

    fn pass(epoch: u64) -> Pass {
        Pass {
            allocation: Allocation { match_id: MatchId(uuid::Uuid::nil()), epoch: Epoch(epoch) },
            seat: Seat::try_from(2).expect("seat 2 should exist"),
            account: AccountId(uuid::Uuid::nil()),
        }
    }

    fn issue(mint: &Mint, epoch: u64) -> u64 {
        mint.issue(pass(epoch), ([127, 0, 0, 1], 7000).into()).expect("ticket should be issued");
        let unused = mint.unused.0.lock().expect("lock should be free");
        *unused.keys().next().expect("one ticket should be unused")
    }

    #[test]
    fn ticket_is_redeemed_once() {
        let mint = Mint::new([1; 32]);
        let id = issue(&mint, 1);
        let data = user_data(&pass(1));
        assert!(mint.unused.handle_request(PeerId::Netcode(id)).is_none());
        assert_eq!(mint.redeem(id, &data), Some(pass(1)));
        assert!(mint.redeem(id, &data).is_none());
        assert!(mint.unused.handle_request(PeerId::Netcode(id)).is_some());
    }

    #[test]
    fn ticket_of_another_epoch_is_refused() {
        let mint = Mint::new([1; 32]);
        let id = issue(&mint, 1);
        let data = user_data(&pass(2));
        assert!(mint.redeem(id, &data).is_none());
    }

    #[test]
    fn reissued_ticket_voids_the_older_one() {
        let mint = Mint::new([1; 32]);
        let old = issue(&mint, 1);
        let new = issue(&mint, 1);
        assert_ne!(old, new);
        assert!(mint.unused.handle_request(PeerId::Netcode(old)).is_some());
    }
}
