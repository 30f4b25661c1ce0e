use bevy::math::Vec2;
use game::{protocol::ticket::Ticket, room::listen::Listening};

use crate::{
    stall::driven,
    support::{Match, seat},
};

#[test]
fn ticket_leads_to_its_seat() {
    let mut game = Match::running(60, &[0, 1]);
    assert_eq!(driven(&mut game), 2);
    let spawn = game.truth(1).pos;
    let own = game.own(1).expect("client 1 should have its tank");
    assert!(own.pos.distance(spawn) < 0.5, "client 1 drives {own:?}, seat 1 stands at {spawn}");
}

#[test]
fn used_ticket_is_refused() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let addresses = game.room.world().resource::<Listening>().addresses.clone();
    let ticket = Ticket {
        match_id: game.allocation.match_id,
        seat: seat(0),
        token: tickets[0].token.clone(),
        addresses,
    };
    game.join_with(&ticket);
    game.until("the first one is seated", |game| driven(game) == 1);
    let thief = game.join_with(&ticket);
    game.ticks(300);
    assert!(game.own(thief).is_none(), "a used ticket should lead nowhere");
    assert!(game.own(0).is_some(), "the owner should keep the tank");
}

#[test]
fn reconnect_gets_the_same_tank_and_the_old_link_loses_it() {
    let mut game = Match::running(60, &[0]);
    game.place(0, Vec2::new(20.0, 20.0));
    let ticket = game.reissue(0).expect("the player has a seat");
    let second = game.join(ticket);
    game.until("the second link has the tank", |game| game.own(second).is_some());
    let own = game.own(second).expect("checked above");
    assert!(own.pos.distance(game.truth(0).pos) < 0.5);
    game.until("the first link has lost it", |game| game.known(0).is_empty());
}

#[test]
fn owner_who_returns_drives_the_same_tank_at_once() {
    let mut game = Match::running(60, &[0, 2]);
    let left = game.truth(2).pos;
    drop(game.clients.pop());
    game.until("a bot drives", |game| game.truth(2).pos.distance(left) > 2.0);
    assert_eq!(game.controlled(0), 1, "the tank of somebody who left is nobody else's");
    let ticket = game.reissue(2).expect("the seat is still theirs");
    assert_eq!(ticket.seat, seat(2));
    let back = game.join(ticket);
    game.until("the owner has the tank", |game| game.own(back).is_some());
    let own = game.own(back).expect("checked above");
    assert!(own.pos.distance(game.truth(2).pos) < 1.5, "it should be the tank of seat 2: {own:?}");
    assert_eq!(game.controlled(0), 1, "the other player keeps one tank");
}

#[test]
fn somebody_without_a_seat_gets_no_ticket() {
    let mut game = Match::running(60, &[0]);
    assert_eq!(game.reissue(9), Err("the player has no seat here".to_owned()));
}

#[test]
fn revoked_player_loses_link_and_ticket_but_not_the_seat() {
    let mut game = Match::running(60, &[0, 1]);
    let ticket = game.reissue(0).expect("the player has a seat");
    game.revoke(0);
    game.until("only the other player drives", |game| driven(game) == 1 && game.known(0).is_empty());
    let thief = game.join(ticket);
    game.ticks(300);
    assert!(game.own(thief).is_none(), "a ticket from before should lead nowhere");
    let ticket = game.reissue(0).expect("the seat is still theirs");
    let back = game.join(ticket);
    game.until("the owner has the tank", |game| game.own(back).is_some());
}
