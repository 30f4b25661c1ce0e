use bevy::math::Vec2;
use game::{
    client::Controls,
    protocol::{
        registry::{FromRegistry, ToRegistry},
        result::MatchResult,
    },
    room::life::{Match as Current, MatchScoped},
    sim::event::MatchEvent,
};

use crate::support::{Match, allocation};

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
    game.order(FromRegistry::Prepare { allocation: other, seed: 1, seconds: 20, players: Vec::new() });
    game.answer(|report| {
        matches!(report, ToRegistry::Declined { allocation, .. } if *allocation == other).then_some(())
    });
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
        game.clients[0].heard.iter().any(|event| matches!(event, MatchEvent::Landed { kill: true }))
    });
    game.ticks(10);
    let killed =
        |events: &[MatchEvent]| events.iter().any(|event| matches!(event, MatchEvent::Killed { .. }));
    assert!(killed(&game.clients[0].heard) && killed(&game.clients[1].heard));
}
