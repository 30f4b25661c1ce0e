use game::protocol::{
    challenge::Bytes32,
    rating::Rating,
    ticket::{RoomAddresses, WebTransportAddress},
};

use super::*;

const START: Duration = Duration::from_secs(100);

fn ticket(number: u128) -> Ticket {
    let json = format!("\"{number:032x}\"");
    Ticket {
        match_id: serde_json::from_str(&json).expect("a uuid should be read"),
        seat: Seat::try_from(1_u8).expect("seat 1 should exist"),
        token: String::new(),
        addresses: RoomAddresses {
            udp: ([127, 0, 0, 1], 7000).into(),
            webtransport: WebTransportAddress {
                url: "https://127.0.0.1:7001".into(),
                digest: Bytes32([0; 32]),
            },
            websocket: "ws://127.0.0.1:7002".into(),
        },
    }
}

fn joined(transport: Transport) -> Course {
    let mut course = Course::new(transport);
    course.step(Sign::Found(ticket(1)), START);
    assert_eq!(course.step(Sign::Joined, START), [Step::Show(Turn::Joined)]);
    course
}

#[test]
fn second_ticket_for_a_joined_match_is_ignored() {
    let mut course = joined(Transport::Udp);
    assert_eq!(course.step(Sign::Found(ticket(1)), START), []);
    assert_eq!(course.step(Sign::Joined, START), []);
}

#[test]
fn web_transport_that_fails_gives_way_to_web_socket_with_a_fresh_ticket() {
    let mut course = Course::new(Transport::WebTransport);
    course.step(Sign::Found(ticket(1)), START);
    let lost = Sign::Lost("no QUIC here".into());
    assert_eq!(course.step(lost, START), [Step::AskTicket(ticket(1).match_id)]);
    assert_eq!(course.step(Sign::Found(ticket(1)), START), [Step::Dial(ticket(1), Transport::WebSocket)]);
    assert_eq!(course.transport(), Transport::WebSocket);
}

#[test]
fn lost_match_is_tried_again_for_as_long_as_the_seat_is_held() {
    let mut course = joined(Transport::Udp);
    assert_eq!(course.patience(START), None);
    let mut now = START;
    let mut tries = 0;
    loop {
        let steps = course.step(Sign::Lost("gone".into()), now);
        if steps.first() == Some(&Step::HangUp) {
            assert_eq!(steps.last(), Some(&Step::Show(Turn::Home)));
            break;
        }
        assert_eq!(steps, [], "try {tries} should pause");
        assert!(course.interrupted());
        assert_eq!(course.patience(now), Some(START + HELD - now));
        now = (now + LONGEST_PAUSE).min(START + HELD);
        assert_eq!(course.step(Sign::Time, now), [Step::AskTicket(ticket(1).match_id)]);
        let dial = course.step(Sign::Found(ticket(1)), now);
        assert_eq!(dial, [Step::Dial(ticket(1), Transport::Udp)]);
        tries += 1;
    }
    assert!(now >= START + HELD && tries >= 15, "gave up after {tries} tries");
    assert_eq!((course.seat(), course.patience(now)), (None, None));
}

#[test]
fn match_that_is_joined_again_has_its_whole_patience_again() {
    let mut course = joined(Transport::Udp);
    course.step(Sign::Lost("gone".into()), START);
    course.step(Sign::Time, START + FIRST_PAUSE);
    course.step(Sign::Found(ticket(1)), START + FIRST_PAUSE);
    assert_eq!(course.step(Sign::Joined, START + FIRST_PAUSE), [Step::Show(Turn::Joined)]);
    let later = START + HELD;
    assert_eq!(course.patience(later), None);
    assert_eq!(course.step(Sign::Lost("gone again".into()), later), []);
    assert_eq!(course.patience(later), Some(HELD));
}

#[test]
fn time_that_the_client_slept_through_does_not_count() {
    let mut course = joined(Transport::Udp);
    course.step(Sign::Time, START);
    course.step(Sign::Lost("gone".into()), START);
    let woken = START + 5 * HELD;
    assert_eq!(course.step(Sign::Time, woken), [Step::AskTicket(ticket(1).match_id)]);
    assert_eq!(course.patience(woken), Some(HELD));
    let dial = course.step(Sign::Found(ticket(1)), woken);
    assert_eq!(dial, [Step::Dial(ticket(1), Transport::Udp)]);
    assert_eq!(course.step(Sign::Joined, woken), [Step::Show(Turn::Joined)]);
}

#[test]
fn silent_hub_counts_as_a_failed_try() {
    let mut course = joined(Transport::Udp);
    course.step(Sign::Lost("gone".into()), START);
    let asked = START + Duration::from_secs(1);
    course.step(Sign::Time, asked);
    assert_eq!(course.step(Sign::Time, asked + TICKET_PATIENCE), []);
    let again = asked + TICKET_PATIENCE + Duration::from_secs(1);
    assert_eq!(course.step(Sign::Time, again), [Step::AskTicket(ticket(1).match_id)]);
}

#[test]
fn end_is_shown_once_however_it_is_told() {
    let result = MatchResult { amber: 2, azure: 1, ticks: 60, seats: Vec::new() };
    let rating = RatingChange::Rated { before: Rating(1000), after: Rating(1012) };
    let record = Step::Record(ticket(1).match_id, result.clone(), rating.clone());
    let mut course = joined(Transport::Udp);
    let steps = course.step(Sign::Over([2, 1]), START);
    assert!(matches!(&steps[..], [Step::Score(_), Step::HangUp, Step::Show(Turn::Over)]));
    let ended = Sign::Ended(ticket(1).match_id, result.clone(), rating.clone());
    assert_eq!(course.step(ended, START), [record]);
    assert_eq!(course.step(Sign::Lost("closed".into()), START), []);

    let mut course = joined(Transport::Udp);
    let steps = course.step(Sign::Ended(ticket(1).match_id, result, rating), START);
    assert_eq!(steps.len(), 4, "score, hang-up, screen and record: {steps:?}");
}

#[test]
fn void_match_leads_home_with_the_reason() {
    let mut course = joined(Transport::Udp);
    let steps = course.step(Sign::Void(ticket(1).match_id, "The room was lost.".into()), START);
    let [Step::HangUp, Step::Tell(notice), Step::Show(Turn::Home)] = &steps[..] else {
        panic!("a void match should lead home: {steps:?}");
    };
    assert!(notice.starts_with("The room was lost. Match void:"), "the notice should say why: {notice}");
    let steps = course.step(Sign::Void(ticket(2).match_id, "late".into()), START);
    let stays = matches!(&steps[..], [Step::Annul(..), Step::Tell(_)]);
    assert!(stays, "an old match should change no screen: {steps:?}");
}

#[test]
fn room_that_is_away_for_a_moment_is_waited_for() {
    let mut course = joined(Transport::Udp);
    course.step(Sign::Lost("closed".into()), START);
    let later = START + Duration::from_secs(1);
    assert_eq!(course.step(Sign::Time, later), [Step::AskTicket(ticket(1).match_id)]);
    assert_eq!(course.step(Sign::NotYet("away".into()), later), []);
    let again = later + Duration::from_secs(2);
    assert_eq!(course.step(Sign::Time, again), [Step::AskTicket(ticket(1).match_id)]);
}
