//! One WebSocket as a wire of typed messages.

use std::{marker::PhantomData, time::Duration};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use protocol::{frame, refusal::Refusal};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

/// A peer that does not take a frame for this long is gone.
const SEND_PATIENCE: Duration = Duration::from_secs(10);

/// How long a peer may take to read the last message.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);

/// Reads `In`, writes `Out`; frames over the limit are never parsed.
pub struct Wire<In, Out> {
    socket: WebSocket,
    limit: usize,
    directions: PhantomData<fn(Out) -> In>,
}

/// What arrived.
pub enum Arrival<In> {
    Message(In),
    /// A ping or a pong: the peer lives.
    Sign,
}

/// Why nothing more arrives.
pub enum End {
    /// The peer broke a rule and is told which.
    Refuse(Refusal),
    /// The peer is gone.
    Gone,
}

/// Bounds what the socket buffers before [`frame::decode`] measures it exactly.
pub fn bounded(upgrade: WebSocketUpgrade, limit: usize) -> WebSocketUpgrade {
    upgrade.read_buffer_size(limit).max_frame_size(2 * limit).max_message_size(2 * limit)
}

impl<In: DeserializeOwned, Out: Serialize> Wire<In, Out> {
    pub fn new(socket: WebSocket, limit: usize) -> Self {
        Self { socket, limit, directions: PhantomData }
    }

    /// Cancel-safe: a message is either returned or still to come.
    pub async fn read(&mut self) -> Result<Arrival<In>, End> {
        match self.socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                frame::decode(text.as_str(), self.limit).map(Arrival::Message).map_err(End::Refuse)
            }
            Some(Ok(Message::Binary(_))) => {
                let detail = "only text frames are read here".to_owned();
                Err(End::Refuse(Refusal::BadMessage { detail }))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Arrival::Sign),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(self.end_of(&error)),
        }
    }

    /// The next message, whatever signs of life come before it.
    pub async fn message(&mut self) -> Result<In, End> {
        loop {
            if let Arrival::Message(message) = self.read().await? {
                return Ok(message);
            }
        }
    }

    pub async fn send(&mut self, message: &Out) -> Result<(), End> {
        self.put(Message::text(frame::encode(message))).await
    }

    pub async fn ping(&mut self) -> Result<(), End> {
        self.put(Message::Ping(Default::default())).await
    }

    /// Says one last thing and closes; waits a moment, so that it is read.
    pub async fn close(mut self, last: Option<&Out>) {
        if let Some(last) = last
            && self.send(last).await.is_err()
        {
            return;
        }
        if self.put(Message::Close(None)).await.is_err() {
            return;
        }
        let drained = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        if timeout(CLOSE_PATIENCE, drained).await.is_err() {
            tracing::debug!("a peer did not close its socket");
        }
    }

    async fn put(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// The library tells an oversized frame from a broken socket only in words.
    fn end_of(&self, error: &axum::Error) -> End {
        if error.to_string().contains("too long") {
            End::Refuse(Refusal::TooLarge { limit: self.limit })
        } else {
            End::Gone
        }
    }
}
