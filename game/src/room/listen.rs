//! One started server that players reach by UDP, WebTransport and WebSocket.
//!
//! Lightyear allows one started server an app, with one transport. UDP is that one; the other two
//! listen on entities of their own, and every session they accept becomes a link of the same server.

use std::net::{IpAddr, SocketAddr};

use aeronet_io::{Session, server::ServerEndpoint};
use aeronet_websocket::server::{ServerConfig as WebSocketConfig, WebSocketServer, WebSocketServerClient};
use aeronet_webtransport::{
    server::{ServerConfig as WebTransportConfig, WebTransportServer, WebTransportServerClient},
    wtransport::Identity,
};
use bevy::{ecs::system::EntityCommand as _, prelude::*};
use lightyear::prelude::{
    server::{NetcodeConfig, NetcodeServer, Server, ServerUdpIo, Start},
    *,
};
use lightyear_aeronet::AeronetLinkOf;
use protocol::{
    challenge::Bytes32,
    ticket::{RoomAddresses, WebTransportAddress},
};

use crate::{room::ticket::Mint, sim::wire::PROTOCOL_ID};

/// More than the seats of a match, so that players who come back find a place while their old links
/// time out.
const LINKS: usize = 32;

/// Where to listen and what to tell players.
#[derive(Resource, Clone, Debug)]
pub struct Doors {
    pub bind: IpAddr,
    /// 0 lets the system choose; so for the other two.
    pub udp_port: u16,
    pub webtransport_port: u16,
    pub websocket_port: u16,
    /// Host name or address under which players reach this machine.
    pub advertise: String,
    /// The same as an address, for UDP.
    pub advertise_ip: IpAddr,
}

/// Opens all three doors when the app starts; [`Listening`] appears when all are open.
pub fn plugin(app: &mut App) {
    app.add_systems(Startup, open)
        .add_systems(Update, announce.run_if(not(resource_exists::<Listening>)))
        .add_observer(admit_session);
}

fn open(world: &mut World) -> Result {
    let doors = world.resource::<Doors>().clone();
    let mint = world.resource::<Mint>().clone();
    let server = world
        .spawn((
            Server::new(None),
            NetcodeServer::new(NetcodeConfig {
                protocol_id: PROTOCOL_ID,
                private_key: mint.key(),
                max_clients: LINKS,
                // The key is random for this process, so a ticket of another room cannot be read.
                server_addr_check: false,
                connection_request_handler: Some(mint.doorkeeper()),
                ..default()
            }),
            LocalAddr(SocketAddr::new(doors.bind, doors.udp_port)),
            ServerUdpIo::default(),
        ))
        .id();
    world.trigger(Start { entity: server });

    let identity = Identity::self_signed([doors.advertise.as_str(), "localhost"])?;
    let digest = *identity.certificate_chain().as_slice()[0].hash().as_ref();
    let webtransport = WebTransportConfig::builder()
        .with_bind_address(SocketAddr::new(doors.bind, doors.webtransport_port))
        .with_identity(identity)
        .keep_alive_interval(Some(std::time::Duration::from_secs(1)))
        .max_idle_timeout(Some(std::time::Duration::from_secs(5)))?
        .build();
    let listener = world.spawn(Door { server, kind: Kind::WebTransport });
    WebTransportServer::open(webtransport).apply(listener);

    let websocket = WebSocketConfig::builder()
        .with_bind_address(SocketAddr::new(doors.bind, doors.websocket_port))
        .with_no_encryption();
    let listener = world.spawn(Door { server, kind: Kind::WebSocket });
    WebSocketServer::open(websocket).apply(listener);

    world.insert_resource(Certificate(Bytes32(digest)));
    Ok(())
}

fn announce(
    doors: Res<Doors>,
    certificate: Res<Certificate>,
    udp: Query<&LocalAddr, (With<NetcodeServer>, With<Linked>)>,
    others: Query<(&Door, &LocalAddr), With<ServerEndpoint>>,
    mut commands: Commands,
) {
    let port = |kind| others.iter().find(|(door, _)| door.kind == kind).map(|(_, addr)| addr.0.port());
    let (Ok(udp), Some(webtransport), Some(websocket)) =
        (udp.single(), port(Kind::WebTransport), port(Kind::WebSocket))
    else {
        return;
    };
    let host = match doors.advertise.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => doors.advertise.clone(),
    };
    commands.insert_resource(Listening {
        addresses: RoomAddresses {
            udp: SocketAddr::new(doors.advertise_ip, udp.0.port()),
            webtransport: WebTransportAddress {
                url: format!("https://{host}:{webtransport}"),
                digest: certificate.0,
            },
            websocket: format!("ws://{host}:{websocket}"),
        },
    });
}

fn admit_session(
    session: On<Add, Session>,
    sessions: Query<(&ChildOf, &PeerAddr), Or<(With<WebTransportServerClient>, With<WebSocketServerClient>)>>,
    doors: Query<&Door>,
    mut commands: Commands,
) {
    let Ok((listener, peer)) = sessions.get(session.entity) else { return };
    let Ok(door) = doors.get(listener.parent()) else { return };
    let link = commands
        .spawn((LinkOf { server: door.server }, Link::default(), PeerAddr(peer.0), Via(door.kind)))
        .id();
    commands.entity(session.entity).insert(AeronetLinkOf(link));
}

/// Where this room listens, as the hub and players are told.
#[derive(Resource, Clone, Debug)]
pub struct Listening {
    pub addresses: RoomAddresses,
}

/// Which door a link came through; one without it came by UDP.
#[derive(Component, Clone, Copy)]
pub struct Via(Kind);

impl Via {
    pub fn name(via: Option<&Via>) -> &'static str {
        match via.map(|via| via.0) {
            None => "udp",
            Some(Kind::WebTransport) => "webtransport",
            Some(Kind::WebSocket) => "websocket",
        }
    }
}

#[derive(Component)]
struct Door {
    server: Entity,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    WebTransport,
    WebSocket,
}

#[derive(Resource)]
struct Certificate(Bytes32);
