//! Datagrams from anywhere: what the guard lets pass is given to netcode, which has a half-open connection
//! with the sender, as somebody with a ticket gets it for one request.

use std::sync::LazyLock;

use bevy::{ecs::world::CommandQueue, prelude::*};
use game::{
    room::guard::packet::{self, Kind},
    sim::wire::PROTOCOL_ID,
};
use lightyear::{
    link::RecvPayload,
    netcode::{ConnectToken, Key, NETCODE_VERSION, Server},
    prelude::Link,
};

/// A connection request.
const REQUEST: usize = 1 + 13 + 8 + 8 + 24 + 1024;

const KEY: Key = [9; 32];

pub(crate) fn datagram(bytes: &[u8]) -> bool {
    let Ok(kind) = packet::judge(bytes, PROTOCOL_ID) else { return false };
    assert!((18..=packet::LARGEST).contains(&bytes.len()));
    assert_eq!(matches!(kind, Kind::Request(_)), bytes.len() == REQUEST && bytes[0] == 0);
    let mut world = World::new();
    let stranger = world.spawn_empty().id();
    let mut queue = CommandQueue::default();
    let mut commands = Commands::new(&mut queue, &world);
    let mut server = Server::new(PROTOCOL_ID, KEY).expect("netcode should start");
    let mut link = Link::default();
    link.recv.push_raw(RecvPayload::from(ASKED.as_slice()));
    link.recv.push_raw(RecvPayload::from(bytes));
    let heard = server.receive(&mut link, &mut commands.entity(stranger), None);
    assert!(heard.is_ok(), "netcode should have a clock");
    assert_eq!(server.client_ids().count(), 1, "the connection should be half open");
    true
}

/// A request with a ticket of this key.
static ASKED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 7000));
    let token = ConnectToken::build(address, PROTOCOL_ID, 1, KEY)
        .expire_seconds(-1)
        .generate()
        .expect("a ticket should be made");
    let token = token.try_into_bytes().expect("a ticket should be written");
    packet::request_of(&token)
});

/// One of each kind, none of which decrypts.
pub(crate) fn examples() -> Vec<Vec<u8>> {
    let mut request = vec![0];
    request.extend(NETCODE_VERSION);
    request.extend(PROTOCOL_ID.to_be_bytes());
    request.resize(REQUEST, 0xA5);
    let sealed = |kind: u8, width: u8, body: usize| {
        let mut datagram = vec![kind | width << 4];
        datagram.resize(1 + usize::from(width) + body + 16, 0);
        datagram
    };
    vec![request, sealed(3, 1, 308), sealed(4, 8, 8), sealed(5, 2, 13), sealed(5, 1, 1200), sealed(6, 1, 0)]
}
