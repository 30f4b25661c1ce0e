//! What is shown: corrections glide, and nobody is seen on a way that was never driven.

use bevy::prelude::*;
use game::sim::{
    arena::Arena,
    tank::{Hull, TankId},
};

use crate::support::{Match, seat};

const FAR: Vec2 = Vec2::new(59.0, 37.0);

/// Where a client shows a tank.
fn shown(game: &mut Match, client: usize, index: u8) -> Option<Vec2> {
    let world = game.clients[client].app.world_mut();
    let mut tanks = world.query::<(&TankId, &Hull)>();
    tanks.iter(world).find(|(id, _)| id.0 == seat(index)).map(|(_, hull)| hull.pos)
}

/// Where the client shows the tank over the next two seconds.
fn track(game: &mut Match, client: usize, index: u8) -> Vec<Vec2> {
    let mut track = Vec::new();
    for _ in 0..120 {
        game.step();
        track.extend(shown(game, client, index));
    }
    track
}

#[test]
fn correction_glides() {
    let mut game = Match::running(60, &[0]);
    game.ticks(60);
    let before = game.truth(0).pos;
    let moved = before + Vec2::new(1.5, 0.0);
    game.place(0, moved);
    let track = track(&mut game, 0, 0);
    let mut last = before;
    for place in track {
        assert!(place.distance(last) < 0.2, "from {last} to {place} in one frame");
        last = place;
    }
    assert!(last.distance(moved) < 0.05, "{last} is not {moved} yet");
}

#[test]
fn returning_tank_is_shown_at_its_wreck_or_at_its_start_and_nowhere_between() {
    for index in [0, 2] {
        let mut game = Match::running(60, &[0]);
        let start = game.room.world().resource::<Arena>().spawn(seat(index)).0;
        for _ in 0..60 {
            game.place(index, FAR);
            game.step();
        }
        assert!(shown(&mut game, 0, index).is_some_and(|place| place.distance(FAR) < 0.5));
        game.wreck(index);
        let track = track(&mut game, 0, index);
        let stray = track.iter().find(|place| place.distance(FAR) > 2.0 && place.distance(start) > 20.0);
        assert_eq!(stray, None, "seat {index} returns to {start}");
        assert!(track.last().is_some_and(|place| place.distance(start) < 20.0));
    }
}

#[test]
fn tank_that_comes_into_sight_is_shown_where_it_is() {
    let mut game = Match::running(60, &[0, 1]);
    for _ in 0..90 {
        game.step_apart();
    }
    assert_eq!(shown(&mut game, 0, 1), None, "nobody sees it yet");
    let near = game.truth(0).pos + Vec2::new(5.0, 0.0);
    for _ in 0..120 {
        game.place(1, near);
        for other in 2..6 {
            game.place(other, FAR - Vec2::Y * 3.0 * f32::from(other));
        }
        game.step();
        if let Some(place) = shown(&mut game, 0, 1) {
            assert!(place.distance(near) < 0.5, "it is at {near} and shown at {place}");
        }
    }
    assert!(shown(&mut game, 0, 1).is_some(), "it should have come into sight");
}
