use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use bevy::prelude::*;
use game::room::{
    guard::{Refused, udp::UdpDoor},
    ticket::{Mint, Pass},
};
use lightyear::prelude::{server::NetcodeServer, *};

use super::{links, refused, request};
use crate::support::{Match, account, seat};

const SOURCES: u32 = 200;

/// Ports from which one ticket is used at once; so many requests fit into the system's queue.
const COPIES: u32 = 100;

/// Opens the room's UDP door on a free port.
fn open(game: &mut Match) -> SocketAddr {
    let world = game.room.world_mut();
    let server = world
        .query_filtered::<Entity, With<NetcodeServer>>()
        .single(world)
        .expect("a room should have one server");
    world.entity_mut(server).insert((LocalAddr((Ipv4Addr::LOCALHOST, 0).into()), UdpDoor::default()));
    world.trigger(LinkStart { entity: server });
    world.flush();
    assert!(world.get::<Linked>(server).is_some(), "the door should be open");
    world.get::<LocalAddr>(server).expect("the door should have an address").0
}

/// One of many machines.
fn source(number: u32) -> UdpSocket {
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + number);
    let socket = UdpSocket::bind((address, 0)).expect("every address of the loopback should be ours");
    socket.set_nonblocking(true).expect("a socket should not have to block");
    socket
}

#[test]
fn t8_l7_junk_from_many_sources_makes_no_link_and_keeps_nobody_out() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let door = open(&mut game);
    let pass = Pass { allocation: game.allocation, seat: seat(0), account: account(0) };
    let elsewhere = Mint::new([1; 32]).expect("the key is not zero");
    let foreign = elsewhere.issue(pass, door).expect("a ticket should be made");
    let junk = [vec![0xA5; 1200], vec![0xF5; 26], vec![0; 1078], vec![0x14; 26], request(&foreign.token)];
    let sources: Vec<_> = (0..SOURCES).map(source).collect();
    for source in &sources {
        for datagram in &junk {
            source.send_to(datagram, door).expect("loopback should take a datagram");
        }
        game.step();
    }
    assert_eq!(links(&mut game), 0, "no junk should make a link");
    let counts = [Refused::Shape, Refused::Version, Refused::Stranger, Refused::Ticket];
    let count = u64::from(SOURCES);
    assert_eq!(counts.map(|why| refused(&game, why)), [2 * count, count, count, count]);
    let mut byte = [0];
    assert!(sources.iter().all(|source| source.recv_from(&mut byte).is_err()), "T5: junk is not answered");

    let request = request(&tickets[0].token);
    let guest = source(SOURCES);
    guest.send_to(&request, door).expect("loopback should take a datagram");
    let mut answer = [0; 1500];
    let mut length = 0;
    game.until("the guest is answered", |_| {
        length = guest.recv_from(&mut answer).map_or(0, |(length, _)| length);
        length > 0
    });
    assert_eq!(links(&mut game), 1);
    assert!(length * 100 <= request.len() * 35, "T5: {length} bytes answer {}", request.len());

    let copycat = source(SOURCES + 1);
    copycat.send_to(&request, door).expect("loopback should take a datagram");
    game.ticks(2);
    assert_eq!((links(&mut game), refused(&game, Refused::Claimed)), (1, 1));
    game.until("the silent guest is cleared away", |game| links(game) == 0);
}

#[test]
fn t8_copies_of_one_request_make_one_link_and_keep_nobody_out() {
    let (mut game, tickets) = Match::prepared(60, &[0, 1]);
    let door = open(&mut game);
    let copied = request(&tickets[0].token);
    let mut sources = Vec::new();
    for wave in 0..3 {
        let fresh: Vec<_> = (0..COPIES).map(|number| source(wave * COPIES + number)).collect();
        for source in &fresh {
            source.send_to(&copied, door).expect("loopback should take a datagram");
        }
        sources.extend(fresh);
        game.step();
        let copies = u64::from((wave + 1) * COPIES);
        assert_eq!((links(&mut game), refused(&game, Refused::Claimed)), (1, copies - 1));
    }
    let honest = source(3 * COPIES);
    honest.send_to(&request(&tickets[1].token), door).expect("loopback should take a datagram");
    game.step();
    assert_eq!((links(&mut game), refused(&game, Refused::Crowd)), (2, 0));
}
