use std::any::TypeId;

use bevy::prelude::With;
use game::{
    client::{LinkState, RoomLink},
    room::guard::Refused,
    sim::{datagram::HEADER, wire::EventChannel},
};
use lightyear::{
    link::RecvPayload,
    prelude::{input::InputChannel, *},
    transport::channel::{Channel, ChannelKind},
};
use lightyear_replication::{
    channels::{RepliconMutationAcksChannel, RepliconMutationsChannel, RepliconUpdatesChannel},
    metadata::{MetadataChannel, SenderMetadata},
};

use super::{bare_link, evicted, lives, push, refused, request, seated, seated_link};
use crate::support::Match;

/// Kinds of packets.
const DATA: u8 = 0;
const FRAGMENT: u8 = 1;

/// The player's own netcode encrypts this packet and sends it.
fn say(game: &mut Match, client: usize, kind: u8, batches: &[u8]) {
    let mut packet = vec![0; HEADER];
    packet[0] = kind;
    packet.extend(batches);
    let world = game.clients[client].app.world_mut();
    let mut links = world.query_filtered::<&mut Link, With<Client>>();
    links.single_mut(world).expect("a client should have one link").send(packet.into());
}

fn channel<C: Channel>(game: &Match) -> u8 {
    let registry = game.room.world().resource::<ChannelRegistry>();
    let id = registry.get_net_from_kind(&ChannelKind::of::<C>()).expect("the channel should be registered");
    u8::try_from(*id).expect("there should be few channels")
}

fn kind<M: 'static>(game: &Match) -> u8 {
    let registry = game.room.world().resource::<MessageRegistry>();
    let id = registry.kind_map.net_id(&TypeId::of::<M>().into()).expect("the message should be registered");
    u8::try_from(*id).expect("there should be few messages")
}

/// One message, with its number on its channel.
fn numbered(channel: u8, number: u16, bytes: &[u8]) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    [&[channel, 1, 1, high, low, bytes.len() as u8], bytes].concat()
}

fn unnumbered(channel: u8, bytes: &[u8]) -> Vec<u8> {
    [&[channel, 1, 0, bytes.len() as u8], bytes].concat()
}

/// The room goes on, and its only player keeps the tank.
fn goes_on(game: &mut Match) {
    game.ticks(30);
    assert_eq!((seated(game), evicted(game)), (1, 0));
    assert!(game.own(0).is_some(), "the player should still have a tank");
}

#[test]
fn t6_no_first_byte_at_any_length_ends_the_room_or_a_player() {
    let mut game = Match::running(3_600, &[0]);
    let player = seated_link(&mut game);
    for length in 0..=1300 {
        let mut datagram = vec![0xA5; length];
        for first in 0..=u8::MAX {
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            push(&mut game, player, &datagram);
        }
        game.step();
    }
    assert!(refused(&game, Refused::Forged) > 1_000, "what looks right should reach decryption");
    goes_on(&mut game);
}

/// Every first byte at every length up to beyond the shortest packets, with the last of all sequence numbers
/// and with others.
fn assail(game: &mut Match, client: usize) {
    let world = game.clients[client].app.world_mut();
    let mut links = world.query_filtered::<&mut Link, With<Client>>();
    let mut link = links.single_mut(world).expect("a client should have one link");
    for fill in [0xA5, 0xFF] {
        for length in 0..=40 {
            for first in 0..=u8::MAX {
                let mut datagram = vec![fill; length];
                if let Some(byte) = datagram.first_mut() {
                    *byte = first;
                }
                link.recv.push_raw(RecvPayload::from(datagram.as_slice()));
            }
        }
    }
}

#[test]
fn t6_client_survives_deadly_datagrams() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    for ticket in tickets {
        game.join(ticket);
    }
    for _ in 0..10 {
        assail(&mut game, 0);
        game.step();
    }
    game.until_play();
    for _ in 0..10 {
        assail(&mut game, 0);
        game.step();
    }
    goes_on(&mut game);
    assert_eq!(game.clients[0].app.world().resource::<RoomLink>().state, LinkState::Joined);
}

