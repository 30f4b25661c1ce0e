//! What a bad line does to packets, and what its player notices. The dice fall the same every time.

use std::mem;

use bevy::prelude::*;
use game::{
    client::{Controls, LinkState, RoomLink},
    room::{
        guard::{Counters, Refused},
        seat::Seated,
    },
    sim::{dice::Dice, wire},
};
use lightyear::{
    crossbeam::CrossbeamIo,
    link::{LinkReceiveSystems, RecvPayload},
    prelude::*,
};

use crate::{
    prediction::{calm, link::OPEN_GROUND},
    stall::driven,
    support::Match,
};

/// Ticks on the way, at least, and at most so many more: 200 ms, give or take 50. Some packets overtake
/// others.
const DELAY: usize = 9;
const JITTER: usize = 6;

/// Percentage of packets that come twice.
const DOUBLED: usize = 2;

/// Ticks in which whoever is cut off should be back.
const BACK: u32 = 180;

/// On a link: what happens to packets that come in.
#[derive(Component)]
struct Storm {
    dice: Dice,
    /// Percentage of packets.
    lost: usize,
    now: usize,
    /// With the tick in which they are due.
    under_way: Vec<(usize, RecvPayload)>,
}

fn blow(mut links: Query<(&mut Link, &mut Storm)>) {
    for (mut link, mut storm) in &mut links {
        let Storm { dice, lost, now, under_way } = &mut *storm;
        *now += 1;
        while let Some(packet) = link.recv.pop() {
            let copies = match dice.below(100) {
                roll if roll < *lost => 0,
                roll if roll < *lost + DOUBLED => 2,
                _ => 1,
            };
            for _ in 0..copies {
                under_way.push((*now + DELAY + dice.below(JITTER + 1), packet.clone()));
            }
        }
        let (due, later): (Vec<_>, Vec<_>) =
            mem::take(under_way).into_iter().partition(|(due, _)| *due <= *now);
        *under_way = later;
        due.into_iter().for_each(|(_, packet)| link.recv.push_raw(packet));
    }
}

/// A player on open ground, whose line can become bad.
fn player() -> Match {
    let mut game = Match::running(60, &[0]);
    game.place(0, OPEN_GROUND);
    calm(&mut game, 60);
    for app in [&mut game.room, &mut game.clients[0].app] {
        let within = blow.after(LinkReceiveSystems::ApplyConditioner).in_set(LinkSystems::Receive);
        app.add_systems(PreUpdate, within);
    }
    game
}

/// Both ways, from now on.
fn storm(game: &mut Match, lost: usize) {
    for (stream, app) in [&mut game.room, &mut game.clients[0].app].into_iter().enumerate() {
        let world = app.world_mut();
        let links: Vec<Entity> = world.query_filtered::<Entity, With<Link>>().iter(world).collect();
        for link in links {
            let dice = Dice::new(lost as u64, stream as u64);
            world.entity_mut(link).insert(Storm { dice, lost, now: 0, under_way: Vec::new() });
        }
    }
}

/// What is still under way is lost.
fn quieten(game: &mut Match) {
    for app in [&mut game.room, &mut game.clients[0].app] {
        let world = app.world_mut();
        let links: Vec<Entity> = world.query_filtered::<Entity, With<Storm>>().iter(world).collect();
        for link in links {
            world.entity_mut(link).remove::<Storm>();
        }
    }
}

/// Nothing arrives on either side for so long.
fn cut(seconds: u32) -> Match {
    let mut game = player();
    storm(&mut game, 100);
    calm(&mut game, seconds * 60);
    quieten(&mut game);
    game
}

/// Another ticket leads into the same tank.
fn comes_back(game: &mut Match) {
    let ticket = game.reissue(0).expect("the seat is still theirs");
    let back = game.join(ticket);
    for _ in 0..BACK {
        if let Some(own) = game.own(back) {
            assert!(own.pos.distance(game.truth(0).pos) < 1.5, "it should be the tank of seat 0: {own:?}");
            assert_eq!(driven(game), 1);
            return;
        }
        game.step();
    }
    panic!("after {BACK} ticks the player is not back");
}

fn state(game: &Match) -> &LinkState {
    &game.clients[0].app.world().resource::<RoomLink>().state
}

#[test]
fn f10_loss_delay_doubling_and_reordering_end_no_link_and_leave_the_same_state() {
    for lost in [5, 30] {
        let mut game = player();
        storm(&mut game, lost);
        calm(&mut game, 240);
        for drive in [1.0, -1.0, 1.0, -1.0] {
            game.control(0, Controls { drive, turn: drive * 0.1, ..default() });
            calm(&mut game, 90);
            assert!(game.truth(0).speed.abs() > 2.0, "the tank should obey at {lost} % loss");
        }
        game.control(0, Controls::default());
        calm(&mut game, 30);
        quieten(&mut game);
        calm(&mut game, 300);
        let (own, truth) = (game.own(0).expect("the client should have its tank"), game.truth(0));
        assert!(own.pos.distance(truth.pos) < 0.02, "{lost} % lost: predicted {own:?}, true {truth:?}");
        assert_eq!((driven(&mut game), state(&game)), (1, &LinkState::Joined));
    }
}

#[test]
fn f11_cut_of_one_second_ends_no_link() {
    let mut game = cut(1);
    game.control(0, Controls { drive: 1.0, ..default() });
    calm(&mut game, 120);
    assert!(game.truth(0).speed > 8.0, "the tank should obey again: {:?}", game.truth(0));
    assert_eq!((driven(&mut game), state(&game)), (1, &LinkState::Joined));
}

#[test]
fn f11_cut_of_five_seconds_ends_the_link_and_another_ticket_leads_back() {
    let mut game = cut(5);
    calm(&mut game, 2);
    assert_eq!(driven(&mut game), 0, "a bot drives");
    comes_back(&mut game);
}

#[test]
fn f11_cut_of_twenty_seconds_ends_the_link_and_another_ticket_leads_back() {
    let mut game = cut(20);
    assert_eq!(driven(&mut game), 0, "a bot drives");
    assert!(matches!(state(&game), LinkState::Lost(_)), "the player should know: {:?}", state(&game));
    comes_back(&mut game);
}

#[test]
fn f12_player_whose_address_changes_is_unknown_there_and_back_by_another_ticket() {
    let mut game = player();
    let world = game.room.world_mut();
    let mut links = world.query_filtered::<(Entity, &LinkOf, &CrossbeamIo), With<Seated>>();
    let (link, link_of, io) = links.single(world).expect("one player should have a seat");
    let (server, io) = (link_of.server, io.clone());
    world.entity_mut(link).remove::<CrossbeamIo>();
    let address = PeerAddr(([127, 0, 0, 1], 50_000).into());
    let elsewhere = world.spawn((LinkOf { server }, wire::link(), address, Linked, io)).id();
    calm(&mut game, 60);
    let world = game.room.world();
    assert!(world.resource::<Counters>().of(Refused::Stranger) > 0, "packets should come from elsewhere");
    assert!(world.get::<Connected>(elsewhere).is_none());
    comes_back(&mut game);
}
