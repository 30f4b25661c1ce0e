//! The lobby's and the registry's wire, each read in both directions.

use std::fmt::Debug;

use protocol::{
    frame,
    hub::{FromHub, ToHub},
    limits::{
        ADDRESS_BYTES, CHAT_CHARS, CLIENT_FRAME_BYTES, HUB_FRAME_BYTES, KEY_CHARS, MOST_SEATS, NAME_CHARS,
        ROOM_FRAME_BYTES,
    },
    refusal::Refusal,
    registry::{FromRegistry, ToRegistry},
    text::PlayerName,
    ticket::RoomAddresses,
};
use serde::{Serialize, de::DeserializeOwned};

/// Has an example of every message, which a test of the protocol keeps true.
const PAGE: &str = include_str!("../../docs/protocol.md");

pub(crate) fn to_hub(bytes: &[u8]) -> bool {
    let Some(message) = read::<ToHub>(bytes, CLIENT_FRAME_BYTES) else { return false };
    match message {
        ToHub::Chat { text } => assert!((1..=CHAT_CHARS).contains(&text.as_str().chars().count())),
        ToHub::Mute { name } | ToHub::Unmute { name } => check_name(&name),
        ToHub::JoinQueue { mode } => assert!((1..=KEY_CHARS).contains(&mode.as_str().len())),
        _ => {}
    }
    true
}

pub(crate) fn from_hub(bytes: &[u8]) -> bool {
    let Some(message) = read::<FromHub>(bytes, HUB_FRAME_BYTES) else { return false };
    match message {
        FromHub::MatchFound { ticket } => check_addresses(&ticket.addresses),
        FromHub::Here { names, .. } | FromHub::Muted { names } => names.iter().for_each(check_name),
        _ => {}
    }
    true
}

pub(crate) fn to_registry(bytes: &[u8]) -> bool {
    let Some(message) = read::<ToRegistry>(bytes, ROOM_FRAME_BYTES) else { return false };
    match message {
        ToRegistry::Register { addresses, .. } => check_addresses(&addresses),
        ToRegistry::Prepared { tickets, .. } => {
            assert!(tickets.iter().all(|ticket| ticket.seat.index() < MOST_SEATS));
        }
        ToRegistry::Result { result, .. } => {
            assert!(result.seats.iter().all(|line| line.seat.index() < MOST_SEATS));
        }
        _ => {}
    }
    true
}

pub(crate) fn from_registry(bytes: &[u8]) -> bool {
    let Some(message) = read::<FromRegistry>(bytes, ROOM_FRAME_BYTES) else { return false };
    if let FromRegistry::Prepare { players, .. } = message {
        assert!(players.iter().all(|player| player.seat.index() < MOST_SEATS));
    }
    true
}

/// What is read and written is read again as the same.
fn read<M>(bytes: &[u8], limit: usize) -> Option<M>
where
    M: Serialize + DeserializeOwned + PartialEq + Debug,
{
    // A WebSocket hands on no text that is not UTF-8.
    let text = str::from_utf8(bytes).ok()?;
    match frame::decode::<M>(text, limit) {
        Ok(message) => {
            assert!(text.len() <= limit);
            let written = frame::encode(&message);
            assert_eq!(frame::decode::<M>(&written, usize::MAX).as_ref(), Ok(&message), "`{written}`");
            Some(message)
        }
        Err(Refusal::TooLarge { limit: named }) => {
            assert!(text.len() > limit && named == limit);
            None
        }
        Err(Refusal::BadMessage { detail }) => {
            assert!(detail.chars().count() <= 200 && !detail.contains(char::is_control), "`{detail}`");
            None
        }
        Err(other) => panic!("a frame is too large or cannot be read, but not this: {other:?}"),
    }
}

fn check_name(name: &PlayerName) {
    assert!(NAME_CHARS.contains(&name.as_str().chars().count()));
    assert!(!name.as_str().contains(char::is_control));
}

/// Addresses that are called good end up in a header.
fn check_addresses(addresses: &RoomAddresses) {
    if addresses.check().is_err() {
        return;
    }
    for url in [&addresses.webtransport.url, &addresses.websocket] {
        let plain = |c: char| c.is_ascii_alphanumeric() || ":/.-[]".contains(c);
        assert!(url.len() <= ADDRESS_BYTES && url.chars().all(plain), "`{url}`");
    }
}

pub(crate) fn examples_to_hub() -> Vec<Vec<u8>> {
    examples("Client to hub")
}

pub(crate) fn examples_from_hub() -> Vec<Vec<u8>> {
    examples("Hub to client")
}

pub(crate) fn examples_to_registry() -> Vec<Vec<u8>> {
    examples("Room to hub")
}

pub(crate) fn examples_from_registry() -> Vec<Vec<u8>> {
    examples("Hub to room")
}

fn examples(section: &str) -> Vec<Vec<u8>> {
    let heading = format!("\n## {section}\n");
    let (_, rest) = PAGE.split_once(&heading).expect("the page should have the section");
    let body = rest.split("\n## ").next().unwrap_or(rest);
    body.split("```json\n")
        .skip(1)
        .filter_map(|block| block.split("\n```").next())
        .map(|json| json.as_bytes().to_vec())
        .collect()
}
