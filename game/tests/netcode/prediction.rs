pub mod link;
mod shots;
mod shown;

use bevy::math::Vec2;
use game::client::Controls;

use crate::support::Match;

/// So many ticks in which nobody comes near the player in seat 0.
pub fn calm(game: &mut Match, ticks: u32) {
    for _ in 0..ticks {
        for bot in 1..6 {
            game.place(bot, Vec2::new(59.0, 4.0 + 3.0 * f32::from(bot)));
        }
        game.step();
    }
}

/// So many ticks in which these tanks stay where they are, and all others with their team, far from the other.
pub fn hold(game: &mut Match, ticks: u32, tanks: &[(u8, Vec2)]) {
    for _ in 0..ticks {
        for index in 0..6 {
            let place = tanks.iter().find(|(tank, _)| *tank == index).map(|(_, place)| *place);
            let x = if index % 2 == 0 { 5.0 } else { 59.0 };
            game.place(index, place.unwrap_or(Vec2::new(x, 4.0 + 3.0 * f32::from(index))));
        }
        game.step();
    }
}

#[test]
fn own_tank_answers_before_the_room_does() {
    let mut game = Match::running(60, &[0]);
    game.ticks(60);
    let before = game.own(0).expect("client should have its tank");
    game.control(0, Controls { drive: 1.0, ..Controls::default() });
    game.ticks(2);
    let after = game.own(0).expect("client should have its tank");
    assert!(after.speed > before.speed, "two ticks later it should roll: {after:?}");
}

#[test]
fn clean_link_needs_no_rollback_while_driving_freely() {
    let mut game = Match::running(60, &[0]);
    game.control(0, Controls { drive: 1.0, turn: 0.3, ..Controls::default() });
    game.ticks(90);
    let before = game.rollbacks(0);
    game.ticks(60);
    assert_eq!(game.rollbacks(0), before, "prediction should match the room");
    let (own, truth) = (game.own(0).expect("client should have its tank"), game.truth(0));
    assert!(own.pos.distance(truth.pos) < 1.5, "predicted {own:?}, true {truth:?}");
}

#[test]
fn misprediction_is_reconciled_with_the_room() {
    let mut game = Match::running(60, &[0]);
    game.ticks(60);
    let moved = game.truth(0).pos + Vec2::new(3.0, 0.0);
    game.place(0, moved);
    game.ticks(180);
    let own = game.own(0).expect("client should have its tank");
    assert!(own.pos.distance(moved) < 0.01, "the room says {moved}, the client {own:?}");
    assert!(game.rollbacks(0) > 0);
}

#[test]
fn silent_player_lets_go_of_the_controls() {
    let mut game = Match::running(60, &[0]);
    game.control(0, Controls { drive: 1.0, ..Controls::default() });
    game.ticks(60);
    assert!(game.truth(0).speed > 5.0);
    let silent = game.clients.pop();
    game.ticks(90);
    assert!(game.truth(0).speed.abs() < 0.1, "a tank without input should stop");
    drop(silent);
}
