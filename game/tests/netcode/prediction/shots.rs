//! Own shells: shown at once, matched by their tick, judged once and to the shooter alone.

use bevy::prelude::*;
use game::{
    client::{
        Controls,
        shell::{OwnShell, Shots},
    },
    sim::event::{MatchEvent, Verdict},
};

use super::calm;
use crate::support::Match;

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

/// So many ticks in which these tanks stay where they are and all others far away from them.
fn hold(game: &mut Match, ticks: u32, tanks: &[(u8, Vec2)]) {
    for _ in 0..ticks {
        for index in 0..6 {
            let place = tanks.iter().find(|(tank, _)| *tank == index).map(|(_, place)| *place);
            game.place(index, place.unwrap_or(Vec2::new(3.0 + 3.0 * f32::from(index), 3.0)));
        }
        game.step();
    }
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
