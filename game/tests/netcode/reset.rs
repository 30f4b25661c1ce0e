use game::{
    client::Controls,
    protocol::registry::{FromRegistry, ToRegistry},
    room::life::{Match as Current, MatchScoped},
    sim::scoreboard::{Phase, Scoreboard},
};
use lightyear::prelude::LinkOf;

use crate::support::Match;

/// Entities of the room, whatever they are.
fn entities(game: &Match) -> u32 {
    game.room.world().entities().count_spawned()
}

fn count<C: bevy::prelude::Component>(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query::<&C>().iter(world).count()
}

/// A match in which players drive, shoot and throw smoke, until everybody and everything of it is gone.
fn play(game: &mut Match, epoch: u64) {
    for ticket in game.prepare(epoch, 60, &[0, 1]) {
        game.join(ticket);
    }
    game.until_play();
    for client in 0..2 {
        game.control(client, Controls { drive: 1.0, fire: true, smoke: true, ..Controls::default() });
    }
    game.ticks(60);
    call_time(game);
    let allocation = game.allocation;
    game.answer(|report| match report {
        ToRegistry::Result { allocation: of, .. } if *of == allocation => Some(()),
        _ => None,
    });
    game.order(FromRegistry::Receipt { allocation });
    until_empty(game);
}

fn call_time(game: &mut Match) {
    let world = game.room.world_mut();
    for mut board in world.query::<&mut Scoreboard>().iter_mut(world) {
        board.phase = Phase::Playing { ends_at: 0 };
    }
}

/// The clients die, the match goes, and their links after it.
fn until_empty(game: &mut Match) {
    game.until("the room is free", |game| !game.room.world().contains_resource::<Current>());
    game.clients.clear();
    game.until("every link is gone", |game| count::<LinkOf>(game) == 0);
    game.ticks(2);
}

#[test]
fn f22_fifty_matches_in_a_row_leave_no_entity_behind() {
    let mut game = Match::room();
    play(&mut game, 1);
    let before = entities(&game);
    for epoch in 2..=51 {
        play(&mut game, epoch);
        assert_eq!(count::<MatchScoped>(&mut game), 0, "after match {epoch}");
        assert_eq!(entities(&game), before, "after match {epoch}");
    }
}

#[test]
fn f16_client_killed_at_any_step_leaves_nothing_behind() {
    let mut game = Match::room();
    play(&mut game, 1);
    let before = entities(&game);
    game.prepare(2, 60, &[0]);
    for step in 0..30 {
        let ticket = game.reissue(0).expect("the seat stays the player's");
        game.join(ticket);
        game.ticks(step);
        game.clients.clear();
    }
    game.ticks(15 * 60);
    assert_eq!(count::<LinkOf>(&mut game), 0, "15 s later every link is gone");
    game.order(FromRegistry::Cancel { allocation: game.allocation });
    until_empty(&mut game);
    assert_eq!(entities(&game), before);
}
