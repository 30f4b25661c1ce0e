//! One decrypted packet of a connected client, walked as lightyear's transport will walk it.
//!
//! ```text
//! packet   kind u8 · 12 bytes about acknowledgements and tick · batches to the end
//! batch    channel varint · count u8 · messages
//! message  0, or 1 and its number u16 · length varint · bytes
//! bytes    kind varint · the message; for acknowledgements of snapshots, numbers only
//! ```
//!
//! Integers are big-endian; a varint holds its length of 1, 2, 4 or 8 bytes in its two highest bits.

use std::mem;

use crate::{room::guard::Refused, sim::datagram::HEADER};

/// Kinds of packets. Compressed ones, 2 and 3, are not in use.
const DATA: u8 = 0;
const FRAGMENT: u8 = 1;
const ACKNOWLEDGEMENT: u8 = 4;

/// A client sends one message about itself, when it connects.
const INTRODUCTIONS: u16 = 8;

/// The longest time that a client can mean, in ticks: a minute. Lightyear takes much longer ones for
/// negative and dies of them.
const LONGEST: u32 = 3_600;

/// The numbers under which this build knows what a client may say.
#[derive(bevy::prelude::Resource, Clone, Copy, Debug)]
pub struct Permits {
    /// Channels.
    pub snapshots: u16,
    pub introductions: u16,
    pub pings: u16,
    pub inputs: u16,
    /// Kinds of messages.
    pub introduction: u16,
    pub ping: u16,
    pub pong: u16,
    pub input: u16,
}

/// How many messages a packet holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub new: u32,
    /// Acknowledgements that have come before. Until a client knows how long its link is, it repeats each in
    /// every frame.
    pub again: u32,
}

/// Reads a packet to its end. `order` is the link's, and is left as it was if the packet is refused.
///
/// # Errors
///
/// The transport could not read it, or a client may not say it.
pub fn read(packet: &[u8], permits: &Permits, order: &mut Order) -> Result<Count, Refused> {
    let mut rest = Bytes(packet);
    match rest.take(HEADER)?[0] {
        DATA | ACKNOWLEDGEMENT => {}
        FRAGMENT => return Err(Refused::Fragment),
        _ => return Err(Refused::Payload),
    }
    let mut after = *order;
    let mut messages = Count::default();
    while !rest.0.is_empty() {
        let channel = rest.varint()?;
        let count = rest.u8()?;
        if count == 0 {
            return Err(Refused::Payload);
        }
        for _ in 0..count {
            let number = match rest.u8()? {
                0 => None,
                1 => Some(rest.u16()?),
                _ => return Err(Refused::Payload),
            };
            let length = usize::try_from(rest.varint()?).map_err(|_| Refused::Payload)?;
            match judge(channel, number, Bytes(rest.take(length)?), permits, &mut after)? {
                true => messages.new += 1,
                false => messages.again += 1,
            }
        }
    }
    *order = after;
    Ok(messages)
}

/// Whether it is new.
fn judge(
    channel: u64,
    number: Option<u16>,
    mut message: Bytes<'_>,
    permits: &Permits,
    order: &mut Order,
) -> Result<bool, Refused> {
    let is = |id: u16| channel == u64::from(id);
    if is(permits.snapshots) {
        let number = number.ok_or(Refused::Payload)?;
        return order.note(number);
    }
    let kind = message.varint()?;
    if is(permits.inputs) && kind == u64::from(permits.input) {
        return Ok(true);
    }
    if is(permits.pings) && kind == u64::from(permits.ping) {
        return Ok(true);
    }
    if is(permits.pings) && kind == u64::from(permits.pong) {
        message.u16()?;
        return message.time().map(|()| true);
    }
    if is(permits.introductions) && kind == u64::from(permits.introduction) {
        let number = number.ok_or(Refused::Payload)?;
        return if number < INTRODUCTIONS { message.time().map(|()| true) } else { Err(Refused::Channel) };
    }
    Err(Refused::Channel)
}

