//! One started server that players reach by UDP, WebTransport and WebSocket.
//!
//! Lightyear allows one started server an app, with one transport. UDP is that one. The other two are
//! doors of our own, on a runtime of their own: what a stranger may cost is bounded before the app
//! hears of a session, which then becomes a link of the same server.

pub mod gate;
mod shut;
pub mod turned_away;
pub mod websocket;
mod webtransport;
mod wire;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bevy::{app::AppExit, prelude::*};
use lightyear::prelude::{
    server::{NetcodeConfig, NetcodeServer, Server, Start},
    *,
};
use protocol::ticket::{RoomAddresses, WebTransportAddress};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
};

use crate::{
    room::{
        guard::udp::UdpDoor,
        life::Match,
        listen::{
            gate::{Gate, Limits},
            shut::Shut,
            turned_away::TurnedAway,
            wire::{Arrival, Arrivals},
        },
        ticket::Mint,
    },
    sim::wire::PROTOCOL_ID,
};

/// Connections that netcode holds at once; it sets nothing aside for them. Many more than the seats of a
/// match: somebody who comes back again and again leaves a connection behind each time, until it times out.
const LINKS: usize = 256;

/// Sessions that may wait for the next frame.
const WAITING: usize = 32;

/// Seconds. A certificate is good for 12 days and a match lasts an hour at most. One that could not be renewed
/// is tried again.
const RENEW_AFTER: u64 = 7 * 24 * 60 * 60;
const RENEW_AGAIN: u64 = 60 * 60;

/// Where to listen, whom to let in and what to tell players.
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
    /// Pages that may connect, as `SCHEME://HOST[:PORT]`; empty for any. Whoever names no origin is no
    /// browser and is let in.
    pub origins: Vec<String>,
    pub limits: Limits,
}

/// Opens all three doors when the app starts; [`Listening`] appears when all are open and changes when
/// the certificate does. A door that cannot be opened ends the app.
pub fn plugin(app: &mut App) {
    app.init_resource::<TurnedAway>().add_plugins(wire::plugin).add_systems(Startup, open).add_systems(
        Update,
        (
            announce.run_if(resource_exists::<Entrances>).run_if(not(resource_exists::<Listening>)),
            renew
                .run_if(resource_exists::<Listening>)
                .run_if(not(resource_exists::<Match>))
                .run_if(certificate_is_old),
        ),
    );
}

fn open(world: &mut World) {
    let doors = world.resource::<Doors>().clone();
    let mint = world.resource::<Mint>().clone();
    let server = world
        .spawn((
            Server::new(None),
            netcode(&mint),
            LocalAddr(SocketAddr::new(doors.bind, doors.udp_port)),
            UdpDoor::default(),
        ))
        .id();
    world.trigger(Start { entity: server });

    let turned_away = world.resource::<TurnedAway>().clone();
    match Entrances::open(&doors, &mint, &turned_away) {
        Ok((entrances, queue)) => {
            world.insert_resource(entrances);
            world.insert_resource(RenewAt(unix_seconds() + RENEW_AFTER));
            world.insert_resource(Arrivals { server, queue });
        }
        Err(reason) => {
            error!("{reason}");
            world.write_message(AppExit::error());
        }
    }
}

/// Lets in whoever has a ticket of this mint.
pub fn netcode(mint: &Mint) -> NetcodeServer {
    NetcodeServer::new(NetcodeConfig {
        protocol_id: PROTOCOL_ID,
        private_key: mint.key(),
        max_clients: LINKS,
        // The key is random for this process, so a ticket of another room cannot be read.
        server_addr_check: false,
        connection_request_handler: Some(mint.doorkeeper()),
        ..default()
    })
}

/// By the machine's clock, which browsers judge a certificate by.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn announce(
    doors: Res<Doors>,
    entrances: Res<Entrances>,
    udp: Query<&LocalAddr, (With<NetcodeServer>, With<Linked>)>,
    mut commands: Commands,
) {
    let Ok(udp) = udp.single() else { return };
    let host = match doors.advertise.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => doors.advertise.clone(),
    };
    let webtransport = &entrances.webtransport;
    commands.insert_resource(Listening {
        addresses: RoomAddresses {
            udp: SocketAddr::new(doors.advertise_ip, udp.0.port()),
            webtransport: WebTransportAddress {
                url: format!("https://{host}:{}", webtransport.port),
                digest: webtransport.digest,
            },
            websocket: format!("ws://{host}:{}", entrances.websocket),
        },
    });
}

