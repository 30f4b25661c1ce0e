//! The guard, in front of a real room: what attackers send leads nowhere and disturbs nobody.

mod flood;
mod inputs;
mod packets;
mod rules;
mod tickets;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bevy::prelude::*;
use game::{
    client::Controls,
    room::{
        guard::{Counters, Refused, packet},
        seat::Seated,
    },
    sim::wire,
};
use lightyear::{
    link::RecvPayload,
    netcode::CONNECT_TOKEN_BYTES,
    prelude::{server::NetcodeServer, *},
};

use crate::support::Match;

#[test]
fn honest_player_is_refused_nothing() {
    let mut game = Match::running(60, &[0, 1]);
    for turn in [0.3, -0.5, 0.0, 1.0] {
        game.control(0, Controls { drive: 1.0, turn, fire: true, ..Controls::default() });
        game.ticks(150);
    }
    let counters = game.room.world().resource::<Counters>().clone();
    for (why, count) in counters.refused().filter(|(why, _)| why.is_misconduct() || *why == Refused::Flood) {
        assert_eq!(count, 0, "`{}` was held against somebody", why.name());
    }
    assert_eq!((counters.evicted, counters.reaped, counters.pending), (0, 0, 0));
}

/// A link of the room that nobody is behind: what is sent on it stays there.
fn bare_link(game: &mut Match, number: u8) -> Entity {
    let world = game.room.world_mut();
    let server = world
        .query_filtered::<Entity, With<NetcodeServer>>()
        .single(world)
        .expect("a room should have one server");
    let peer = PeerAddr(([192, 0, 2, number], 5000).into());
    world.spawn((LinkOf { server }, wire::link(), Linked, peer)).id()
}

fn lives(game: &Match, link: Entity) -> bool {
    game.room.world().get_entity(link).is_ok()
}

/// The room finds this datagram on the link in its next step.
fn push(game: &mut Match, link: Entity, datagram: &[u8]) {
    let mut link = game.room.world_mut().get_mut::<Link>(link).expect("the link should live");
    link.recv.push_raw(RecvPayload::from(datagram));
}

/// What the room has sent on a bare link in its last step.
fn answers(game: &mut Match, link: Entity) -> Vec<Vec<u8>> {
    match game.room.world_mut().get_mut::<Link>(link) {
        Some(mut link) => link.send.drain().map(|packet| packet.to_vec()).collect(),
        None => Vec::new(),
    }
}

/// The room's end of the only player's link.
fn seated_link(game: &mut Match) -> Entity {
    let world = game.room.world_mut();
    world.query_filtered::<Entity, With<Seated>>().single(world).expect("one player should have a seat")
}

fn seated(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query::<&Seated>().iter(world).count()
}

/// Links of any kind.
fn links(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query::<&LinkOf>().iter(world).count()
}

fn refused(game: &Match, why: Refused) -> u64 {
    game.room.world().resource::<Counters>().of(why)
}

fn evicted(game: &Match) -> u64 {
    game.room.world().resource::<Counters>().evicted
}

/// What a client sends first with a ticket.
pub fn request(token: &str) -> Vec<u8> {
    let token = BASE64_URL_SAFE_NO_PAD.decode(token).expect("a ticket should be base64");
    let token: [u8; CONNECT_TOKEN_BYTES] = token.try_into().expect("a ticket should be whole");
    packet::request_of(&token)
}
