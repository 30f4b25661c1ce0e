//! What netcode believes of a datagram before it decrypts it, at both ends: the kind (low four bits of the
//! first byte), the number of sequence bytes (its high four bits), and the sequence number in them. Any
//! stranger may have written these, and some of them end the program that reads on.

use lightyear::netcode::MAX_PACKET_SIZE;

/// Authenticates whatever is encrypted.
pub const MAC: usize = 16;

/// Lightyear's packet header; no payload is shorter.
pub const HEADER: usize = 13;

pub const DENIED: u8 = 1;
pub const CHALLENGE: u8 = 2;
pub const RESPONSE: u8 = 3;
pub const KEEP_ALIVE: u8 = 4;
pub const PAYLOAD: u8 = 5;
pub const DISCONNECT: u8 = 6;

/// Lengths of what is encrypted, without its authentication.
pub const DENIED_BODY: usize = 1;
pub const CHALLENGE_BODY: usize = 8 + 300;
pub const RESPONSE_BODY: usize = CHALLENGE_BODY;
pub const KEEP_ALIVE_BODY: usize = 8;

/// Netcode adds the 256 packets of its replay window to a sequence number without looking.
const LAST_SEQUENCE: u64 = u64::MAX - 256;

/// Kind of an encrypted datagram and length of what is encrypted in it. `None` if netcode must not see it, or
/// if it is not encrypted.
pub fn sealed(datagram: &[u8]) -> Option<(u8, usize)> {
    let (first, rest) = datagram.split_first()?;
    let (kind, width) = (first & 0x0F, usize::from(first >> 4));
    let body = rest.len().checked_sub(width + MAC)?;
    if !(DENIED..=DISCONNECT).contains(&kind) || !(1..=8).contains(&width) {
        return None;
    }
    let number = rest[..width].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    (number <= LAST_SEQUENCE).then_some((kind, body))
}

/// Whether a room can have sent this to its client.
pub fn is_from_room(datagram: &[u8]) -> bool {
    matches!(
        sealed(datagram),
        Some(
            (DENIED, DENIED_BODY)
                | (CHALLENGE, CHALLENGE_BODY)
                | (KEEP_ALIVE, KEEP_ALIVE_BODY)
                | (PAYLOAD, HEADER..=MAX_PACKET_SIZE)
                | (DISCONNECT, 0)
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(kind: u8, width: u8, body: usize, fill: u8) -> Vec<u8> {
        let mut datagram = vec![fill; 1 + usize::from(width) + body + MAC];
        datagram[0] = kind | width << 4;
        datagram
    }

    #[test]
    fn t6_client_reads_what_a_room_writes() {
        let written = [
            (DENIED, 4, DENIED_BODY),
            (CHALLENGE, 4, CHALLENGE_BODY),
            (KEEP_ALIVE, 8, KEEP_ALIVE_BODY),
            (PAYLOAD, 8, HEADER),
            (PAYLOAD, 8, MAX_PACKET_SIZE),
            (DISCONNECT, 8, 0),
        ];
        for (kind, width, body) in written {
            assert!(is_from_room(&datagram(kind, width, body, 0x40)), "kind {kind} of {body} bytes");
        }
    }

    #[test]
    fn t6_client_reads_nothing_deadly() {
        for fill in [0, 0xFF] {
            for first in 0..=u8::MAX {
                let (kind, width) = (first & 15, first >> 4);
                let deadly = width > 8 || kind > 6 || (fill == 0xFF && width == 8);
                for length in 0..=400 {
                    let mut datagram = vec![fill; length];
                    if let Some(byte) = datagram.first_mut() {
                        *byte = first;
                    }
                    assert!(!(deadly && is_from_room(&datagram)), "{first:#04x} at {length} bytes");
                }
            }
        }
    }
}
