//! One datagram, judged by its bytes alone, before anything is decrypted.
//!
//! Netcode reads the first byte as a kind (low four bits) and a number of sequence bytes (high four
//! bits) and believes both. What no client of ours can have sent ends here.

use lightyear::netcode::{CONNECT_TOKEN_BYTES, MAX_PACKET_SIZE, NETCODE_VERSION};

use crate::room::guard::Refused;

/// Authenticates whatever is encrypted.
const MAC: usize = 16;

/// The sealed half of a ticket, its authentication at the end.
const SEALED: usize = 1024;

/// A connection request: kind, version, protocol id, expiry, nonce, sealed half of the ticket.
const REQUEST: usize = 1 + NETCODE_VERSION.len() + 8 + 8 + 24 + SEALED;

/// Where the sealed half ends in a ticket: version, protocol id, two times and the nonce come before.
const SEALED_END: usize = NETCODE_VERSION.len() + 8 + 8 + 8 + 24 + SEALED;

/// What a client may send once it has asked, and how long the decrypted part is.
const RESPONSE: u8 = 3;
const RESPONSE_BODY: usize = 8 + 300;
const KEEP_ALIVE: u8 = 4;
const KEEP_ALIVE_BODY: usize = 8;
const PAYLOAD: u8 = 5;
const DISCONNECT: u8 = 6;

/// Lightyear's packet header; no payload is shorter.
const HEADER: usize = 13;

/// Netcode adds the 256 packets of its replay window to a sequence number without looking.
const LAST_SEQUENCE: u64 = u64::MAX - 256;

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

/// Judges the bytes of one datagram; `now` is in seconds since 1970.
///
/// # Errors
///
/// No client of this protocol sends it, or the ticket in it has lapsed.
pub fn judge(datagram: &[u8], protocol: u64, now: u64) -> Result<Kind, Refused> {
    let (&first, rest) = datagram.split_first().ok_or(Refused::Shape)?;
    if first == 0 {
        return request(rest, protocol, now);
    }
    let (kind, width) = (first & 0x0F, usize::from(first >> 4));
    if !(1..=8).contains(&width) || rest.len() < width + MAC {
        return Err(Refused::Shape);
    }
    let (sequence, sealed) = rest.split_at(width);
    if sequence.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)) > LAST_SEQUENCE {
        return Err(Refused::Shape);
    }
    match (kind, sealed.len() - MAC) {
        (RESPONSE, RESPONSE_BODY) => Ok(Kind::Response),
        (KEEP_ALIVE, KEEP_ALIVE_BODY) => Ok(Kind::KeepAlive),
        (PAYLOAD, HEADER..=MAX_PACKET_SIZE) => Ok(Kind::Payload),
        (DISCONNECT, 0) => Ok(Kind::Disconnect),
        _ => Err(Refused::Shape),
    }
}

fn request(rest: &[u8], protocol: u64, now: u64) -> Result<Kind, Refused> {
    if 1 + rest.len() != REQUEST {
        return Err(Refused::Shape);
    }
    let (version, rest) = rest.split_at(NETCODE_VERSION.len());
    let (id, rest) = rest.split_first_chunk().ok_or(Refused::Shape)?;
    let (expiry, _) = rest.split_first_chunk().ok_or(Refused::Shape)?;
    let seal = rest.last_chunk().ok_or(Refused::Shape)?;
    if version != NETCODE_VERSION.as_slice() || u64::from_be_bytes(*id) != protocol {
        return Err(Refused::Version);
    }
    if u64::from_be_bytes(*expiry) <= now {
        return Err(Refused::Expired);
    }
    Ok(Kind::Request(Seal(*seal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: u64 = 7;

    fn request_until(expiry: u64) -> Vec<u8> {
        let mut request = vec![0];
        request.extend(NETCODE_VERSION);
        request.extend(PROTOCOL.to_be_bytes());
        request.extend(expiry.to_be_bytes());
        request.resize(REQUEST, 9);
        request
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
                let passes = judge(&packet, PROTOCOL, 0).is_ok();
                assert_eq!(passes, wanted, "first byte {first:#04x} at {length} bytes");
            }
        }
    }

    #[test]
    fn l2_more_sequence_bytes_than_eight_are_refused() {
        for first in [0x95, 0xF5] {
            assert_eq!(judge(&sealed(first, 26), PROTOCOL, 0), Err(Refused::Shape));
        }
    }

    #[test]
    fn l3_kinds_that_only_the_room_sends_are_refused() {
        for kind in [1, 2, 7, 8, 15] {
            for length in [18, 26, 34, 342] {
                assert_eq!(judge(&sealed(0x10 | kind, length), PROTOCOL, 0), Err(Refused::Shape));
            }
        }
    }

    #[test]
    fn l9_last_sequence_numbers_are_refused() {
        let numbered = |sequence: u64| {
            let mut packet = sealed(0x84, 1 + 8 + KEEP_ALIVE_BODY + MAC);
            packet[1..9].copy_from_slice(&sequence.to_le_bytes());
            judge(&packet, PROTOCOL, 0)
        };
        assert_eq!(numbered(u64::MAX - 256), Ok(Kind::KeepAlive));
        assert_eq!(numbered(u64::MAX - 255), Err(Refused::Shape));
        assert_eq!(numbered(u64::MAX), Err(Refused::Shape));
    }

    #[test]
    fn t3_request_counts_until_its_ticket_lapses() {
        let request = request_until(1_000);
        assert!(matches!(judge(&request, PROTOCOL, 999), Ok(Kind::Request(_))));
        assert_eq!(judge(&request, PROTOCOL, 1_000), Err(Refused::Expired));
        assert_eq!(judge(&request, PROTOCOL, 1_001), Err(Refused::Expired));
    }

    #[test]
    fn request_of_another_protocol_is_refused() {
        let mut request = request_until(1_000);
        assert_eq!(judge(&request, PROTOCOL + 1, 0), Err(Refused::Version));
        request[1] ^= 1;
        assert_eq!(judge(&request, PROTOCOL, 0), Err(Refused::Version));
        request.pop();
        assert_eq!(judge(&request, PROTOCOL, 0), Err(Refused::Shape));
    }

    #[test]
    fn largest_datagram_is_a_full_payload() {
        assert_eq!(judge(&sealed(0x85, LARGEST), PROTOCOL, 0), Ok(Kind::Payload));
        assert_eq!(judge(&sealed(0x85, LARGEST + 1), PROTOCOL, 0), Err(Refused::Shape));
    }
}
