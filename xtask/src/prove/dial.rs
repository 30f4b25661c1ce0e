//! Connections from whichever loopback address an experiment wants to come from, since the hub counts
//! by address.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Result, bail};
use socket2::{Domain, Socket, Type};

use super::dice::Dice;

/// The address of somebody who is nobody in particular.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const LIMIT: Duration = Duration::from_secs(10);

/// One of many machines, as far as the hub can tell: `127.0.NET.NUMBER`, where `NUMBER` wraps.
pub fn machine(net: u8, number: usize) -> IpAddr {
    let place = u8::try_from(number % 250).unwrap_or_default() + 1;
    IpAddr::from([127, 0, net, place])
}

/// A port that the system gives to nobody by itself, so that it stays ours while its owner is dead.
pub fn free_port(dice: &mut Dice, free: impl Fn(u16) -> bool) -> Result<u16> {
    let ports = 10_000..30_000_u16;
    for _ in 0..1_000 {
        let port = ports.start + u16::try_from(dice.below(ports.len())).unwrap_or_default();
        if free(port) {
            return Ok(port);
        }
    }
    bail!("no port from {} to {} is free", ports.start, ports.end)
}

pub fn connect(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect_timeout(&to.into(), LIMIT)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}
