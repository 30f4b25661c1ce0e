use bevy::math::Vec2;
use game::{
    client::Controls,
    protocol::{
        key::MapId,
        registry::{FromRegistry, ToRegistry},
        result::MatchResult,
    },
    room::{
        life::{Match as Current, MatchScoped},
        order::Journaled,
    },
    sim::event::{MatchEvent, Verdict},
};

use crate::support::{Match, allocation, preparation};

fn finish(game: &mut Match) -> MatchResult {
    let allocation = game.allocation;
    let result = game.answer(|report| match report {
        ToRegistry::Result { allocation: of, result } if *of == allocation => Some(result.clone()),
        _ => None,
    });
    game.order(FromRegistry::Receipt { allocation });
    game.until("the room is free", |game| !game.room.world().contains_resource::<Current>());
    result
}

/// Why the room declined a match.
fn reason(game: &mut Match, epoch: u64) -> String {
    game.answer(|report| match report {
        ToRegistry::Declined { allocation: of, reason } if *of == allocation(epoch) => Some(reason.clone()),
        _ => None,
    })
}

#[test]
fn match_ends_with_one_result_and_everybody_is_told() {
    let mut game = Match::running(5, &[0, 1]);
    let result = finish(&mut game);
    assert_eq!(result.seats.len(), 6);
    assert_eq!(result.seats.iter().filter(|seat| seat.account.is_some()).count(), 2);
    for player in &game.clients {
        let over = MatchEvent::Over { score: [result.amber, result.azure] };
        assert_eq!(player.heard.iter().filter(|event| **event == over).count(), 1);
    }
    let results = game.reports.iter().filter(|report| matches!(report, ToRegistry::Result { .. })).count();
    assert_eq!(results, 1);
}

#[test]
fn two_matches_in_a_row_leave_nothing_behind() {
    let mut game = Match::running(5, &[0]);
    finish(&mut game);
    let count = |game: &mut Match| {
        let world = game.room.world_mut();
        world.query::<&MatchScoped>().iter(world).count()
    };
    assert_eq!(count(&mut game), 0);
    let tickets = game.prepare(2, 5, &[3]);
    let second = game.join(tickets[0].clone());
    game.until("the newcomer has a tank", |game| game.own(second).is_some());
    assert!(game.own(0).is_none(), "the first match's player should have no tank here");
    let result = finish(&mut game);
    assert_eq!(result.seats.iter().filter(|seat| seat.account.is_some()).count(), 1);
}

#[test]
fn busy_room_declines_another_match() {
    let mut game = Match::running(60, &[0]);
    let other = allocation(9);
    game.order(preparation(other, 3, 20, &[]));
    assert_eq!(reason(&mut game, 9), "a match is in progress");
}

#[test]
fn room_declines_what_it_cannot_hold() {
    let mut game = Match::room();
    game.order(preparation(allocation(1), 4, 20, &[]));
    assert_eq!(reason(&mut game, 1), "`crossing` holds 1 to 3 players a side, not 4");
    game.order(preparation(allocation(2), 0, 20, &[]));
    assert_eq!(reason(&mut game, 2), "`crossing` holds 1 to 3 players a side, not 0");
    game.order(preparation(allocation(3), 1, 20, &[2]));
    assert_eq!(reason(&mut game, 3), "seat 2 is taken or not there");
    let mut elsewhere = preparation(allocation(4), 3, 20, &[]);
    if let FromRegistry::Prepare { map, .. } = &mut elsewhere {
        *map = MapId::try_from("nowhere".to_owned()).expect("map should be valid");
    }
    game.order(elsewhere);
    assert_eq!(reason(&mut game, 4), "there is no map `nowhere` here");
}

#[test]
fn draining_room_plays_on_and_declines_the_next_match() {
    let mut game = Match::running(5, &[0]);
    game.order(FromRegistry::Drain {});
    finish(&mut game);
    game.order(preparation(allocation(2), 3, 20, &[]));
    assert_eq!(reason(&mut game, 2), "the room takes no match any more");
}

#[test]
fn duel_has_two_seats_and_two_lines() {
    let mut game = Match::room();
    for ticket in game.prepare_teams(1, 1, 5, &[0, 1]) {
        game.join(ticket);
    }
    let result = finish(&mut game);
    assert_eq!(result.seats.len(), 2);
    assert!(result.seats.iter().all(|seat| seat.account.is_some()));
}

#[test]
fn nobody_is_told_that_it_is_over_before_the_journal_has_the_result() {
    let mut game = Match::running(5, &[0]);
    game.journal = false;
    let told =
        |game: &Match| game.clients[0].heard.iter().any(|event| matches!(event, MatchEvent::Over { .. }));
    game.until("time is up", |game| {
        game.reports.iter().any(|report| matches!(report, ToRegistry::Result { .. }))
    });
    let before = game.truth(3);
    game.ticks(180);
    assert!(!told(&game), "the journal has not spoken yet");
    assert_eq!(game.truth(3), before, "nothing moves any more");
    let foreign = Journaled(allocation(9));
    game.room.world_mut().write_message(foreign);
    game.ticks(60);
    assert!(!told(&game), "the journal spoke of another match");
    let ours = Journaled(game.allocation);
    game.room.world_mut().write_message(ours);
    game.until("the player is told", |game| told(game));
}

#[test]
fn receipt_of_another_match_leaves_this_one_alone() {
    let mut game = Match::running(60, &[0]);
    game.order(FromRegistry::Receipt { allocation: allocation(8) });
    game.order(FromRegistry::Cancel { allocation: allocation(9) });
    game.ticks(10);
    assert!(game.room.world().contains_resource::<Current>());
}

#[test]
fn shot_damages_kills_and_scores() {
    let mut game = Match::running(60, &[0, 1]);
    game.place(0, Vec2::new(5.0, 20.0));
    game.place(1, Vec2::new(10.0, 20.0));
    for bot in [2, 3, 4, 5] {
        game.place(bot, Vec2::new(59.0, 4.0 + 3.0 * f32::from(bot)));
    }
    game.control(0, Controls { aim: 0.0, fire: true, ..Controls::default() });
    game.until("the enemy is destroyed", |game| {
        game.clients[0]
            .heard
            .iter()
            .any(|event| matches!(event, MatchEvent::Spent { verdict: Verdict::Killed, .. }))
    });
    game.ticks(10);
    let killed =
        |events: &[MatchEvent]| events.iter().any(|event| matches!(event, MatchEvent::Killed { .. }));
    assert!(killed(&game.clients[0].heard) && killed(&game.clients[1].heard));
}
