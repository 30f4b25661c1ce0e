//! What a bad link costs: delay and a tank that stops, never a picture that stays wrong.

use std::time::Duration;

use bevy::prelude::*;
use game::client::{Controls, weather::Weather};
use lightyear::prelude::*;

use super::calm;
use crate::support::Match;

/// Where a tank can drive east for 30 m.
pub const OPEN_GROUND: Vec2 = Vec2::new(28.0, 28.0);

fn input_delay(game: &Match) -> u16 {
    game.clients[0].app.world().resource::<LocalTimelineSync>().input_delay()
}

/// What happens to packets on their way to the room.
fn condition(game: &mut Match, config: Option<LinkConditionerConfig>) {
    let world = game.room.world_mut();
    for mut link in world.query_filtered::<&mut Link, With<LinkOf>>().iter_mut(world) {
        link.recv.conditioner = config.clone().map(RecvLinkConditioner::new);
    }
}

/// A match of one player whose packets take so long, each way.
fn far_away(one_way: Duration) -> Match {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    for ticket in tickets {
        game.join(ticket);
    }
    condition(&mut game, Some(LinkConditionerConfig::default().with_incoming_latency(one_way)));
    game.clients[0].app.insert_resource(Weather { lag: one_way, ..default() });
    game.until_play();
    calm(&mut game, 480);
    game
}

/// A tank at full speed on open ground.
pub fn at_speed() -> Match {
    let mut game = Match::running(60, &[0]);
    game.place(0, OPEN_GROUND);
    calm(&mut game, 60);
    game.control(0, Controls { drive: 1.0, ..Controls::default() });
    calm(&mut game, 60);
    assert!(game.truth(0).speed > 8.9, "it should be at full speed: {:?}", game.truth(0));
    game
}

/// Nothing that the player sends arrives meanwhile. The lowest speed of the tank.
fn outage(game: &mut Match, ticks: u32) -> f32 {
    condition(game, Some(LinkConditionerConfig::default().with_fixed_loss(1.0)));
    let mut slowest = f32::INFINITY;
    for _ in 0..ticks {
        calm(game, 1);
        slowest = slowest.min(game.truth(0).speed);
    }
    condition(game, None);
    slowest
}

#[test]
fn good_link_does_not_delay_the_input() {
    let mut game = Match::running(60, &[0]);
    calm(&mut game, 240);
    assert_eq!(input_delay(&game), 0);
    drop(game);
    let game = far_away(Duration::from_millis(60));
    assert_eq!(input_delay(&game), 0, "a round trip of 120 ms is predicted");
}

#[test]
fn slow_link_delays_the_input_and_every_misprediction_is_corrected() {
    for one_way in [200, 300] {
        let mut game = far_away(Duration::from_millis(one_way));
        let delay = input_delay(&game);
        assert!(delay > 0, "a round trip of {} ms is more than is predicted", 2 * one_way);
        let moved = game.truth(0).pos + Vec2::new(3.0, 0.0);
        game.place(0, moved);
        calm(&mut game, 240);
        let own = game.own(0).expect("the client should have its tank");
        assert!(own.pos.distance(moved) < 0.01, "the room says {moved}, the client {own:?}");

        game.control(0, Controls { drive: 1.0, turn: 0.4, ..Controls::default() });
        calm(&mut game, 90);
        game.control(0, Controls::default());
        calm(&mut game, 240);
        let (own, truth) = (game.own(0).expect("checked above"), game.truth(0));
        assert!(truth.pos.distance(moved) > 1.0, "it should have driven");
        assert!(own.pos.distance(truth.pos) < 0.02, "predicted {own:?}, true {truth:?}");
    }
}

#[test]
fn delay_goes_when_the_link_gets_better() {
    let mut game = far_away(Duration::from_millis(200));
    assert!(input_delay(&game) > 0);
    condition(&mut game, None);
    game.clients[0].app.insert_resource(Weather::default());
    calm(&mut game, 1200);
    assert_eq!(input_delay(&game), 0);
}

#[test]
fn outage_of_a_fifth_of_a_second_does_not_stop_the_tank() {
    let mut game = at_speed();
    let slowest = outage(&mut game, 12);
    assert!(slowest > 8.9, "it slowed down to {slowest} m/s");
}

#[test]
fn longer_outage_lets_go_of_the_controls_until_the_player_is_back() {
    let mut game = at_speed();
    let slowest = outage(&mut game, 45);
    assert!(slowest < 6.0, "after 0.3 s the tank should let go, it never did less than {slowest} m/s");
    calm(&mut game, 60);
    let (own, truth) = (game.own(0).expect("the client should have its tank"), game.truth(0));
    assert!(truth.speed > 8.9, "it should obey again: {truth:?}");
    assert!(own.pos.distance(truth.pos) < 1.5, "predicted {own:?}, true {truth:?}");
}
