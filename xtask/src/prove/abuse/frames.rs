//! T10: frames and bodies that are too large, too many, or of a kind that nobody agreed on.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use protocol::{hub::FromHub, limits::CLIENT_FRAME_BYTES};
use serde_json::json;

use super::stage::Stage;
use crate::prove::{
    report::Figures,
    sample::worst,
    visitor::{Heard, Visitor},
};

/// A message that is answered and changes nothing.
const WORD: &str = "{\"type\":\"leave_queue\"}";

/// Bytes of one stream that never ends its message.
const STREAM: usize = 100 << 20;
const STREAM_QUICK: usize = 10 << 20;

/// Goal: how much more memory the hub may hold for one connection, in kB. The library's and the
/// kernel's buffers are in it, and what an allocator keeps.
const GROWTH: u64 = 4096;

/// Goal: seconds until the socket is closed.
const CLOSED: f64 = 2.0;

const NET: u8 = 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// First bytes of frames: text, continuation, binary, and text that claims to be compressed. `FIN` ends
/// a message.
const FIN: u8 = 0x80;
const TEXT: u8 = 0x01;
const CONTINUATION: u8 = 0x00;
const BINARY: u8 = 0x02;
const COMPRESSED: u8 = 0x40;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let mut closed = Vec::new();
    let mut visitor = visitor(stage, 0)?;
    visitor.0.send(padded(CLIENT_FRAME_BYTES))?;
    visitor.expect("that a frame of the largest size is read", |message| {
        matches!(message, FromHub::LeftQueue { .. }).then_some(())
    })?;
    visitor.0.send(padded(CLIENT_FRAME_BYTES + 1))?;
    closed.push(seconds_until_closed(&mut visitor)?);

    let long = padded(CLIENT_FRAME_BYTES + 1);
    let (begin, end) = long.split_at(CLIENT_FRAME_BYTES / 2);
    let fragments = [frame(TEXT, begin.as_bytes()), frame(FIN | CONTINUATION, end.as_bytes())].concat();
    for (number, bytes) in
        [fragments, frame(FIN | BINARY, WORD.as_bytes()), frame(FIN | COMPRESSED | TEXT, WORD.as_bytes())]
            .into_iter()
            .enumerate()
    {
        let mut visitor = self::visitor(stage, 1 + number)?;
        visitor.0.stream().write_all(&bytes)?;
        closed.push(seconds_until_closed(&mut visitor)?);
    }

    let bytes = stage.count(STREAM, STREAM_QUICK);
    let before = stage.hub.memory()?;
    let one_frame = stream(&mut self::visitor(stage, 5)?, bytes, Shape::OneFrame);
    let fragments = stream(&mut self::visitor(stage, 6)?, bytes, Shape::Fragments);
    let growth = stage.hub.memory()?.saturating_sub(before);
    let body = stage.guest(NET, 7)?.post("/api/v1/login", &"x".repeat(1 << 20));
    let body = body.map_or(0, |answer| answer.status);

    figures.note("largest_frame_read_bytes", CLIENT_FRAME_BYTES);
    figures.note_rounded("seconds_until_closed_worst", worst(&closed));
    figures.note("taken_of_the_stream_bytes", json!({ "one frame": one_frame, "fragments": fragments }));
    figures.note("stream_bytes", bytes);
    figures.note("memory_growth_kb", growth);
    figures.note("answer_to_a_body_of_1_MB", body);
    ensure!(worst(&closed) <= CLOSED, "a socket stayed open for {:.1} s", worst(&closed));
    ensure!(one_frame < bytes && fragments < bytes, "the hub read a stream to its end");
    ensure!(growth <= GROWTH, "the hub grew by {growth} kB, {GROWTH} are allowed");
    ensure!(matches!(body, 0 | 413), "a body of 1 MB was answered with {body}");
    Ok(())
}

fn visitor(stage: &Stage<'_>, number: usize) -> Result<Visitor> {
    stage.visitor(&stage.guest(NET, number)?)
}

/// White space behind a JSON message is allowed, so that it can have any size.
fn padded(bytes: usize) -> String {
    format!("{WORD:<bytes$}")
}

fn seconds_until_closed(visitor: &mut Visitor) -> Result<f64> {
    let began = Instant::now();
    visitor.until_closed(PATIENCE)?;
    Ok(began.elapsed().as_secs_f64())
}

#[derive(Clone, Copy)]
enum Shape {
    OneFrame,
    Fragments,
}

/// Sends until the hub takes no more; how many bytes that were.
fn stream(visitor: &mut Visitor, bytes: usize, shape: Shape) -> usize {
    visitor.0.stream().set_read_timeout(Some(Duration::from_millis(1))).ok();
    let chunk = vec![b' '; 16 * 1024];
    let head = match shape {
        Shape::OneFrame => head(FIN | TEXT, bytes as u64),
        Shape::Fragments => frame(TEXT, b"{"),
    };
    let mut sent = 0;
    let mut put = |visitor: &mut Visitor, bytes: &[u8]| {
        let done = visitor.0.stream().write_all(bytes).is_ok();
        sent += if done { bytes.len() } else { 0 };
        done
    };
    let mut open = put(visitor, &head);
    let mut left = bytes;
    while open && left > 0 {
        open = match shape {
            Shape::OneFrame => put(visitor, &chunk),
            Shape::Fragments => put(visitor, &frame(CONTINUATION, &chunk[..1024])),
        };
        left = left.saturating_sub(if matches!(shape, Shape::OneFrame) { chunk.len() } else { 1024 });
        if open && matches!(visitor.hear(Duration::ZERO), Ok(Heard::Closed) | Err(_)) {
            open = false;
        }
    }
    sent
}

/// A client's frame; its mask is zero, which leaves the bytes as they are.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [head(first, payload.len() as u64).as_slice(), payload].concat()
}

fn head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match u16::try_from(length) {
        Ok(short) if short < 126 => head.push(0x80 | short as u8),
        Ok(middle) => {
            head.push(0x80 | 126);
            head.extend(middle.to_be_bytes());
        }
        Err(_) => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_length_that_they_say() {
        assert_eq!(frame(FIN | TEXT, b"ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(head(TEXT, 4097)[..4], [0x01, 0xFE, 0x10, 0x01]);
        assert_eq!(head(TEXT, 1 << 20).len(), 14);
        assert_eq!(padded(4097).len(), 4097);
    }
}
