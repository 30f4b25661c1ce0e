//! The WebSocket door, on plain TCP.

use std::{future::pending, io, net::SocketAddr, sync::Arc, time::Duration};

use bevy::log::warn;
use futures_util::{
    SinkExt as _, Stream, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Error, Message, Utf8Bytes,
        handshake::server::{Callback, ErrorResponse, Request, Response},
        http::{StatusCode, header::ORIGIN},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::room::listen::{
    Doors, Kind,
    gate::{Failure, Gate, Guest, Limits, Refusal},
    shut::Shut,
    wire::{Far, Packet},
};

/// Connections that the system may hold for the next `accept`.
const BACKLOG: u32 = 256;

/// What the system may hold for a peer, in bytes: beyond it lie only snapshots too old to be of use.
const SEND_BUFFER: u32 = 64 * 1024;

/// Of one session, in bytes, each way.
const BUFFER: usize = 4096;

/// After an error that is likely to come again at once, such as too many open files.
const PAUSE: Duration = Duration::from_millis(250);

/// Pings and pongs between two packets. Browsers send none.
const SIGNS: usize = 16;

/// How long a peer may take to hear why it is closed.
const LAST_WORD: Duration = Duration::from_millis(500);

type Socket = WebSocketStream<TcpStream>;

/// Why a session ends, for the peer; `None` if it would not hear it.
type End = Option<CloseFrame>;

/// Listens from now on; returns the port. Call within the runtime.
pub(super) fn open(doors: &Doors, gate: Arc<Gate>) -> Result<u16, Shut> {
    let address = SocketAddr::new(doors.bind, doors.websocket_port);
    let unable = |error| Shut::Port { door: Kind::WebSocket, address, error };
    let listener = bind(address).map_err(unable)?;
    let port = listener.local_addr().map_err(unable)?.port();
    tokio::spawn(accept(listener, gate));
    Ok(port)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, gate: Arc<Gate>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(guest) = gate.admit(peer.ip()) {
                    tokio::spawn(attend(stream, peer, guest));
                }
            }
            Err(error) => {
                warn!("unable to accept a websocket: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn attend(stream: TcpStream, peer: SocketAddr, mut guest: Guest) {
    let gate = guest.gate.clone();
    if let Some((socket, far)) = guest.enter(peer, welcome(stream, &gate)).await {
        serve(socket, far, &gate.limits).await;
    }
}

/// A session, with the packet that asks for a link.
async fn welcome(stream: TcpStream, gate: &Gate) -> Result<(Socket, Packet), Failure> {
    let mut socket = upgrade(stream, gate).await?;
    let (end, failure) = loop {
        match packet(&mut socket).await {
            Ok(first) => match gate.knows(&first) {
                Ok(true) => return Ok((socket, first)),
                Ok(false) => {}
                Err(failure) => break (close(CloseCode::Policy, "this ticket is not good here"), failure),
            },
            Err(end) => break (end, Failure::Broken("no packet came".to_owned())),
        }
    };
    if end.is_some() {
        let _ = timeout(LAST_WORD, socket.close(end)).await;
    }
    Err(failure)
}

async fn upgrade(stream: TcpStream, gate: &Gate) -> Result<Socket, Failure> {
    stream.set_nodelay(true).map_err(|error| Failure::Broken(error.to_string()))?;
    let config = Some(config(gate.limits.frame));
    accept_hdr_async_with_config(stream, Judge(gate), config).await.map_err(|error| match error {
        Error::Http(_) => Failure::Refused,
        error => Failure::Broken(error.to_string()),
    })
}

/// How a session is read that may bring messages of `largest` bytes.
pub fn config(largest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * BUFFER)
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest))
}

struct Judge<'a>(&'a Gate);

impl Callback for Judge<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        let origin = request.headers().get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
        let status = match self.0.check(request.uri().path(), origin) {
            Ok(()) => return Ok(response),
            Err(Refusal::Path) => StatusCode::NOT_FOUND,
            Err(Refusal::Origin) => StatusCode::FORBIDDEN,
        };
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = status;
        Err(refusal)
    }
}

async fn serve(socket: Socket, far: Far, limits: &Limits) {
    let Far { inbox, mut outbox } = far;
    let (mut sink, mut source) = socket.split();
    let abandoned = async {
        inbox.closed().await;
        sleep(limits.stall).await;
    };
    let end = tokio::select! {
        end = hear(&mut source, &inbox, limits.idle) => end,
        end = tell(&mut sink, &mut outbox, limits.stall) => end,
        () = abandoned => None,
    };
    let last_word = async {
        match end {
            Some(frame) => sink.send(Message::Close(Some(frame))).await,
            None => sink.flush().await,
        }
    };
    let _ = timeout(LAST_WORD, last_word).await;
}

/// A full inbox holds the peer back. When the room hangs up, [`tell`] has the last word.
async fn hear(source: &mut SplitStream<Socket>, inbox: &mpsc::Sender<Packet>, idle: Duration) -> End {
    loop {
        match timeout(idle, packet(source)).await {
            Ok(Ok(packet)) => {
                if inbox.send(packet).await.is_err() {
                    return pending().await;
                }
            }
            Ok(Err(end)) => return end,
            Err(_) => return close(CloseCode::Policy, "silent for too long"),
        }
    }
}

/// The next packet of a session.
///
/// # Errors
///
/// The session is over, or its peer sent what no client of ours does; with what the peer is told.
pub async fn packet<S>(source: &mut S) -> Result<Packet, End>
where
    S: Stream<Item = Result<Message, Error>> + Unpin,
{
    for _ in 0..=SIGNS {
        match source.next().await {
            Some(Ok(Message::Binary(packet))) => return Ok(packet),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => {
                return Err(close(CloseCode::Unsupported, "only binary messages are read here"));
            }
            Some(Err(Error::Capacity(_))) => return Err(close(CloseCode::Size, "the message is too large")),
            Some(Ok(Message::Close(_) | Message::Frame(_)) | Err(_)) | None => return Err(None),
        }
    }
    Err(close(CloseCode::Policy, "more pings than packets"))
}

/// Sends what was queued before the room hung up, too.
async fn tell(
    sink: &mut SplitSink<Socket, Message>,
    outbox: &mut mpsc::Receiver<Packet>,
    stall: Duration,
) -> End {
    while let Some(packet) = outbox.recv().await {
        match timeout(stall, sink.send(Message::Binary(packet))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return None,
        }
    }
    close(CloseCode::Normal, "the room hung up")
}

fn close(code: CloseCode, reason: &'static str) -> End {
    Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
}
