//! A frame is one JSON message in one WebSocket text frame, its size checked before it is parsed.

use serde::{Serialize, de::DeserializeOwned};

use crate::refusal::Refusal;

/// Writes a message as one text frame.
pub fn encode<M: Serialize>(message: &M) -> String {
    serde_json::to_string(message).expect("wire messages should always serialise")
}

/// Reads one text frame of at most `limit` bytes.
pub fn decode<M: DeserializeOwned>(text: &str, limit: usize) -> Result<M, Refusal> {
    if text.len() > limit {
        return Err(Refusal::TooLarge { limit });
    }
    serde_json::from_str(text).map_err(|error| Refusal::BadMessage { detail: short(error) })
}

/// Serde's message quotes the input; a reason stays one short line.
fn short(error: serde_json::Error) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(200).collect()
}
