//! One datagram, judged by its bytes alone, before anything is decrypted: what no client of ours can have
//! sent ends here. When a ticket lapses, the [`Mint`](crate::room::ticket::Mint) knows.

use lightyear::netcode::{CONNECT_TOKEN_BYTES, MAX_PACKET_SIZE, NETCODE_VERSION};

use crate::{
    room::guard::Refused,
    sim::datagram::{
        self, DISCONNECT, HEADER, KEEP_ALIVE, KEEP_ALIVE_BODY, MAC, PAYLOAD, RESPONSE, RESPONSE_BODY,
    },
};

/// The sealed half of a ticket, its authentication at the end.
const SEALED: usize = 1024;

/// A connection request: kind, version, protocol id, expiry, nonce, sealed half of the ticket.
const REQUEST: usize = 1 + NETCODE_VERSION.len() + 8 + 8 + 24 + SEALED;

/// Where the sealed half ends in a ticket: version, protocol id, two times and the nonce come before.
const SEALED_END: usize = NETCODE_VERSION.len() + 8 + 8 + 8 + 24 + SEALED;

/// The largest datagram that can pass. A buffer one byte larger tells it from a longer one.
pub const LARGEST: usize = 1 + 8 + MAX_PACKET_SIZE + MAC;

/// What a datagram claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Request(Seal),
    Response,
    KeepAlive,
    Payload,
    Disconnect,
}

/// The authentication of a ticket's sealed half: two tickets never have the same, and one cannot be
/// made without the room's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seal([u8; MAC]);

impl Seal {
    pub fn of_ticket(token: &[u8; CONNECT_TOKEN_BYTES]) -> Self {
        let mut seal = [0; MAC];
        seal.copy_from_slice(&token[SEALED_END - MAC..SEALED_END]);
        Self(seal)
    }
}

/// The connection request that a client makes of its ticket.
pub fn request_of(token: &[u8; CONNECT_TOKEN_BYTES]) -> Vec<u8> {
    // The same but for the time at which the ticket was made, which stands between protocol id and expiry.
    let made = NETCODE_VERSION.len() + 8;
    [&[0_u8][..], &token[..made], &token[made + 8..SEALED_END]].concat()
}

/// Judges the bytes of one datagram.
///
/// # Errors
///
/// No client of this protocol sends it.
pub fn judge(datagram: &[u8], protocol: u64) -> Result<Kind, Refused> {
    if let Some((0, rest)) = datagram.split_first() {
        return request(rest, protocol);
    }
    match datagram::sealed(datagram).ok_or(Refused::Shape)? {
        (RESPONSE, RESPONSE_BODY) => Ok(Kind::Response),
        (KEEP_ALIVE, KEEP_ALIVE_BODY) => Ok(Kind::KeepAlive),
        (PAYLOAD, HEADER..=MAX_PACKET_SIZE) => Ok(Kind::Payload),
        (DISCONNECT, 0) => Ok(Kind::Disconnect),
        _ => Err(Refused::Shape),
    }
}

fn request(rest: &[u8], protocol: u64) -> Result<Kind, Refused> {
    if 1 + rest.len() != REQUEST {
        return Err(Refused::Shape);
    }
    let (version, rest) = rest.split_at(NETCODE_VERSION.len());
    let id = rest.first_chunk().ok_or(Refused::Shape)?;
    let seal = rest.last_chunk().ok_or(Refused::Shape)?;
    if version != NETCODE_VERSION.as_slice() || u64::from_be_bytes(*id) != protocol {
        return Err(Refused::Version);
    }
    Ok(Kind::Request(Seal(*seal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: u64 = 7;

    /// Bytes that tell their place, but for version and protocol id.
    fn token() -> [u8; CONNECT_TOKEN_BYTES] {
        let mut token: [u8; CONNECT_TOKEN_BYTES] = std::array::from_fn(|place| place as u8);
        token[..NETCODE_VERSION.len()].copy_from_slice(NETCODE_VERSION);
        token[NETCODE_VERSION.len()..][..8].copy_from_slice(&PROTOCOL.to_be_bytes());
        token
    }

    fn sealed(first: u8, length: usize) -> Vec<u8> {
        let mut packet = vec![0; length];
        packet[0] = first;
        packet
    }

    #[test]
    fn t6_only_what_a_client_sends_passes_of_every_first_byte_at_every_length() {
        for first in 0..=u8::MAX {
            for length in 0..=1300 {
                let mut packet = vec![0xA5; length];
                if let Some(byte) = packet.first_mut() {
                    *byte = first;
                }
                let (kind, width) = (first & 15, usize::from(first >> 4));
                let body = length.checked_sub(1 + width + MAC);
                let wanted = (1..=8).contains(&width)
                    && match kind {
                        RESPONSE => body == Some(308),
                        KEEP_ALIVE => body == Some(8),
                        PAYLOAD => body.is_some_and(|body| (13..=1200).contains(&body)),
                        DISCONNECT => body == Some(0),
                        _ => false,
                    };
                let passes = judge(&packet, PROTOCOL).is_ok();
                assert_eq!(passes, wanted, "first byte {first:#04x} at {length} bytes");
            }
        }
    }

    #[test]
    fn l2_more_sequence_bytes_than_eight_are_refused() {
        for first in [0x95, 0xF5] {
            assert_eq!(judge(&sealed(first, 26), PROTOCOL), Err(Refused::Shape));
        }
    }

    #[test]
    fn l3_kinds_that_only_the_room_sends_are_refused() {
        for kind in [1, 2, 7, 8, 15] {
            for length in [18, 26, 34, 342] {
                assert_eq!(judge(&sealed(0x10 | kind, length), PROTOCOL), Err(Refused::Shape));
            }
        }
    }

    #[test]
    fn l9_last_sequence_numbers_are_refused() {
        let numbered = |sequence: u64| {
            let mut packet = sealed(0x84, 1 + 8 + KEEP_ALIVE_BODY + MAC);
            packet[1..9].copy_from_slice(&sequence.to_le_bytes());
            judge(&packet, PROTOCOL)
        };
        assert_eq!(numbered(u64::MAX - 256), Ok(Kind::KeepAlive));
        assert_eq!(numbered(u64::MAX - 255), Err(Refused::Shape));
        assert_eq!(numbered(u64::MAX), Err(Refused::Shape));
    }

    #[test]
    fn request_of_a_ticket_has_its_seal() {
        let token = token();
        let request = request_of(&token);
        assert_eq!(request.len(), REQUEST);
        assert_eq!(judge(&request, PROTOCOL), Ok(Kind::Request(Seal::of_ticket(&token))));
    }

    #[test]
    fn request_of_another_protocol_is_refused() {
        let mut request = request_of(&token());
        assert_eq!(judge(&request, PROTOCOL + 1), Err(Refused::Version));
        request[1] ^= 1;
        assert_eq!(judge(&request, PROTOCOL), Err(Refused::Version));
        request.pop();
        assert_eq!(judge(&request, PROTOCOL), Err(Refused::Shape));
    }

    #[test]
    fn largest_datagram_is_a_full_payload() {
        assert_eq!(judge(&sealed(0x85, LARGEST), PROTOCOL), Ok(Kind::Payload));
        assert_eq!(judge(&sealed(0x85, LARGEST + 1), PROTOCOL), Err(Refused::Shape));
    }
}
