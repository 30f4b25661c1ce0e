//! Decrypted packets of one link, one after the other, each behind its length in two bytes.

use game::room::guard::payload::{self, Order, Permits};

/// Numbers as a build might give them.
const PERMITS: Permits = Permits {
    snapshots: 1,
    introductions: 2,
    pings: 3,
    inputs: 4,
    introduction: 10,
    ping: 11,
    pong: 12,
    input: 13,
};

/// The least that a message takes, in bytes: a flag, a length, and a number or a kind.
const LEAST: usize = 3;

pub(crate) fn packets(bytes: &[u8]) -> bool {
    let (mut rest, mut order, mut taken) = (bytes, Order::default(), false);
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(behind.len());
        let (packet, next) = behind.split_at(length);
        let before = order;
        match payload::read(packet, &PERMITS, &mut order) {
            Ok(count) => {
                let messages = (count.new + count.again) as usize;
                assert!(messages * LEAST <= packet.len(), "{messages} in {} bytes", packet.len());
                taken = true;
            }
            Err(_) => assert_eq!(order, before, "a refused packet should change nothing"),
        }
        rest = next;
    }
    taken
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    let packet = |kind: u8, batches: &[u8]| {
        let mut packet = vec![0; 13];
        packet[0] = kind;
        packet.extend(batches);
        let length = u16::try_from(packet.len()).expect("a packet should be short");
        [&length.to_be_bytes()[..], &packet[..]].concat()
    };
    let said: [&[u8]; 5] = [
        &[4, 1, 0, 3, 13, 0, 0],
        &[3, 1, 0, 3, 11, 0, 1],
        &[3, 1, 0, 8, 12, 0, 1, 0, 0, 0, 2, 128],
        &[2, 1, 1, 0, 0, 7, 10, 0, 0, 0, 2, 0, 5],
        &[1, 2, 1, 0, 0, 2, 0, 1, 1, 0, 2, 1, 7],
    ];
    let mut all: Vec<_> = said.iter().map(|batch| packet(0, batch)).collect();
    all.push(packet(4, &[]));
    all.push(all.concat());
    all
}
