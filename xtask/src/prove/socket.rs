//! A WebSocket that is read with a deadline.

use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow};
use tungstenite::{Error, Message, WebSocket, client, protocol::CloseFrame};

use super::dial::{self, HERE};
use crate::interrupt;

const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_millis(200);

pub struct Socket(WebSocket<TcpStream>);

/// What came within the time allowed.
#[derive(Debug)]
pub enum Received {
    Text(String),
    Closed,
    Nothing,
}

impl Socket {
    pub fn open(address: SocketAddr, path: &str) -> Result<Self> {
        Self::open_from(HERE, address, path)
    }

    pub fn open_from(from: IpAddr, address: SocketAddr, path: &str) -> Result<Self> {
        let url = format!("ws://{address}{path}");
        let stream =
            dial::connect(from, address).with_context(|| format!("unable to connect to {address}"))?;
        stream.set_read_timeout(Some(CONNECT))?;
        stream.set_write_timeout(Some(CONNECT))?;
        let (socket, _response) =
            client(url.as_str(), stream).map_err(|error| anyhow!("unable to open `{url}`: {error}"))?;
        socket.get_ref().set_read_timeout(Some(READ))?;
        Ok(Self(socket))
    }

    pub fn send(&mut self, text: String) -> Result<()> {
        self.0.send(Message::text(text)).context("unable to send on a WebSocket")
    }

    pub fn receive(&mut self, limit: Duration) -> Result<Received> {
        let deadline = Instant::now() + limit;
        loop {
            interrupt::check()?;
            match self.0.read() {
                Ok(Message::Text(text)) => return Ok(Received::Text(text.as_str().to_owned())),
                Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                    return Ok(Received::Closed);
                }
                Ok(_) => {}
                Err(Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(Error::Io(_) | Error::Protocol(_)) => return Ok(Received::Closed),
                Err(error) => return Err(error).context("unable to read from a WebSocket"),
            }
            if Instant::now() >= deadline {
                return Ok(Received::Nothing);
            }
        }
    }

    /// The connection below, for bytes that no library would write.
    pub fn stream(&mut self) -> &mut TcpStream {
        self.0.get_mut()
    }

    /// Leaves as a page does that is closed.
    pub fn close(mut self) {
        self.0.close(None::<CloseFrame>).and_then(|()| self.0.flush()).ok();
    }
}
