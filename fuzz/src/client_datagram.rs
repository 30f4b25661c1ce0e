//! Datagrams that reach a client: what its sieve lets pass is given to netcode twice, while it asks to be let
//! in and when it is connected.

use std::cell::RefCell;

use bevy::{prelude::*, time::TimeUpdateStrategy};
use game::{
    client::connection,
    room::{
        listen,
        ticket::{Mint, Pass},
    },
    sim::{
        datagram::{
            CHALLENGE, CHALLENGE_BODY, DENIED, DENIED_BODY, DISCONNECT, HEADER, KEEP_ALIVE, KEEP_ALIVE_BODY,
            MAC, PAYLOAD, is_from_room,
        },
        schedule::TICK,
    },
};
use lightyear::{
    link::RecvPayload,
    netcode::{MAX_PACKET_SIZE, client::ClientState},
    prelude::{
        client::{Connect, NetcodeClient, NetcodeClientPlugin},
        server::{NetcodeServerPlugin, Server, Start},
        *,
    },
};
use protocol::{
    challenge::Bytes32,
    id::{AccountId, Epoch, MatchId, Seat},
    registry::Allocation,
    ticket::{RoomAddresses, Ticket, WebTransportAddress},
};
use uuid::Uuid;

thread_local! {
    static ASKING: RefCell<NetcodeClient> = RefCell::new({
        let mut client = client(&Mint::new([9; 32]).expect("the key is not zero"));
        client.inner.connect();
        client
    });
    static CONNECTED: RefCell<NetcodeClient> = RefCell::new(connected());
}

pub(crate) fn datagram(bytes: &[u8]) -> bool {
    if !is_from_room(bytes) {
        return false;
    }
    ASKING.with_borrow_mut(|client| hear(client, bytes, ClientState::SendingConnectionRequest));
    CONNECTED.with_borrow_mut(|client| hear(client, bytes, ClientState::Connected));
    true
}

/// Nobody without the keys changes anything.
fn hear(client: &mut NetcodeClient, bytes: &[u8], state: ClientState) {
    let mut link = Link::default();
    link.recv.push_raw(RecvPayload::from(bytes));
    let heard = client.inner.try_update(0.0, &mut link.recv).expect("netcode should have a clock");
    assert_eq!(heard, state);
    assert_eq!(link.recv.len(), 0, "nothing was encrypted with the room's key");
}

fn client(mint: &Mint) -> NetcodeClient {
    let match_id = MatchId(Uuid::nil());
    let seat = Seat::first(1).next().expect("there should be a first seat");
    let account = AccountId(Uuid::nil());
    let pass = Pass { allocation: Allocation { match_id, epoch: Epoch(1) }, seat, account };
    let udp = ([127, 0, 0, 1], 7000).into();
    let token = mint.issue(pass, udp).expect("a ticket should be made").token;
    let webtransport =
        WebTransportAddress { url: "https://127.0.0.1:7001".to_owned(), digest: Bytes32([0; 32]) };
    let addresses = RoomAddresses { udp, webtransport, websocket: "ws://127.0.0.1:7002".to_owned() };
    connection::read(&Ticket { match_id, seat, token, addresses }).expect("a ticket should be readable")
}

/// One that a room has let in.
fn connected() -> NetcodeClient {
    let mint = Mint::new([9; 32]).expect("the key is not zero");
    let (mut room, mut player) = (App::new(), App::new());
    for app in [&mut room, &mut player] {
        app.add_plugins(MinimalPlugins).insert_resource(TimeUpdateStrategy::ManualDuration(TICK));
    }
    room.add_plugins(NetcodeServerPlugin);
    player.add_plugins(NetcodeClientPlugin);
    let server = room.world_mut().spawn((Server::new(None), listen::netcode(&mint))).id();
    room.world_mut().trigger(Start { entity: server });
    let guest = room.world_mut().spawn((LinkOf { server }, Link::default(), Linked)).id();
    let link = player.world_mut().spawn((Link::default(), Linked, client(&mint))).id();
    player.world_mut().trigger(Connect { entity: link });
    for _ in 0..60 {
        player.update();
        carry(&mut player, link, &mut room, guest);
        room.update();
        carry(&mut room, guest, &mut player, link);
    }
    player.world_mut().entity_mut(link).take().expect("the client should have kept its netcode")
}

fn carry(from: &mut App, sender: Entity, to: &mut App, receiver: Entity) {
    let mut link = from.world_mut().get_mut::<Link>(sender).expect("the sender should live");
    let packets: Vec<_> = link.send.drain().collect();
    let mut link = to.world_mut().get_mut::<Link>(receiver).expect("the receiver should live");
    for packet in packets {
        link.recv.push_raw(RecvPayload::from(&packet[..]));
    }
}

/// One of each kind, none of which decrypts.
pub(crate) fn examples() -> Vec<Vec<u8>> {
    let sealed = |kind: u8, width: u8, body: usize| {
        let mut datagram = vec![kind | width << 4];
        datagram.resize(1 + usize::from(width) + body + MAC, 0);
        datagram
    };
    vec![
        sealed(DENIED, 4, DENIED_BODY),
        sealed(CHALLENGE, 4, CHALLENGE_BODY),
        sealed(KEEP_ALIVE, 8, KEEP_ALIVE_BODY),
        sealed(PAYLOAD, 8, HEADER),
        sealed(PAYLOAD, 8, MAX_PACKET_SIZE),
        sealed(DISCONNECT, 8, 0),
    ]
}
