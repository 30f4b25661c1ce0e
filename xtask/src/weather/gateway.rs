//! The doors of one room on another address of this machine, with weather in front of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::{Result, bail};

use super::{Weather, relay::Relay, stream::Streams};
use crate::prove::dice::Dice;

/// Where the room itself listens.
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const TRIES: usize = 100;

/// Players come here and reach the room on the same ports. Dropping it cuts them off.
pub struct Gateway {
    ports: [u16; 3],
    _udp: [Relay; 2],
    _streams: Streams,
}

impl Gateway {
    /// What the room advertises.
    pub const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

    pub fn open(weather: Weather, dice: &mut Dice) -> Result<Self> {
        let (udp, webtransport) = (datagrams()?, datagrams()?);
        let (websocket, stream) = streams()?;
        let ports = [udp.local_addr()?.port(), webtransport.local_addr()?.port(), websocket];
        let [udp_door, webtransport_door, websocket_door] = ports.map(|port| SocketAddr::new(INSIDE, port));
        Ok(Self {
            ports,
            _udp: [
                Relay::open(udp, udp_door, weather, dice.another())?,
                Relay::open(webtransport, webtransport_door, weather, dice.another())?,
            ],
            _streams: Streams::open(stream, websocket_door, weather, dice.another())?,
        })
    }

    /// Where the room has to listen: UDP, WebTransport, WebSocket.
    pub fn ports(&self) -> [u16; 3] {
        self.ports
    }
}

/// A socket here whose port is free inside.
fn datagrams() -> Result<UdpSocket> {
    for _ in 0..TRIES {
        let socket = UdpSocket::bind((Gateway::HOST, 0))?;
        if UdpSocket::bind((INSIDE, socket.local_addr()?.port())).is_ok() {
            return Ok(socket);
        }
    }
    bail!("no UDP port is free on both {} and {INSIDE}", Gateway::HOST)
}

/// The same for TCP, with the port.
fn streams() -> Result<(u16, TcpListener)> {
    for _ in 0..TRIES {
        let listener = TcpListener::bind((Gateway::HOST, 0))?;
        let port = listener.local_addr()?.port();
        if TcpListener::bind((INSIDE, port)).is_ok() {
            return Ok((port, listener));
        }
    }
    bail!("no TCP port is free on both {} and {INSIDE}", Gateway::HOST)
}
