use bevy::prelude::*;
use game::{
    protocol::limits::TICKET_LIFE,
    room::{
        guard::Refused,
        ticket::{Mint, Pass},
    },
    sim::schedule::TICK,
};
use lightyear::prelude::{Connected, LinkOf};
use mock_instant::global::MockClock;

use super::{answers, bare_link, links, lives, push, refused, request, seated_link};
use crate::support::{Match, account, seat};

/// Every place on the built-in map.
const SEATS: [u8; 6] = [0, 1, 2, 3, 4, 5];

/// Requests on one link in one step, below what a link may send.
const A_STEP: u64 = 12;

/// Steps after which tickets are asked for anew: they lapse after 30 s.
const RENEW: u32 = 900;

/// Expiry, nonce and sealed half of a request but for its seal, which is the last 16 bytes: what decryption
/// alone can tell to be forged.
const ENCRYPTED: std::ops::Range<usize> = 22..1062;

const REQUEST: usize = 1078;

/// How many, if a longer run does not want more.
fn wanted(variable: &str, usually: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usually)
}

/// Forges on whose seal the room expects, so that only decryption can tell: one bit differs, or all do.
fn forgery(request: &[u8], number: u64) -> Vec<u8> {
    let mut forged = request.to_vec();
    if number % 16 == 15 {
        for (place, byte) in forged[ENCRYPTED].iter_mut().enumerate() {
            let mixed = (number << 20 | place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *byte ^= (mixed >> 56) as u8 | 1;
        }
    } else {
        let bit = (number - number / 16) as usize % (8 * ENCRYPTED.len());
        forged[ENCRYPTED.start + bit / 8] ^= 1 << (bit % 8);
    }
    forged
}

#[test]
fn t1_forged_tickets_reach_decryption_and_are_refused() {
    // Each bit is changed once.
    let wanted = wanted("FOGLINE_FORGED", 9_000);
    let (mut game, tickets) = Match::prepared(3_600, &SEATS);
    let mut requests: Vec<_> = tickets.iter().map(|ticket| request(&ticket.token)).collect();
    let mut forgers: Vec<_> = SEATS.iter().map(|seat| bare_link(&mut game, *seat)).collect();
    let (mut sent, mut answered, mut steps) = (0, 0, 0_u32);
    while sent < wanted {
        steps += 1;
        if steps.is_multiple_of(RENEW) {
            for (place, seat) in SEATS.into_iter().enumerate() {
                let ticket = game.reissue(seat).expect("the player should have a seat");
                requests[place] = request(&ticket.token);
            }
        }
        for place in 0..SEATS.len() {
            if !lives(&game, forgers[place]) {
                forgers[place] = bare_link(&mut game, SEATS[place]);
            }
            for _ in 0..A_STEP {
                push(&mut game, forgers[place], &forgery(&requests[place], sent));
                sent += 1;
            }
        }
        game.step();
        for forger in &forgers {
            answered += answers(&mut game, *forger).len();
            assert!(game.room.world().get::<Connected>(*forger).is_none(), "a forger was let in");
        }
    }
    let decrypted = refused(&game, Refused::Forged);
    println!("\nfigure forged_tickets_decrypted {decrypted}");
    assert_eq!(decrypted, sent, "every forgery should reach decryption and fail there");
    assert_eq!(answered, 0, "forgeries should not be answered");
}

#[test]
fn t1_ticket_with_another_seal_is_refused_without_decryption() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let good = request(&tickets[0].token);
    let stranger = bare_link(&mut game, 1);
    for bit in 0..8 * (REQUEST - ENCRYPTED.end) {
        let mut forged = good.clone();
        forged[ENCRYPTED.end + bit / 8] ^= 1 << (bit % 8);
        push(&mut game, stranger, &forged);
    }
    game.step();
    assert_eq!((refused(&game, Refused::Ticket), refused(&game, Refused::Forged)), (128, 0));
}

#[test]
fn t1_request_of_another_kind_version_or_protocol_is_refused_without_decryption() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let good = request(&tickets[0].token);
    let stranger = bare_link(&mut game, 1);
    for bit in 0..8 * ENCRYPTED.start {
        let mut forged = good.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        push(&mut game, stranger, &forged);
    }
    game.step();
    let counts = [Refused::Shape, Refused::Version, Refused::Forged].map(|why| refused(&game, why));
    assert_eq!(counts, [8, 8 * (ENCRYPTED.start as u64 - 1), 0]);
}

#[test]
fn t3_ticket_that_has_lapsed_is_refused() {
    let (mut game, tickets) = Match::prepared(3_600, &[0, 2]);
    MockClock::advance(TICKET_LIFE - TICK);
    let last_moment = bare_link(&mut game, 1);
    push(&mut game, last_moment, &request(&tickets[0].token));
    game.room.update();
    assert_eq!(answers(&mut game, last_moment).len(), 1, "it is good to the end of its life");
    MockClock::advance(TICK);
    let late = bare_link(&mut game, 2);
    push(&mut game, late, &request(&tickets[1].token));
    game.room.update();
    assert!(answers(&mut game, late).is_empty());
    assert_eq!(refused(&game, Refused::Expired), 1);
    let ticket = game.reissue(2).expect("the seat is still theirs");
    game.join(ticket);
    game.until("the player drives by another ticket", |game| game.own(0).is_some());
}

/// Connections of netcode, also those that have lost their seats.
fn connections(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query_filtered::<(), (With<LinkOf>, With<Connected>)>().iter(world).count()
}

