//! What a client sends first, made of a ticket without a client.

use anyhow::{Context as _, Result};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use protocol::ticket::Ticket;

/// Bytes of a request.
pub const REQUEST: usize = 1078;

/// Of these a stranger knows all by heart: kind, version and protocol id.
pub const PUBLIC: usize = 22;

/// Where the ticket's expiry stands in the request.
const EXPIRY: std::ops::Range<usize> = 22..30;

/// Asks with this ticket.
pub fn of(ticket: &Ticket) -> Result<Vec<u8>> {
    let token = BASE64_URL_SAFE_NO_PAD.decode(&ticket.token).context("a ticket should be base64")?;
    let part = |range| token.get(range).context("a ticket should have 2,048 bytes");
    // Past the time the ticket was made at: expiry, nonce, sealed half.
    Ok([&[0], part(0..PUBLIC - 1)?, part(29..1085)?].concat())
}

/// Asks, as far as anybody can see, with a ticket that never lapses and that no room has made.
pub fn invented(good: &[u8], noise: u64) -> Vec<u8> {
    let mut request = good.to_vec();
    for (place, byte) in request.iter_mut().enumerate().skip(EXPIRY.end) {
        let mixed = (noise ^ (place as u64) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        *byte = (mixed >> 56) as u8;
    }
    request[EXPIRY].copy_from_slice(&u64::MAX.to_be_bytes());
    request
}

#[cfg(test)]
mod tests {
    use protocol::{
        challenge::Bytes32,
        id::{MatchId, Seat},
        ticket::{RoomAddresses, WebTransportAddress},
    };

    use super::*;

    #[test]
    fn request_has_the_size_that_netcode_expects() {
        let ticket = Ticket {
            match_id: MatchId(Default::default()),
            seat: Seat::try_from(0).expect("seat 0 should exist"),
            token: BASE64_URL_SAFE_NO_PAD.encode([7; 2048]),
            addresses: RoomAddresses {
                udp: ([127, 0, 0, 1], 7000).into(),
                webtransport: WebTransportAddress { url: String::new(), digest: Bytes32([0; 32]) },
                websocket: String::new(),
            },
        };
        let request = of(&ticket).expect("the ticket is whole");
        assert_eq!((request.len(), request[0]), (REQUEST, 0));
        let invented = invented(&request, 9);
        assert_eq!(invented[..PUBLIC], request[..PUBLIC]);
        assert_ne!(invented[EXPIRY.end..], request[EXPIRY.end..]);
    }
}