fn certificate_is_old(at: Option<Res<RenewAt>>) -> bool {
    at.is_some_and(|at| unix_seconds() >= at.0)
}

/// Only while the room is free: the tickets of a match name the certificate that it began with.
fn renew(
    doors: Res<Doors>,
    mut at: ResMut<RenewAt>,
    mut entrances: ResMut<Entrances>,
    mut listening: ResMut<Listening>,
) -> Result {
    let now = unix_seconds();
    at.0 = now + RENEW_AGAIN;
    entrances.webtransport.renew(&doors)?;
    at.0 = now + RENEW_AFTER;
    listening.addresses.webtransport.digest = entrances.webtransport.digest;
    info!("the webtransport certificate was renewed");
    Ok(())
}

/// When the certificate of the WebTransport door is replaced, in seconds since 1970. It is there when the door
/// is open. Clients judge a certificate by the clocks of their machines; the room's own leaves out what its
/// machine slept.
#[derive(Resource, Clone, Copy, Debug)]
pub struct RenewAt(pub u64);

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
        via.map_or("udp", |via| via.0.name())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    WebTransport,
    WebSocket,
}

impl Kind {
    const ALL: [Kind; 2] = [Kind::WebTransport, Kind::WebSocket];

    fn name(self) -> &'static str {
        match self {
            Kind::WebTransport => "webtransport",
            Kind::WebSocket => "websocket",
        }
    }
}

/// The two doors beside UDP. They close with the runtime.
#[derive(Resource)]
struct Entrances {
    webtransport: webtransport::Door,
    /// The port.
    websocket: u16,
    _runtime: Runtime,
}

impl Entrances {
    fn open(
        doors: &Doors,
        mint: &Mint,
        turned_away: &TurnedAway,
    ) -> Result<(Self, mpsc::Receiver<Arrival>), Shut> {
        let (arrivals, queue) = mpsc::channel(WAITING);
        let gate =
            |kind| Arc::new(Gate::new(kind, doors, mint.clone(), turned_away.clone(), arrivals.clone()));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("doors")
            .enable_all()
            .build()
            .map_err(Shut::Thread)?;
        let (webtransport, websocket) = {
            let _context = runtime.enter();
            (
                webtransport::Door::open(doors, gate(Kind::WebTransport))?,
                websocket::open(doors, gate(Kind::WebSocket))?,
            )
        };
        Ok((Self { webtransport, websocket, _runtime: runtime }, queue))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener, UdpSocket};

    use super::*;

    pub(super) fn doors() -> Doors {
        Doors {
            bind: Ipv4Addr::LOCALHOST.into(),
            udp_port: 0,
            webtransport_port: 0,
            websocket_port: 0,
            advertise: "localhost".into(),
            advertise_ip: Ipv4Addr::LOCALHOST.into(),
            origins: Vec::new(),
            limits: Limits::default(),
        }
    }

    fn refusal(doors: &Doors) -> String {
        let mint = Mint::new([7; 32]).expect("the key is not zero");
        match Entrances::open(doors, &mint, &TurnedAway::default()) {
            Ok(_) => panic!("a taken port should not open"),
            Err(reason) => reason.to_string(),
        }
    }

    #[test]
    fn taken_port_is_named_with_its_door() {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port should be free");
        let taken = tcp.local_addr().expect("the listener should have an address");
        let reason = refusal(&Doors { websocket_port: taken.port(), ..doors() });
        assert!(reason.contains(&format!("the websocket door on {taken}")), "{reason}");

        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port should be free");
        let taken = udp.local_addr().expect("the socket should have an address");
        let reason = refusal(&Doors { webtransport_port: taken.port(), ..doors() });
        assert!(reason.contains(&format!("the webtransport door on {taken}")), "{reason}");
    }
}