#[test]
fn l22_guests_who_come_back_again_and_again_keep_nobody_out() {
    let (mut game, mut tickets) = Match::prepared(3_600, &SEATS);
    let last = tickets.pop().expect("there should be a ticket for each seat");
    let mut gone = Vec::new();
    for round in 1..=8 {
        for ticket in tickets.drain(..) {
            game.join(ticket);
        }
        game.until("all of them are connected", |game| connections(game) == 5 * round);
        gone.append(&mut game.clients);
        for seat in 0..5 {
            tickets.push(game.reissue(seat).expect("the player should have a seat"));
        }
    }
    game.join(last);
    game.until("the sixth player drives", |game| game.own(0).is_some());
}

#[test]
fn t2_replayed_tickets_reach_decryption_and_are_refused() {
    let wanted = wanted("FOGLINE_REPLAYED", 600);
    let (mut game, mut tickets) = Match::prepared(3_600, &[0, 2]);
    let used = request(&tickets[0].token);
    let second = tickets.pop().expect("there should be two tickets");
    let first = tickets.pop().expect("there should be two tickets");
    game.join(first);
    game.until("the owner drives", |game| game.own(0).is_some());
    let owner = seated_link(&mut game);
    game.join(second);
    game.until("another player drives", |game| game.own(1).is_some());

    let mut thief = bare_link(&mut game, 9);
    push(&mut game, thief, &used);
    game.step();
    assert_eq!(refused(&game, Refused::Claimed), 1, "while the owner is here, nobody else may even ask");
    assert!(answers(&mut game, thief).is_empty() && game.own(0).is_some());

    drop(game.clients.remove(0));
    game.until("the owner is gone", |game| !lives(game, owner));
    let (mut sent, mut bytes) = (0, 0);
    while sent < wanted {
        if !lives(&game, thief) {
            thief = bare_link(&mut game, 9);
        }
        for _ in 0..A_STEP {
            push(&mut game, thief, &used);
            sent += 1;
        }
        game.step();
        bytes += answers(&mut game, thief).iter().map(Vec::len).sum::<usize>();
        assert!(game.room.world().get::<Connected>(thief).is_none(), "a thief was let in");
    }
    let denied = refused(&game, Refused::Denied);
    println!("\nfigure replayed_tickets_decrypted {denied}");
    assert_eq!(denied, sent, "every replay should be read and turned away");
    assert!(bytes * 20 < REQUEST * sent as usize, "{bytes} bytes were answered to {sent} requests");
    assert!(game.own(0).is_some(), "the other player should not be disturbed");
}

#[test]
fn t4_tickets_of_nine_other_rooms_are_refused() {
    let (mut game, _) = Match::prepared(60, &[0]);
    let pass = Pass { allocation: game.allocation, seat: seat(0), account: account(0) };
    for room in 1..10 {
        let elsewhere = Mint::new([room; 32]).expect("the key is not zero");
        let ticket = elsewhere.issue(pass, ([127, 0, 0, 1], 7000).into()).expect("a ticket should be made");
        let guest = bare_link(&mut game, room);
        push(&mut game, guest, &request(&ticket.token));
        game.step();
        assert!(answers(&mut game, guest).is_empty(), "room {room}'s ticket should not be answered");
    }
    assert_eq!(refused(&game, Refused::Ticket), 9);
}

#[test]
fn t4_ticket_that_was_stolen_first_leads_nobody_in_and_soon_serves_its_owner() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let thief = bare_link(&mut game, 1);
    push(&mut game, thief, &request(&tickets[0].token));
    game.step();
    assert_eq!(answers(&mut game, thief).len(), 1, "the thief gets a challenge that only the owner can read");
    game.until("the thief is gone", |game| !lives(game, thief));
    let ticket = tickets.into_iter().next().expect("there should be a ticket");
    game.join(ticket);
    game.until("the owner drives", |game| game.own(0).is_some());
}

#[test]
fn t5_answer_is_much_smaller_than_the_request() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let guest = bare_link(&mut game, 1);
    let request = request(&tickets[0].token);
    push(&mut game, guest, &request);
    game.step();
    let bytes: usize = answers(&mut game, guest).iter().map(Vec::len).sum();
    assert!(bytes > 0 && bytes * 100 <= request.len() * 35, "{bytes} bytes answer {}", request.len());
}

#[test]
fn l8_link_that_asks_and_never_answers_is_cleared_away() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let silent = bare_link(&mut game, 1);
    push(&mut game, silent, &request(&tickets[0].token));
    game.ticks(300);
    assert!(lives(&game, silent), "five seconds are the client's to answer");
    game.ticks(60);
    assert_eq!(links(&mut game), 0);
}

#[test]
fn l10_numbers_of_packets_go_on_after_connections_are_forgotten() {
    let (mut game, tickets) = Match::prepared(60, &[0]);
    let mut token = tickets[0].token.clone();
    let mut last = 0;
    for round in 0..3 {
        let guest = bare_link(&mut game, round);
        push(&mut game, guest, &request(&token));
        game.step();
        let answer = answers(&mut game, guest).pop().expect("a request should be answered");
        let width = usize::from(answer[0] >> 4);
        let number = answer[1..=width].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        assert!(number > last, "packet {number} was encrypted after packet {last} with the same key");
        last = number;
        game.until("netcode forgets everybody", |game| !lives(game, guest));
        token = game.reissue(0).expect("the player should have a seat").token;
    }
}
