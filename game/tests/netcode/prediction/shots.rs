//! Own shells: shown at once, matched by their tick, judged once and to the shooter alone.

use bevy::prelude::*;
use game::{
    client::{
        Controls,
        shell::{OwnShell, Shots},
    },
    room::{flight::sky::Sky, seat::Occupant},
    sim::{
        event::{MatchEvent, Verdict},
        tank::TankId,
    },
};

use super::{calm, hold};
use crate::support::{Match, seat};

const FIRE: Controls = Controls { drive: 0.0, turn: 0.0, aim: 0.0, fire: true, smoke: false };

/// A wall is five metres ahead.
const BEFORE_A_WALL: Vec2 = Vec2::new(5.0, 27.0);

fn shots(game: &Match, client: usize) -> Shots {
    *game.clients[client].app.world().resource::<Shots>()
}

fn shells(game: &mut Match, client: usize) -> usize {
    let world = game.clients[client].app.world_mut();
    world.query::<&OwnShell>().iter(world).count()
}

fn verdicts(game: &Match, client: usize) -> Vec<Verdict> {
    let told = |event: &MatchEvent| match event {
        MatchEvent::Spent { verdict, .. } => Some(*verdict),
        _ => None,
    };
    game.clients[client].heard.iter().filter_map(told).collect()
}

#[test]
fn own_shell_flies_before_the_room_knows_of_it() {
    let mut game = Match::running(60, &[0]);
    calm(&mut game, 60);
    game.control(0, FIRE);
    calm(&mut game, 2);
    assert_eq!((shells(&mut game, 0), shots(&game, 0).fired), (1, 1));
    assert_eq!(shots(&game, 0).matched, 0, "the room has not answered yet");
}

#[test]
fn every_shell_is_matched_by_its_tick_and_judged_once() {
    let mut game = Match::running(60, &[0]);
    calm(&mut game, 60);
    game.control(0, FIRE);
    calm(&mut game, 600);
    game.control(0, Controls::default());
    calm(&mut game, 240);
    let shots = shots(&game, 0);
    assert!(shots.fired >= 8, "ten seconds are enough for more than {} shots", shots.fired);
    let all = Shots { fired: shots.fired, matched: shots.fired, judged: shots.fired, ..default() };
    assert_eq!(shots, all);
    assert_eq!(verdicts(&game, 0).len(), shots.fired as usize);
    calm(&mut game, 600);
    assert_eq!(shells(&mut game, 0), 0, "none is remembered for ever");
}

#[test]
fn shooter_is_told_a_miss_and_nobody_else_is() {
    let mut game = Match::running(60, &[0, 2]);
    let tanks = [(0, BEFORE_A_WALL)];
    hold(&mut game, 60, &tanks);
    game.control(0, FIRE);
    hold(&mut game, 60, &tanks);
    assert_eq!(verdicts(&game, 0), [Verdict::Missed]);
    assert!(verdicts(&game, 1).is_empty());
}

#[test]
fn shooter_is_told_hits_and_the_end_of_a_tank_in_sight() {
    let mut game = Match::running(60, &[0, 1]);
    let tanks = [(0, Vec2::new(5.0, 37.0)), (1, Vec2::new(15.0, 37.0))];
    hold(&mut game, 60, &tanks);
    game.control(0, FIRE);
    hold(&mut game, 200, &tanks);
    assert_eq!(verdicts(&game, 0)[..3], [Verdict::Hit, Verdict::Hit, Verdict::Killed]);
    assert!(verdicts(&game, 1).is_empty());
}

#[test]
fn of_a_tank_out_of_sight_only_the_hit_is_told() {
    let mut game = Match::running(60, &[0, 1]);
    let tanks = [(0, Vec2::new(5.0, 37.0)), (1, Vec2::new(35.0, 37.0))];
    hold(&mut game, 60, &tanks);
    game.control(0, FIRE);
    hold(&mut game, 260, &tanks);
    let verdicts = verdicts(&game, 0);
    assert!(verdicts.len() >= 3, "three shots should have been judged: {verdicts:?}");
    assert_eq!(verdicts[..3], [Verdict::Hit; 3], "the third one is the end of it, which Amber does not see");
}

/// The link that drives the tank of seat 0.
fn driver(game: &mut Match) -> Option<Entity> {
    let world = game.room.world_mut();
    let mut seats = world.query::<(&TankId, &Occupant)>();
    seats.iter(world).find(|(id, _)| id.0 == seat(0)).and_then(|(_, occupant)| occupant.link)
}

/// Shells in the air.
fn flying(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query::<&Sky>().iter(world).map(|sky| sky.shells().len()).sum()
}

#[test]
fn shell_is_judged_for_the_link_that_fired_it_and_not_for_the_next_one() {
    let mut game = Match::running(60, &[0]);
    let tanks = [(0, Vec2::new(5.0, 37.0))];
    hold(&mut game, 60, &tanks);
    let first = driver(&mut game);
    game.control(0, FIRE);
    hold(&mut game, 3, &tanks);
    game.control(0, Controls::default());
    let ticket = game.reissue(0).expect("the seat is still theirs");
    let second = game.join(ticket);
    for _ in 0..45 {
        if driver(&mut game) == first {
            hold(&mut game, 1, &tanks);
        }
    }
    assert_ne!(driver(&mut game), first);
    assert!(flying(&mut game) > 0, "it should be in the air when the seat changes hands");
    hold(&mut game, 120, &tanks);
    assert_eq!(flying(&mut game), 0);
    assert!(verdicts(&game, second).is_empty(), "{:?}", verdicts(&game, second));
}