/// Which numbered messages of a channel have come. The transport keeps whatever comes too early until
/// the gap before it closes, so that nothing may come much too early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    next: u16,
    /// One bit for each number from `next` on.
    came: [u64; Self::WORDS],
}

impl Order {
    /// 512 numbers: at 30 snapshots a second 17 s, and a link is given up after 5.
    const WORDS: usize = 8;

    /// Whether the number is new. One that has come before is the transport's to ignore.
    ///
    /// # Errors
    ///
    /// It is too far ahead.
    fn note(&mut self, number: u16) -> Result<bool, Refused> {
        let Ok(ahead) = usize::try_from(number.wrapping_sub(self.next).cast_signed()) else {
            return Ok(false);
        };
        let word = self.came.get_mut(ahead / 64).ok_or(Refused::Channel)?;
        let before = mem::replace(word, *word | 1 << (ahead % 64));
        while self.came[0] & 1 == 1 {
            self.next = self.next.wrapping_add(1);
            for place in 0..Self::WORDS {
                let carried = self.came.get(place + 1).map_or(0, |word| word << 63);
                self.came[place] = self.came[place] >> 1 | carried;
            }
        }
        Ok(before >> (ahead % 64) & 1 == 0)
    }
}

/// What is left to read.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refused::Payload)?;
        self.0 = rest;
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let (chunk, rest) = self.0.split_first_chunk().ok_or(Refused::Payload)?;
        self.0 = rest;
        Ok(*chunk)
    }

    fn u8(&mut self) -> Result<u8, Refused> {
        self.chunk().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, Refused> {
        self.chunk().map(u16::from_be_bytes)
    }

    fn varint(&mut self) -> Result<u64, Refused> {
        let first = *self.0.first().ok_or(Refused::Payload)?;
        let bytes = self.take(1 << (first >> 6))?;
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Ok(value & (u64::MAX >> (66 - 8 * bytes.len())))
    }

    /// Whole ticks, and the fraction of one more.
    fn time(&mut self) -> Result<(), Refused> {
        let ticks = self.chunk().map(u32::from_be_bytes)?;
        self.u8()?;
        if ticks <= LONGEST { Ok(()) } else { Err(Refused::Span) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn packet(kind: u8, batches: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; HEADER];
        packet[0] = kind;
        packet.extend(batches);
        packet
    }

    fn message(channel: u8, number: Option<u16>, bytes: &[u8]) -> Vec<u8> {
        let mut batch = vec![channel, 1];
        match number {
            None => batch.push(0),
            Some(number) => {
                batch.push(1);
                batch.extend(number.to_be_bytes());
            }
        }
        batch.push(bytes.len() as u8);
        batch.extend(bytes);
        batch
    }

    fn verdict(packet: &[u8]) -> Result<u32, Refused> {
        read(packet, &PERMITS, &mut Order::default()).map(|count| count.new)
    }

    fn said(channel: u8, number: Option<u16>, bytes: &[u8]) -> Result<u32, Refused> {
        verdict(&packet(DATA, &message(channel, number, bytes)))
    }

    #[test]
    fn what_a_client_says_is_let_through() {
        let all = [
            message(4, None, &[13, 0, 0]),
            message(3, None, &[11, 0, 1]),
            message(3, None, &[12, 0, 1, 0, 0, 0, 2, 128]),
            message(2, Some(0), &[10, 0, 0, 0, 2, 0, 5]),
            message(1, Some(0), &[0, 1]),
        ];
        assert_eq!(verdict(&packet(DATA, &all.concat())), Ok(5));
        assert_eq!(verdict(&packet(ACKNOWLEDGEMENT, &[])), Ok(0));
    }

    #[test]
    fn l4_every_fragment_is_refused() {
        assert_eq!(verdict(&packet(FRAGMENT, &[4, 0, 0, 0, 0xFF, 0xFF])), Err(Refused::Fragment));
    }

    #[test]
    fn l14_compressed_packets_are_refused() {
        for kind in [2, 3, 5, 255] {
            assert_eq!(verdict(&packet(kind, &[])), Err(Refused::Payload));
        }
    }

    #[test]
    fn l15_other_channels_and_other_kinds_are_refused() {
        assert_eq!(said(0, Some(0), &[13]), Err(Refused::Channel));
        assert_eq!(said(5, None, &[13]), Err(Refused::Channel));
        assert_eq!(said(4, None, &[11, 0, 1]), Err(Refused::Channel));
        assert_eq!(said(3, None, &[13]), Err(Refused::Channel));
        // 65,540 would be 4 for a reader that keeps 16 bits.
        let mut batch = vec![0x80, 1, 0, 4];
        batch.extend(&message(4, None, &[13])[1..]);
        assert_eq!(verdict(&packet(DATA, &batch)), Err(Refused::Channel));
    }

    #[test]
    fn l16_time_that_would_count_as_negative_is_refused() {
        assert_eq!(said(3, None, &[12, 0, 1, 0x80, 0, 0, 0, 0]), Err(Refused::Span));
        assert_eq!(said(2, Some(0), &[10, 0x80, 0, 0, 0, 0, 5]), Err(Refused::Span));
    }

    #[test]
    fn client_introduces_itself_only_a_few_times() {
        let introduction = [10, 0, 0, 0, 2, 0, 5];
        assert_eq!(said(2, Some(INTRODUCTIONS), &introduction), Err(Refused::Channel));
        assert_eq!(said(2, None, &introduction), Err(Refused::Payload));
    }

    #[test]
    fn t7_no_beginning_of_a_packet_is_read_beyond_its_end() {
        let whole = packet(DATA, &message(3, None, &[12, 0, 1, 0, 0, 0, 2, 128]));
        for length in 0..whole.len() {
            let cut = verdict(&whole[..length]);
            assert!(cut.is_err() || length == HEADER, "{length} bytes of it: {cut:?}");
        }
    }

    #[test]
    fn number_too_far_ahead_is_refused_and_gaps_close() {
        let mut order = Order::default();
        assert_eq!(order.note(512), Err(Refused::Channel));
        for number in (0..512).rev() {
            assert_eq!(order.note(number), Ok(true));
        }
        assert_eq!((order.next, order.came), (512, [0; 8]));
        assert_eq!((order.note(1023), order.note(1024)), (Ok(true), Err(Refused::Channel)));
    }

    #[test]
    fn acknowledgement_that_came_before_is_told_from_a_new_one() {
        let mut order = Order::default();
        let said = |number: u16| message(1, Some(number), &[0, 1]);
        let first = packet(DATA, &[said(0), said(2)].concat());
        assert_eq!(read(&first, &PERMITS, &mut order), Ok(Count { new: 2, again: 0 }));
        let second = packet(DATA, &[said(0), said(1), said(2), said(3)].concat());
        assert_eq!(read(&second, &PERMITS, &mut order), Ok(Count { new: 2, again: 2 }));
    }

    #[test]
    fn order_goes_on_beyond_the_last_number() {
        let mut order = Order::default();
        for number in (0..=u16::MAX).chain(0..10) {
            assert_eq!(order.note(number), Ok(true), "{number} comes in its turn");
        }
        assert_eq!(order.next, 10);
    }

    #[test]
    fn refused_packet_leaves_the_order_as_it_was() {
        let mut order = Order::default();
        let bad = [message(1, Some(0), &[0, 1]), message(9, None, &[0])].concat();
        assert!(read(&packet(DATA, &bad), &PERMITS, &mut order).is_err());
        assert_eq!(order.next, 0);
    }

    #[test]
    fn varint_is_read_at_every_length() {
        let cases: [(&[u8], u64); 4] = [
            (&[0x3F], 63),
            (&[0x7F, 0xFF], 16_383),
            (&[0xBF, 0xFF, 0xFF, 0xFF], 1_073_741_823),
            (&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], (1 << 62) - 1),
        ];
        for (bytes, value) in cases {
            assert_eq!(Bytes(bytes).varint(), Ok(value));
        }
    }
}