#[test]
fn t6_no_first_byte_at_any_length_ends_the_room_during_a_handshake() {
    let (mut game, tickets) = Match::prepared(3_600, &[0]);
    let request = request(&tickets[0].token);
    let mut guest = bare_link(&mut game, 1);
    push(&mut game, guest, &request);
    game.step();
    for length in 0..=1300 {
        if !lives(&game, guest) {
            guest = bare_link(&mut game, 1);
            push(&mut game, guest, &request);
        }
        let mut datagram = vec![0xA5; length];
        for first in 0..=u8::MAX {
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            push(&mut game, guest, &datagram);
        }
        game.step();
    }
    assert!(refused(&game, Refused::Forged) > 1_000, "what looks right should reach decryption");
    let ticket = game.reissue(0).expect("the player should have a seat");
    game.join(ticket);
    game.until("the player drives", |game| game.own(0).is_some());
}

#[test]
fn l4_fragment_of_a_huge_message_is_refused() {
    let mut game = Match::running(60, &[0]);
    let inputs = channel::<InputChannel>(&game);
    let mut bomb = vec![inputs, 0, 0, 0];
    bomb.extend([0xFF; 8]);
    bomb.extend([0, 1, 7]);
    say(&mut game, 0, FRAGMENT, &bomb);
    game.ticks(2);
    assert_eq!(refused(&game, Refused::Fragment), 1);
    goes_on(&mut game);
}

#[test]
fn l15_client_cannot_speak_on_the_rooms_channels() {
    let mut game = Match::running(60, &[0]);
    let channels = [
        channel::<RepliconUpdatesChannel>(&game),
        channel::<RepliconMutationsChannel>(&game),
        channel::<EventChannel>(&game),
    ];
    for channel in channels {
        say(&mut game, 0, DATA, &numbered(channel, 0, &[1, 2, 3]));
    }
    game.ticks(2);
    assert_eq!(refused(&game, Refused::Channel), 3);
    goes_on(&mut game);
}

#[test]
fn l16_times_that_count_as_negative_are_refused() {
    let mut game = Match::running(60, &[0]);
    let (pings, pong) = (channel::<PingChannel>(&game), kind::<Pong>(&game));
    for ping in 0..128 {
        say(&mut game, 0, DATA, &unnumbered(pings, &[pong, 0, ping, 0xFF, 0xFF, 0xFF, 0xFF, 0]));
    }
    let (about, sender) = (channel::<MetadataChannel>(&game), kind::<SenderMetadata>(&game));
    say(&mut game, 0, DATA, &numbered(about, 1, &[sender, 0xFF, 0xFF, 0xFF, 0xFF, 0, 5]));
    game.ticks(2);
    assert_eq!(refused(&game, Refused::Span), 129);
}

#[test]
fn l17_messages_that_cannot_be_read_do_not_pile_up() {
    let mut game = Match::running(60, &[0]);
    let (inputs, input) = (channel::<InputChannel>(&game), kind::<super::inputs::Message>(&game));
    let garbage = unnumbered(inputs, &[input, 9]);
    for _ in 0..20 {
        say(&mut game, 0, DATA, &garbage);
    }
    game.ticks(2);
    assert!(refused(&game, Refused::Garbage) > 0);
    goes_on(&mut game);
}

#[test]
fn acknowledgement_from_far_ahead_is_refused() {
    let mut game = Match::running(60, &[0]);
    let snapshots = channel::<RepliconMutationAcksChannel>(&game);
    say(&mut game, 0, DATA, &numbered(snapshots, 20_000, &[0, 0]));
    game.ticks(2);
    assert_eq!(refused(&game, Refused::Channel), 1);
    goes_on(&mut game);
}

#[test]
fn t7_random_packets_of_a_player_end_neither_room_nor_match() {
    let mut game = Match::running(60, &[0, 1]);
    let mut state = 7_u64;
    for _ in 0..40 {
        for _ in 0..8 {
            let mut packet = Vec::new();
            for _ in 0..64 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                packet.push((state >> 56) as u8);
            }
            say(&mut game, 0, packet[0] % 6, &packet);
        }
        game.step();
    }
    assert_eq!((evicted(&game), seated(&mut game)), (1, 1), "who sends junk is hung up on");
    assert!(game.own(1).is_some(), "the other player should not be disturbed");
}
