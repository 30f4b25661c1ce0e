//! Smoke: thrown at once, in nobody's sight that does not see it, and gone after its time.

use bevy::prelude::*;
use game::{
    client::{Controls, smoke::Grenade},
    room::smoke::Haze,
    sim::{
        smoke::{Cloud, FUSE, Launcher, RECHARGE, STANDS, THROW},
        tank::TankId,
    },
};
use lightyear::prelude::Controlled;

use crate::{
    prediction::hold,
    support::{Match, seat},
};

/// Looks along the upper edge of the map, where no wall stands.
const AMBER: Vec2 = Vec2::new(5.0, 36.5);
const AZURE: Vec2 = Vec2::new(21.0, 36.5);

const THROWS: Controls = Controls { drive: 0.0, turn: 0.0, aim: 0.0, fire: false, smoke: true };

/// Until what the room has done has reached the clients, and what was seen is seen no more.
const SETTLED: u32 = 60;

/// Presses the button of this client for a moment.
fn throw(game: &mut Match, client: usize, tanks: &[(u8, Vec2)]) {
    game.control(client, THROWS);
    hold(game, 5, tanks);
    game.control(client, Controls::default());
}

/// Clouds that the client knows of.
fn clouds(game: &mut Match, client: usize) -> Vec<Cloud> {
    let world = game.clients[client].app.world_mut();
    world.query::<&Cloud>().iter(world).copied().collect()
}

fn grenades(game: &mut Match, client: usize) -> usize {
    let world = game.clients[client].app.world_mut();
    world.query::<&Grenade>().iter(world).count()
}

/// Grenades and clouds that there are.
fn plumes(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query::<&Haze>().iter(world).map(|haze| haze.plumes().len()).sum()
}

fn knows(game: &mut Match, client: usize, index: u8) -> bool {
    game.known(client).contains(&TankId(seat(index)))
}

#[test]
fn thrower_sees_its_throw_in_the_same_frame() {
    let mut game = Match::running(60, &[0]);
    hold(&mut game, 60, &[(0, AMBER)]);
    game.control(0, THROWS);
    hold(&mut game, 2, &[(0, AMBER)]);
    assert_eq!(grenades(&mut game, 0), 1);
    assert!(clouds(&mut game, 0).is_empty(), "the room has not answered yet");
    let world = game.clients[0].app.world_mut();
    let mut own = world.query_filtered::<&Launcher, With<Controlled>>();
    assert!(own.iter(world).any(|launcher| launcher.ready_at > RECHARGE), "the charge is used");
    hold(&mut game, FUSE + SETTLED, &[(0, AMBER)]);
    assert_eq!((grenades(&mut game, 0), clouds(&mut game, 0).len()), (0, 1), "it has become a cloud");
}

#[test]
fn smoke_takes_each_from_the_others_sight_until_it_is_gone() {
    let mut game = Match::running(60, &[0, 1]);
    let tanks = [(0, AMBER), (1, AZURE)];
    hold(&mut game, SETTLED, &tanks);
    assert!(knows(&mut game, 0, 1) && knows(&mut game, 1, 0), "nothing is between them yet");

    throw(&mut game, 0, &tanks);
    hold(&mut game, 20, &tanks);
    assert_eq!((clouds(&mut game, 0).len(), clouds(&mut game, 1).len()), (1, 0), "the fuse still burns");
    assert!(clouds(&mut game, 0)[0].pos.distance(AMBER + Vec2::X * THROW) < 0.1);

    hold(&mut game, FUSE + SETTLED, &tanks);
    assert_eq!((clouds(&mut game, 0).len(), clouds(&mut game, 1).len()), (1, 1), "both see it");
    assert!(!knows(&mut game, 0, 1) && !knows(&mut game, 1, 0), "it stands between them");

    hold(&mut game, STANDS, &tanks);
    assert_eq!((clouds(&mut game, 0).len(), clouds(&mut game, 1).len(), plumes(&mut game)), (0, 0, 0));
    assert!(knows(&mut game, 0, 1) && knows(&mut game, 1, 0), "they see each other again");
}

#[test]
fn t12_smoke_is_told_to_the_other_team_when_it_sees_a_part_of_it_and_from_then_on() {
    let mut game = Match::running(60, &[0, 1, 2]);
    let apart = [(0, AMBER)];
    hold(&mut game, SETTLED, &apart);
    throw(&mut game, 0, &apart);
    hold(&mut game, FUSE + SETTLED, &apart);
    let told = |game: &mut Match| [0, 1, 2].map(|client| clouds(game, client).len());
    assert_eq!(told(&mut game), [1, 0, 1], "Azure is far away, the other Amber too");
    let near = [(0, AMBER), (1, AZURE + Vec2::X * 4.0)];
    hold(&mut game, 30, &near);
    assert_eq!(told(&mut game), [1, 1, 1]);
    hold(&mut game, SETTLED, &apart);
    assert_eq!(told(&mut game), [1, 1, 1], "it stays known");
    hold(&mut game, STANDS, &apart);
    assert_eq!(told(&mut game), [0, 0, 0]);
}

#[test]
fn who_joins_late_is_told_of_the_smoke_that_the_team_knows() {
    let mut game = Match::running(60, &[0, 1]);
    let apart = [(0, AMBER)];
    hold(&mut game, SETTLED, &apart);
    throw(&mut game, 0, &apart);
    hold(&mut game, FUSE + SETTLED, &apart);
    for (index, told) in [(0, 1), (1, 0)] {
        let ticket = game.reissue(index).expect("the seat stays the player's");
        let late = game.join(ticket);
        for _ in 0..150 {
            if game.own(late).is_none() {
                hold(&mut game, 1, &apart);
            }
        }
        hold(&mut game, 30, &apart);
        assert!(game.own(late).is_some(), "seat {index} should be back");
        assert_eq!(clouds(&mut game, late).len(), told, "seat {index}");
    }
}

#[test]
fn tank_throws_again_when_its_charge_is_back_and_not_before() {
    let mut game = Match::running(60, &[0]);
    let apart = [(0, AMBER)];
    hold(&mut game, SETTLED, &apart);
    throw(&mut game, 0, &apart);
    hold(&mut game, 30, &apart);
    assert_eq!(plumes(&mut game), 1);
    throw(&mut game, 0, &apart);
    hold(&mut game, 30, &apart);
    assert_eq!(plumes(&mut game), 1, "there is one charge");
    hold(&mut game, RECHARGE, &apart);
    assert_eq!(plumes(&mut game), 0, "the cloud is long gone");
    throw(&mut game, 0, &apart);
    hold(&mut game, 30, &apart);
    assert_eq!(plumes(&mut game), 1);
}

#[test]
fn grenade_lies_before_the_wall_that_it_strikes() {
    let mut game = Match::running(60, &[0]);
    let before_a_wall = [(0, Vec2::new(5.0, 27.0))];
    hold(&mut game, SETTLED, &before_a_wall);
    throw(&mut game, 0, &before_a_wall);
    hold(&mut game, 30, &before_a_wall);
    let lies = clouds(&mut game, 0)[0].pos;
    assert!(lies.distance(Vec2::new(10.0, 27.0)) < 0.1, "it lies at {lies}");
}
