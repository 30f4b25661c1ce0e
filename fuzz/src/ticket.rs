//! The ticket that the hub passes on to a client, which reads it into its half of netcode.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use game::{client::connection, room::guard::packet::Seal, sim::wire::PROTOCOL_ID};
use lightyear::netcode::{CONNECT_TOKEN_BYTES, NETCODE_VERSION};
use protocol::{
    challenge::Bytes32,
    id::{MatchId, Seat},
    ticket::{RoomAddresses, Ticket, WebTransportAddress},
};
use uuid::Uuid;

pub(crate) fn token(bytes: &[u8]) -> bool {
    if let Ok(whole) = <&[u8; CONNECT_TOKEN_BYTES]>::try_from(bytes) {
        Seal::of_ticket(whole);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        is_read(text.to_owned());
    }
    is_read(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn is_read(token: String) -> bool {
    let ticket = Ticket {
        match_id: MatchId(Uuid::nil()),
        seat: Seat::first(1).next().expect("there should be a first seat"),
        token,
        addresses: RoomAddresses {
            udp: ([127, 0, 0, 1], 7000).into(),
            webtransport: WebTransportAddress {
                url: "https://127.0.0.1:7001".to_owned(),
                digest: Bytes32([0; 32]),
            },
            websocket: "ws://127.0.0.1:7002".to_owned(),
        },
    };
    match connection::read(&ticket) {
        Ok(_) => true,
        Err(reason) => {
            assert!(!reason.is_empty(), "the player should be told why");
            false
        }
    }
}

/// A token as netcode lays it out, sealed by nobody: only a room looks at the seal.
pub(crate) fn examples() -> Vec<Vec<u8>> {
    let mut token = NETCODE_VERSION.to_vec();
    token.extend(PROTOCOL_ID.to_be_bytes());
    // Made at 1, good for ever, nonce, sealed half, time-out.
    token.extend(1_u64.to_be_bytes());
    token.extend(u64::MAX.to_be_bytes());
    token.extend([7; 24 + 1024]);
    token.extend(5_i32.to_be_bytes());
    // One address of four bytes, and its port.
    token.extend(1_u32.to_be_bytes());
    token.extend([1, 127, 0, 0, 1]);
    token.extend(7000_u16.to_be_bytes());
    token.extend([8; 64]);
    token.resize(CONNECT_TOKEN_BYTES, 0);
    vec![token]
}
