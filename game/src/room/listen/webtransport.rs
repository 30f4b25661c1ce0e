//! The WebTransport door: datagrams over QUIC, under a certificate that clients know by its digest.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use protocol::challenge::Bytes32;
use tokio::time::timeout;
use wtransport::{
    Connection, Endpoint, Identity, ServerConfig, VarInt,
    config::{ServerConfigBuilder, states::WantsIdentity},
    endpoint::{IncomingSession, endpoint_side::Server},
    error::SendDatagramError,
    quinn,
    tls::self_signed::time::OffsetDateTime,
};

use crate::room::listen::{
    Doors, Kind,
    gate::{Failure, Gate, Guest, Limits, Refusal},
    shut::Shut,
    wire::{Far, Packet},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Clients whose clock is behind ours by as much still accept a new certificate.
const BACKDATED: Duration = DAY;

/// Together with [`BACKDATED`] below the 14 days that browsers allow a pinned certificate.
const VALID: Duration = DAY.saturating_mul(12);

/// Streams a client may open: one for the request, three for HTTP/3 itself, and some it may try out.
const BIDIRECTIONAL_STREAMS: u32 = 4;
const UNIDIRECTIONAL_STREAMS: u32 = 8;

/// What one session may make us hold, in bytes, on a stream, in all streams, as datagrams each way, and
/// before its handshake.
const STREAM: u32 = 16 * 1024;
const STREAMS: u32 = 64 * 1024;
const DATAGRAMS: usize = 64 * 1024;
const INITIAL: u64 = 16 * 1024;

/// Connection attempts between two calls of `accept`.
const INCOMING: usize = 64;

pub(super) struct Door {
    pub port: u16,
    /// SHA-256 of the certificate that new sessions see.
    pub digest: Bytes32,
    endpoint: Arc<Endpoint<Server>>,
}

impl Door {
    /// Listens from now on. Call within the runtime.
    pub fn open(doors: &Doors, gate: Arc<Gate>) -> Result<Self, Shut> {
        let address = SocketAddr::new(doors.bind, doors.webtransport_port);
        let unable = |error| Shut::Port { door: Kind::WebTransport, address, error };
        let socket = UdpSocket::bind(address).map_err(unable)?;
        let (identity, digest) = identity(&doors.advertise)?;
        let config = config(ServerConfig::builder().with_bind_socket(socket), identity, &doors.limits)?;
        let endpoint = Arc::new(Endpoint::server(config).map_err(unable)?);
        let port = endpoint.local_addr().map_err(unable)?.port();
        tokio::spawn(accept(endpoint.clone(), gate));
        Ok(Self { port, digest, endpoint })
    }

    /// New sessions see a new certificate; those that are open stay.
    pub fn renew(&mut self, doors: &Doors) -> Result<(), Shut> {
        let (identity, digest) = identity(&doors.advertise)?;
        // The address is not used again.
        let builder = ServerConfig::builder().with_bind_address(SocketAddr::new(doors.bind, self.port));
        let config = config(builder, identity, &doors.limits)?;
        self.endpoint.reload_config(config, false).map_err(Shut::Renewal)?;
        self.digest = digest;
        Ok(())
    }
}

fn identity(advertise: &str) -> Result<(Identity, Bytes32), Shut> {
    let now = OffsetDateTime::now_utc();
    let identity = Identity::self_signed_builder()
        .subject_alt_names([advertise, "localhost"])
        .validity_period(now - BACKDATED, now + VALID)
        .build()
        .map_err(|_| Shut::Certificate(advertise.to_owned()))?;
    let digest = *identity.certificate_chain().as_slice()[0].hash().as_ref();
    Ok((identity, Bytes32(digest)))
}

fn config(
    builder: ServerConfigBuilder<WantsIdentity>,
    identity: Identity,
    limits: &Limits,
) -> Result<ServerConfig, Shut> {
    let idle = quinn::IdleTimeout::try_from(limits.idle).map_err(|_| Shut::Idle(limits.idle))?;
    let mut transport = quinn::TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(BIDIRECTIONAL_STREAMS.into())
        .max_concurrent_uni_streams(UNIDIRECTIONAL_STREAMS.into())
        .stream_receive_window(STREAM.into())
        .receive_window(STREAMS.into())
        .send_window(STREAMS.into())
        .datagram_receive_buffer_size(Some(DATAGRAMS))
        .datagram_send_buffer_size(DATAGRAMS)
        .max_idle_timeout(Some(idle));
    let mut config = builder.with_custom_transport(identity, transport).build();
    config
        .quic_config_mut()
        .max_incoming(INCOMING)
        .incoming_buffer_size(INITIAL)
        .incoming_buffer_size_total(INITIAL * INCOMING as u64);
    Ok(config)
}

async fn accept(endpoint: Arc<Endpoint<Server>>, gate: Arc<Gate>) {
    loop {
        let incoming = endpoint.accept().await;
        // Until then the address may be anybody's.
        if !incoming.remote_address_validated() {
            incoming.retry();
            continue;
        }
        let Some(guest) = gate.admit(incoming.remote_address().ip()) else {
            incoming.refuse();
            continue;
        };
        tokio::spawn(attend(incoming, guest));
    }
}

async fn attend(incoming: IncomingSession, mut guest: Guest) {
    let gate = guest.gate.clone();
    let peer = incoming.remote_address();
    if let Some((session, far)) = guest.enter(peer, welcome(incoming, &gate)).await {
        serve(&session.0, far, gate.limits.idle).await;
    }
}

/// Closed when it is dropped, whatever cuts the task short.
struct Session(Connection);

impl Drop for Session {
    fn drop(&mut self) {
        self.0.close(VarInt::from_u32(0), b"");
    }
}

/// A session, with the packet that asks for a link.
async fn welcome(incoming: IncomingSession, gate: &Gate) -> Result<(Session, Packet), Failure> {
    let session = upgrade(incoming, gate).await?;
    loop {
        let datagram = session.0.receive_datagram().await;
        let first = datagram.map_err(|error| Failure::Broken(error.to_string()))?.payload();
        if gate.knows(&first)? {
            return Ok((session, first));
        }
    }
}

async fn upgrade(incoming: IncomingSession, gate: &Gate) -> Result<Session, Failure> {
    let request = incoming.await.map_err(|error| Failure::Broken(error.to_string()))?;
    match gate.check(request.path(), request.origin()) {
        Ok(()) => {
            let accepted = request.accept().await;
            return accepted.map(Session).map_err(|error| Failure::Broken(error.to_string()));
        }
        Err(Refusal::Path) => request.not_found().await,
        Err(Refusal::Origin) => request.forbidden().await,
    }
    Err(Failure::Refused)
}

/// Datagrams may be lost: what finds the inbox full is, and so is what a slow peer does not take. None of
/// ours is too large, see [`crate::sim::wire::PACKET`].
async fn serve(connection: &Connection, far: Far, idle: Duration) {
    let Far { inbox, mut outbox } = far;
    let hear = async {
        loop {
            match timeout(idle, connection.receive_datagram()).await {
                Ok(Ok(datagram)) => {
                    let _ = inbox.try_send(datagram.payload());
                }
                Ok(Err(_)) => return "",
                Err(_) => return "silent for too long",
            }
        }
    };
    let tell = async {
        while let Some(packet) = outbox.recv().await {
            match connection.send_datagram(packet) {
                Ok(()) | Err(SendDatagramError::TooLarge) => {}
                Err(SendDatagramError::NotConnected | SendDatagramError::UnsupportedByPeer) => return "",
            }
        }
        "the room hung up"
    };
    let reason = tokio::select! {
        reason = hear => reason,
        reason = tell => reason,
    };
    connection.close(VarInt::from_u32(0), reason.as_bytes());
}
