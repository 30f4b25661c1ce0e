use bevy::math::Vec2;
use game::{
    client::Controls,
    room::life::beginning::{COUNTDOWN, WARM_UP},
    sim::{
        event::{Driver, MatchEvent},
        scoreboard::Phase,
        tank::{Hull, TankId},
    },
};

use crate::{
    prediction::calm,
    support::{Match, seat},
};

fn counting(game: &mut Match) -> bool {
    matches!(game.phase(), Phase::Countdown { .. })
}

/// A match of two, the second of whom stays away, until it begins to count down.
fn without_the_second() -> Match {
    let (mut game, mut tickets) = Match::prepared(60, &[0, 1]);
    game.join(tickets.remove(0));
    game.until("the first has come", |game| game.phase() != Phase::Waiting { until: None });
    let Phase::Waiting { until: Some(until) } = game.phase() else { panic!("it should wait for the second") };
    assert!(until <= game.tick() + WARM_UP, "15 seconds at most");
    while game.tick() + 1 < until {
        game.step();
        assert_eq!(game.phase(), Phase::Waiting { until: Some(until) });
    }
    game.step();
    assert_eq!(game.phase(), Phase::Countdown { starts_at: until + COUNTDOWN });
    game
}

#[test]
fn warm_up_lasts_at_most_15_seconds_and_everybody_is_told_who_is_missing() {
    let game = without_the_second();
    let told = game.clients[0].heard.iter().any(|event| match event {
        MatchEvent::Roster(lines) => lines.iter().any(|line| {
            line.tank == TankId(seat(1)) && line.name == "Player 1" && line.driver == Driver::Substitute
        }),
        _ => false,
    });
    assert!(told);
}

#[test]
fn warm_up_ends_when_everybody_is_there() {
    let (mut game, mut tickets) = Match::prepared(60, &[0, 1]);
    game.join(tickets.remove(0));
    game.until("the first has a tank", |game| game.own(0).is_some());
    game.ticks(120);
    assert!(matches!(game.phase(), Phase::Waiting { until: Some(_) }), "it waits for the second");
    game.join(tickets.remove(0));
    game.until("it counts down", counting);
    let began = game.tick();
    game.until_play();
    assert_eq!(game.tick() - began, COUNTDOWN);
}

#[test]
fn nobody_moves_or_fires_during_the_countdown() {
    let (mut game, tickets) = Match::prepared(60, &[0, 1]);
    let before: Vec<Hull> = (0..6).map(|index| game.truth(index)).collect();
    for ticket in tickets {
        let client = game.join(ticket);
        game.control(client, Controls { drive: 1.0, turn: 0.5, aim: 2.0, fire: true, smoke: true });
    }
    game.until("it counts down", counting);
    while counting(&mut game) {
        let now: Vec<Hull> = (0..6).map(|index| game.truth(index)).collect();
        assert_eq!(now, before);
        game.step();
    }
    let fired = |event: &MatchEvent| matches!(event, MatchEvent::Fired { .. });
    assert!(!game.clients.iter().any(|player| player.heard.iter().any(fired)));
    game.until("it drives", |game| game.truth(0).speed > 4.0);
}

#[test]
fn own_tank_starts_in_the_very_tick_in_which_the_rooms_does() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    for ticket in tickets {
        game.join(ticket);
    }
    game.until("it counts down", counting);
    game.control(0, Controls { drive: 1.0, turn: 0.3, ..Controls::default() });
    calm(&mut game, 90);
    assert!(counting(&mut game), "a second and a half are left");
    let before = game.rollbacks(0);
    calm(&mut game, 150);
    assert_eq!(game.rollbacks(0), before, "the start should need no correction");
    let (own, truth) = (game.own(0).expect("the client should have its tank"), game.truth(0));
    assert!(truth.speed > 4.0 && own.pos.distance(truth.pos) < 1.5, "predicted {own:?}, true {truth:?}");
}

#[test]
fn bot_drives_for_whoever_is_missing_after_the_countdown() {
    let mut game = without_the_second();
    let stood = game.truth(1).pos;
    game.until_play();
    assert!(game.truth(1).pos.distance(stood) < 0.5, "it has only just begun");
    game.until("a bot drives seat 1", |game| game.truth(1).pos.distance(stood) > 2.0);
}

#[test]
fn late_first_arrival_takes_its_tank_at_once() {
    let mut game = without_the_second();
    game.until_play();
    game.ticks(60);
    let ticket = game.reissue(1).expect("the seat is still theirs");
    let late = game.join(ticket);
    let before = game.tick();
    game.until("the latecomer has the tank", |game| game.own(late).is_some());
    assert!(game.tick() - before <= 120, "it took {} ticks", game.tick() - before);
    let own = game.own(late).expect("checked above");
    assert!(own.pos.distance(game.truth(1).pos) < 1.5, "it should be the tank of seat 1: {own:?}");
    game.ticks(90);
    assert!(game.truth(1).speed.abs() < 0.1, "no bot drives any more: {:?}", game.truth(1));
}

#[test]
fn newcomer_who_comes_before_play_has_the_tank_at_once() {
    let (mut game, mut tickets) = Match::prepared(60, &[0, 1]);
    game.join(tickets.remove(0));
    let ticket = game.admit(9).expect("four seats are bots'");
    let start = game.truth(ticket.seat.index()).pos;
    let newcomer = game.join(ticket);
    game.until("the newcomer has the tank", |game| game.own(newcomer).is_some());
    assert!(matches!(game.phase(), Phase::Waiting { .. }), "seat 1's player is still missing");
    let own = game.own(newcomer).map(|own| own.pos);
    assert!(own.is_some_and(|own: Vec2| own.distance(start) < 0.5));
}
