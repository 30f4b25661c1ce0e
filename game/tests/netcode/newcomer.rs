use game::{
    client::Controls,
    protocol::{
        id::Team,
        registry::{FromRegistry, SeatTicket, ToRegistry},
        result::MatchResult,
    },
    room::seat::Occupant,
    sim::{
        event::{Driver, MatchEvent, RosterLine},
        tank::TankId,
    },
};

use crate::support::{Match, account, seat};

/// Somebody who watches a match of two players and has no tank yet.
fn watching(seconds: u16) -> (Match, usize, SeatTicket) {
    let mut game = Match::running(seconds, &[0, 1]);
    let ticket = game.admit(9).expect("four seats are bots'");
    let watcher = game.join(ticket.clone());
    game.until("the newcomer sees the match", |game| !game.known(watcher).is_empty());
    (game, watcher, ticket)
}

fn name_of(game: &mut Match, index: u8) -> String {
    let world = game.room.world_mut();
    let mut seats = world.query::<(&TankId, &Occupant)>();
    let (_, occupant) = seats.iter(world).find(|(id, _)| id.0 == seat(index)).expect("seat should exist");
    occupant.name.to_string()
}

fn result(game: &mut Match) -> MatchResult {
    game.answer(|report| match report {
        ToRegistry::Result { result, .. } => Some(result.clone()),
        _ => None,
    })
}

#[test]
fn newcomer_gets_a_bots_seat_on_the_side_with_fewer_people() {
    let mut game = Match::running(60, &[0]);
    let ticket = game.admit(9).expect("five seats are bots'");
    assert_eq!(ticket.seat.team(), Team::Azure);
    let other = game.admit(8).expect("four seats are bots'");
    assert_ne!(other.seat, ticket.seat, "a promised seat is not promised again");
}

#[test]
fn newcomer_drives_from_the_tanks_next_spawn_on() {
    let (mut game, watcher, ticket) = watching(60);
    let index = ticket.seat.index();
    game.ticks(120);
    assert!(game.own(watcher).is_none(), "the bot drives until its tank is lost");
    assert_ne!(name_of(&mut game, index), "Player 9");
    game.wreck(index);
    game.until("the newcomer has the tank", |game| game.own(watcher).is_some());
    assert_eq!(name_of(&mut game, index), "Player 9");
    let line = RosterLine { tank: TankId(seat(index)), name: "Player 9".to_owned(), driver: Driver::Player };
    game.until("everybody is told", |game| {
        let told = |event: &MatchEvent| matches!(event, MatchEvent::Roster(lines) if lines.contains(&line));
        game.clients[0].heard.iter().any(told)
    });
    game.control(watcher, Controls { drive: 1.0, ..Controls::default() });
    game.until("the tank obeys its driver", |game| game.truth(index).speed > 4.0);
    game.control(watcher, Controls::default());
    game.ticks(180);
    let (own, truth) = (game.own(watcher).expect("it keeps the tank"), game.truth(index));
    assert!(own.pos.distance(truth.pos) < 0.5, "predicted {own:?}, true {truth:?}");
}

#[test]
fn newcomer_sees_what_the_team_sees_and_no_more() {
    let (mut game, watcher, ticket) = watching(60);
    let own: Vec<TankId> = (0..6).map(seat).filter(|s| s.team() == ticket.seat.team()).map(TankId).collect();
    for _ in 0..60 {
        game.step_apart();
    }
    for _ in 0..60 {
        game.step_apart();
        assert_eq!(game.known(watcher), own, "no enemy is in sight");
    }
}

#[test]
fn newcomer_who_never_drove_has_a_line_without_kills() {
    let (mut game, _, ticket) = watching(25);
    for _ in 0..25 * 60 {
        game.step_apart();
    }
    let result = result(&mut game);
    let line = result.seats.iter().find(|line| line.seat == ticket.seat).expect("every seat has a line");
    assert_eq!((line.account, line.kills, line.deaths), (Some(account(9)), 0, 0));
    assert_eq!(result.seats.len(), 6);
}

#[test]
fn newcomer_who_asks_again_gets_the_same_seat() {
    let (mut game, first, ticket) = watching(60);
    let again = game.admit(9).expect("the seat is promised");
    assert_eq!(again.seat, ticket.seat);
    let second = game.join(again);
    game.until("the newer link sees the match", |game| !game.known(second).is_empty());
    game.until("the older link sees nothing", |game| game.known(first).is_empty());
    let reissued = game.reissue(9).expect("the seat is promised");
    assert_eq!(reissued.seat, ticket.seat);
}

#[test]
fn full_match_takes_nobody_in() {
    let mut game = Match::running(60, &[0, 1]);
    for index in 6..10 {
        game.admit(index).expect("a seat should be left");
    }
    assert_eq!(game.admit(10), Err("every seat is taken".to_owned()));
}

#[test]
fn match_that_is_nearly_over_takes_nobody_in() {
    let mut game = Match::running(20, &[0]);
    assert_eq!(game.admit(9), Err("the match is nearly over".to_owned()));
    let allocation = game.allocation;
    game.order(FromRegistry::Cancel { allocation });
    game.ticks(10);
    assert_eq!(game.admit(9), Err("the match is over".to_owned()));
}
