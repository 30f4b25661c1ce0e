//! The room socket: register with the host key, then serve the lobby until it ends.

use std::time::Instant;

use axum::{
    extract::{State, WebSocketUpgrade, ws::WebSocket},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use protocol::{
    VERSION,
    limits::ROOM_FRAME_BYTES,
    refusal::Refusal,
    registry::{FromRegistry, ToRegistry},
};
use tokio::time::{interval, sleep_until, timeout};

use crate::{
    admin::metrics::SocketKind,
    error::ApiError,
    rooms::{
        host::{HostKind, OWN, host_of_key},
        registry::Registration,
    },
    secret,
    socket::{
        outbox::{Link, Outbox},
        rate::Rate,
        same_origin,
        wire::{self, Arrival, End, Wire},
    },
    state::AppState,
};

/// A room beats once a second; the burst is a full match's tickets and more.
const MESSAGE_BURST: u32 = 200;
const MESSAGES_PER_SECOND: u32 = 50;

type RoomWire = Wire<ToRegistry, FromRegistry>;

pub async fn open(State(state): State<AppState>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !same_origin(&headers, state.config.public_url.as_deref()) {
        return ApiError::CrossSite.into_response();
    }
    wire::bounded(upgrade, ROOM_FRAME_BYTES).on_upgrade(move |socket| {
        let sockets = state.sockets.clone();
        sockets.track_future(serve(state, socket))
    })
}

async fn serve(state: AppState, socket: WebSocket) {
    let _open = state.metrics.socket_opened(SocketKind::Room);
    let mut wire = Wire::new(socket, ROOM_FRAME_BYTES);
    let end = match introduced(&state, &mut wire).await {
        Ok(registration) => attend(&state, &mut wire, registration).await,
        Err(end) => end,
    };
    match end {
        End::Refuse(refusal) => {
            tracing::warn!(%refusal, "a room socket was refused");
            state.metrics.message_refused(&refusal);
            wire.close(Some(&FromRegistry::Refused { refusal })).await;
        }
        End::Gone => wire.close(None).await,
    }
}

/// Reads the registration and finds out whose room it is.
async fn introduced(state: &AppState, wire: &mut RoomWire) -> Result<Registration, End> {
    let limit = state.config.timings.handshake;
    let first = tokio::select! {
        () = state.shutdown.cancelled() => Err(End::Refuse(Refusal::ShuttingDown)),
        first = timeout(limit, wire.message()) => {
            first.unwrap_or(Err(End::Refuse(Refusal::TooSlow)))
        }
    };
    let (key, registration) = checked(first?).map_err(End::Refuse)?;
    let (host, official) = host(state, key).await.map_err(End::Refuse)?;
    Ok(Registration { host, official, ..registration })
}

/// Name and kind of the host that the key belongs to.
async fn host(state: &AppState, key: String) -> Result<(String, bool), Refusal> {
    if secret::same(&key, &state.config.host_key) {
        return Ok((OWN.to_owned(), true));
    }
    let found = state.store.read(move |connection| host_of_key(connection, &key)).await;
    match found {
        Ok(Some(host)) => Ok((host.name, host.kind == HostKind::Operator)),
        Ok(None) => Err(Refusal::WrongHostKey),
        Err(error) => {
            tracing::error!(%error, "unable to look a host key up");
            Err(Refusal::OutOfTurn { detail: "the hub's database does not answer".to_owned() })
        }
    }
}

/// The host key, and what the room says of itself.
fn checked(first: ToRegistry) -> Result<(String, Registration), Refusal> {
    let ToRegistry::Register { protocol, content, host_key, capacity, addresses, playing } = first else {
        return Err(Refusal::OutOfTurn { detail: "the first message is `register`".to_owned() });
    };
    if protocol != VERSION {
        return Err(Refusal::WrongVersion { ours: VERSION, theirs: protocol });
    }
    if capacity < 2 {
        let detail = format!("capacity is {capacity}, the smallest match needs 2 seats");
        return Err(Refusal::BadMessage { detail });
    }
    addresses.check().map_err(|detail| Refusal::BadMessage { detail })?;
    let (host, official) = (String::new(), false);
    Ok((host_key, Registration { host, official, content, capacity, addresses, playing }))
}

/// Carries messages between the lobby and a registered room. How long a room may be silent is the
/// lobby's to say.
async fn attend(state: &AppState, wire: &mut RoomWire, registration: Registration) -> End {
    let link = Link::next();
    let (outbox, mut pending) = Outbox::new();
    state.lobby.room_registered(link, registration, outbox).await;

    let timings = state.config.timings;
    let mut pings = interval(timings.ping_every);
    let mut heard = tokio::time::Instant::now();
    let mut rate = Rate::new(MESSAGE_BURST, MESSAGES_PER_SECOND, Instant::now());
    let end = loop {
        tokio::select! {
            biased;
            () = state.shutdown.cancelled() => break End::Refuse(Refusal::ShuttingDown),
            () = pending.cut.cancelled() => break End::Gone,
            () = sleep_until(heard + timings.idle_close) => break End::Gone,
            message = pending.receiver.recv() => {
                let Some(message) = message else { break End::Gone };
                if let FromRegistry::Refused { refusal } = message {
                    break End::Refuse(refusal);
                }
                if let Err(end) = wire.send(&message).await {
                    break end;
                }
            }
            arrival = wire.read() => {
                heard = tokio::time::Instant::now();
                match arrival {
                    Ok(Arrival::Message(ToRegistry::Register { .. })) => {
                        let detail = "this room is registered".to_owned();
                        break End::Refuse(Refusal::OutOfTurn { detail });
                    }
                    Ok(Arrival::Message(_)) if !rate.take(Instant::now()) => {
                        break End::Refuse(Refusal::TooFast);
                    }
                    Ok(Arrival::Message(said)) => state.lobby.room_said(link, said).await,
                    Ok(Arrival::Sign) => {}
                    Err(end) => break end,
                }
            }
            _ = pings.tick() => {
                if let Err(end) = wire.ping().await {
                    break end;
                }
            }
        }
    };
    state.lobby.room_left(link).await;
    end
}

#[cfg(test)]
mod tests {
    use protocol::{
        challenge::Bytes32,
        key::Content,
        ticket::{RoomAddresses, WebTransportAddress},
    };

    use super::*;

    fn register(protocol: u16, capacity: u8, websocket: &str) -> ToRegistry {
        ToRegistry::Register {
            protocol,
            content: Content::of(b"rules"),
            host_key: "0123456789abcdef0123456789abcdef".to_owned(),
            capacity,
            addresses: RoomAddresses {
                udp: ([127, 0, 0, 1], 7000).into(),
                webtransport: WebTransportAddress {
                    url: "https://127.0.0.1:7001".to_owned(),
                    digest: Bytes32([0; 32]),
                },
                websocket: websocket.to_owned(),
            },
            playing: None,
        }
    }

    fn refusal(message: ToRegistry) -> Option<Refusal> {
        checked(message).err()
    }

    #[test]
    fn only_a_whole_registration_is_accepted() {
        let good = "ws://127.0.0.1:7002";
        assert_eq!(refusal(register(VERSION, 6, good)), None);
        assert!(matches!(refusal(register(VERSION + 1, 6, good)), Some(Refusal::WrongVersion { .. })));
        assert!(matches!(refusal(register(VERSION, 1, good)), Some(Refusal::BadMessage { .. })));
        assert!(matches!(
            refusal(register(VERSION, 6, "ws://a:1; script-src *")),
            Some(Refusal::BadMessage { .. })
        ));
        assert!(matches!(refusal(ToRegistry::Heartbeat { tick: 1 }), Some(Refusal::OutOfTurn { .. })));
    }
}
