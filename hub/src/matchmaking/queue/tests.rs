mod walk;

use protocol::key::MapId;
use uuid::Uuid;

use super::*;
use crate::matchmaking::mode::Mode;

const GRACE: Duration = Duration::from_secs(10);
const BOTS_AFTER: Duration = Duration::from_secs(5);

/// `quick` has three a side and bots, `duel` one, `squad` four, both without.
fn queue() -> Queue {
    let modes = vec![mode("quick", 3, Some(BOTS_AFTER)), mode("duel", 1, None), mode("squad", 4, None)];
    Queue::new(Modes::new(modes).expect("the modes should be good"), GRACE)
}

fn mode(id: &str, team_size: u8, bots_after: Option<Duration>) -> Mode {
    Mode {
        id: mode_id(id),
        name: id.to_owned(),
        about: "A way to play.".to_owned(),
        order: 0,
        team_size,
        maps: vec![MapId::try_from("crossing".to_owned()).expect("the map's id should be one")],
        match_seconds: 60,
        bots_after,
        ready: None,
        fills_running: false,
        rating_window: 100.0,
        rating_window_per_second: 10.0,
    }
}

fn mode_id(id: &str) -> ModeId {
    ModeId::try_from(id.to_owned()).expect("the mode's id should be one")
}

fn content() -> Content {
    Content::of(b"content")
}

fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

fn accounts(numbers: impl IntoIterator<Item = u128>) -> Vec<AccountId> {
    numbers.into_iter().map(account).collect()
}

/// Average players; more than one are a party.
fn group(mode: &str, numbers: impl IntoIterator<Item = u128>, since: Instant) -> Group {
    let member = |number| Waiting { account: account(number), rating: 1000.0, away: None };
    let members = numbers.into_iter().map(member).collect::<Vec<_>>();
    let party = (members.len() > 1).then(|| PartyId(members[0].account.0));
    Group { members, party, mode: mode_id(mode), content: content(), since, in_front: false }
}

fn rated(mode: &str, number: u128, rating: f64, since: Instant) -> Group {
    let mut group = group(mode, [number], since);
    group.members[0].rating = rating;
    group
}

fn with_rooms(queue: &mut Queue, now: Instant) -> Stepped {
    queue.step(now, &mut |_, _| true)
}

fn without_rooms(queue: &mut Queue, now: Instant) -> Stepped {
    queue.step(now, &mut |_, _| false)
}

fn sorted(lineup: &Lineup) -> Vec<AccountId> {
    let mut accounts = lineup.accounts();
    accounts.sort();
    accounts
}

fn in_order(queue: &Queue) -> Vec<AccountId> {
    queue.groups().flat_map(Group::accounts).collect()
}

#[test]
fn a_full_match_is_formed_at_once_from_those_who_came_first() {
    let (mut queue, now) = (queue(), Instant::now());
    for number in 0..7 {
        assert!(queue.join(group("quick", [number], now)));
    }
    let stepped = with_rooms(&mut queue, now);
    assert_eq!(stepped.formed.iter().map(sorted).collect::<Vec<_>>(), [accounts(0..6)]);
    assert_eq!((stepped.formed[0].amber.len(), stepped.formed[0].azure.len()), (3, 3));
    assert_eq!(in_order(&queue), accounts([6]));
}

#[test]
fn bots_come_when_the_first_has_waited_long_enough() {
    let (mut queue, now) = (queue(), Instant::now());
    let later = now + Duration::from_secs(4);
    queue.join(rated("quick", 0, 1000.0, now));
    queue.join(rated("quick", 1, 3000.0, later));
    assert!(with_rooms(&mut queue, later).formed.is_empty());
    let formed = with_rooms(&mut queue, now + BOTS_AFTER).formed;
    assert_eq!(sorted(&formed[0]), accounts(0..2), "people come before bots, whatever their rating");
    assert_eq!((formed[0].amber.len(), formed[0].azure.len()), (1, 1));
}

#[test]
fn without_bots_a_match_waits_for_people() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("duel", [0], now));
    let hours_later = now + Duration::from_secs(7200);
    assert!(with_rooms(&mut queue, hours_later).formed.is_empty());
    queue.join(group("duel", [1], hours_later));
    assert_eq!(with_rooms(&mut queue, hours_later).formed.len(), 1);
}

#[test]
fn everybody_keeps_the_place_while_no_room_is_free() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", [0], now));
    queue.join(group("quick", [1], now));
    let due = now + BOTS_AFTER;
    let stepped = without_rooms(&mut queue, due);
    assert!(stepped.formed.is_empty());
    let standing = Standing { waiting: 2, note: QueueNote::Room, waited: BOTS_AFTER, estimate: None };
    let told = accounts(0..2).into_iter().map(|account| (account, mode_id("quick"), standing));
    assert_eq!(stepped.tell, told.collect::<Vec<_>>());
    assert!(without_rooms(&mut queue, due).tell.is_empty(), "what did not change is not told again");
    assert_eq!(sorted(&with_rooms(&mut queue, due).formed[0]), accounts(0..2));
}

#[test]
fn who_could_not_play_anyway_does_not_wait_for_a_room() {
    let (mut queue, now) = (queue(), Instant::now());
    for number in 0..3 {
        queue.join(group("duel", [number], now));
    }
    without_rooms(&mut queue, now);
    let notes = accounts(0..3)
        .into_iter()
        .filter_map(|account| queue.standing(account, now, false).map(|standing| standing.note))
        .collect::<Vec<_>>();
    assert_eq!(notes, [QueueNote::Room, QueueNote::Room, QueueNote::Players]);
}

#[test]
fn a_room_that_is_too_small_for_one_mode_may_do_for_another() {
    let (mut queue, now) = (queue(), Instant::now());
    for number in 0..12 {
        queue.join(group("quick", [number], now));
    }
    queue.join(group("duel", [20], now));
    queue.join(group("duel", [21], now));
    let mut asked = Vec::new();
    let stepped = queue.step(now, &mut |_, seats| {
        asked.push(seats);
        seats <= 2
    });
    assert_eq!(asked, [6, 2], "where there is no room it is not asked twice");
    assert_eq!(stepped.formed.iter().map(sorted).collect::<Vec<_>>(), [accounts(20..22)]);
}

#[test]
fn nobody_waits_twice() {
    let (mut queue, now) = (queue(), Instant::now());
    assert!(queue.join(group("quick", [0], now)));
    assert!(!queue.join(group("duel", [0], now)));
    assert!(!queue.join(group("quick", [1, 0], now)));
    queue.put_back(vec![group("quick", [0, 2], now)]);
    assert_eq!((queue.count(), queue.waiting(&mode_id("quick"))), (2, 2));
    assert!(queue.holds(account(2)), "who does not wait yet is not lost");
}

#[test]
fn a_group_that_does_not_fit_on_a_side_cannot_join() {
    let (mut queue, now) = (queue(), Instant::now());
    assert!(!queue.join(group("duel", 0..2, now)));
    assert!(!queue.join(group("quick", [], now)));
    assert!(!queue.join(group("chess", [0], now)));
    assert_eq!(queue.count(), 0);
}

#[test]
fn the_innocent_go_to_the_front_with_their_time() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", [2], now));
    queue.put_back(vec![group("quick", [0], now + Duration::from_secs(1))]);
    queue.put_back(vec![group("quick", [1], now + Duration::from_secs(2))]);
    assert_eq!(in_order(&queue), accounts([0, 1, 2]));
    let at = now + Duration::from_secs(3);
    let waited = queue.standing(account(0), at, true).map(|standing| standing.waited);
    assert_eq!(waited, Some(Duration::from_secs(2)));
}

#[test]
fn who_leaves_takes_the_party_along() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", 0..3, now));
    assert_eq!(queue.leave(account(1)), Some(group("quick", 0..3, now)));
    assert_eq!(queue.leave(account(0)), None);
    assert_eq!((queue.count(), queue.waiting(&mode_id("quick"))), (0, 0));
}

#[test]
fn a_group_whose_member_is_away_too_long_has_left() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("squad", 0..2, now));
    queue.join(group("squad", [2], now));
    for number in 1..3 {
        queue.away(account(number), now);
    }
    queue.back(account(2), &content());
    let just_before = now + GRACE - Duration::from_millis(1);
    assert!(with_rooms(&mut queue, just_before).gone.is_empty());
    let gone = with_rooms(&mut queue, now + GRACE).gone;
    assert_eq!(gone.iter().flat_map(Group::accounts).collect::<Vec<_>>(), accounts(0..2));
    assert_eq!(in_order(&queue), accounts([2]));
}

#[test]
fn who_is_away_gets_no_seat_but_keeps_the_place() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", [0], now));
    queue.join(group("quick", [1], now));
    queue.away(account(0), now + Duration::from_secs(1));
    let formed = with_rooms(&mut queue, now + BOTS_AFTER).formed;
    assert_eq!(formed.iter().map(sorted).collect::<Vec<_>>(), [accounts([1])]);
    assert!(queue.holds(account(0)));
}

#[test]
fn a_party_stays_on_one_side() {
    let (mut queue, now) = (queue(), Instant::now());
    for numbers in [vec![0], vec![1, 2], vec![3, 4], vec![5]] {
        queue.join(group("quick", numbers, now));
    }
    let formed = with_rooms(&mut queue, now).formed;
    assert_eq!(sorted(&formed[0]), accounts(0..6));
    for side in [&formed[0].amber, &formed[0].azure] {
        assert_eq!(side.iter().map(|group| group.members.len()).sum::<usize>(), 3);
    }
}

#[test]
fn sides_are_found_where_taking_everybody_in_order_would_not_fit() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("squad", [0], now));
    queue.join(group("squad", 10..12, now));
    queue.join(group("squad", 20..23, now));
    queue.join(group("squad", 30..34, now));
    let formed = with_rooms(&mut queue, now).formed;
    assert_eq!(sorted(&formed[0]), accounts([0, 20, 21, 22, 30, 31, 32, 33]));
    assert_eq!(in_order(&queue), accounts(10..12));
}

#[test]
fn people_who_come_alone_do_not_overtake_a_party() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", 0..3, now));
    for number in 3..9 {
        queue.join(group("quick", [number], now));
    }
    let formed = with_rooms(&mut queue, now).formed;
    assert_eq!(formed.iter().map(sorted).collect::<Vec<_>>(), [accounts(0..6)]);
}

#[test]
fn only_equal_content_meets() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("duel", [0], now));
    queue.join(Group { content: Content::of(b"newer"), ..group("duel", [1], now) });
    assert!(with_rooms(&mut queue, now).formed.is_empty());
    queue.back(account(1), &content());
    assert_eq!(with_rooms(&mut queue, now).formed.len(), 1, "the newest socket's content counts");
}

#[test]
fn a_party_plays_with_what_its_newest_socket_has() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", 0..2, now));
    let newer = Content::of(b"newer");
    queue.back(account(1), &newer);
    assert_eq!(queue.group_of(account(0)).map(|group| group.content.clone()), Some(newer));
}

#[test]
fn the_rating_window_widens_while_somebody_waits() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(rated("duel", 0, 1000.0, now));
    let came = now + Duration::from_secs(15);
    queue.join(rated("duel", 1, 1300.0, came));
    assert!(with_rooms(&mut queue, now + Duration::from_secs(19)).formed.is_empty());
    assert_eq!(with_rooms(&mut queue, now + Duration::from_secs(20)).formed.len(), 1);
}

#[test]
fn a_new_rating_counts_at_once() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(rated("duel", 0, 1000.0, now));
    queue.join(rated("duel", 1, 1300.0, now));
    queue.set_rating(account(1), 1050.0);
    assert_eq!(with_rooms(&mut queue, now).formed.len(), 1);
}

#[test]
fn amber_sits_on_even_seats() {
    let now = Instant::now();
    let (amber, azure) = (vec![group("quick", 0..2, now)], vec![group("quick", [2], now)]);
    let lineup = Lineup { mode: mode_id("quick"), content: content(), amber, azure };
    let seats = lineup.seats().into_iter().map(|(account, seat)| (account, seat.index()));
    assert_eq!(seats.collect::<Vec<_>>(), [(account(0), 0), (account(1), 2), (account(2), 1)]);
}

#[test]
fn the_estimate_is_never_more_than_the_time_until_bots_come() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("quick", [0], now));
    let estimate = |queue: &Queue, seconds, room_free| {
        let at = now + Duration::from_secs(seconds);
        queue.standing(account(0), at, room_free).and_then(|standing| standing.estimate)
    };
    assert_eq!(estimate(&queue, 2, true), Some(Duration::from_secs(3)));
    assert_eq!(estimate(&queue, 60, true), Some(Duration::from_secs(1)));
    assert_eq!(estimate(&queue, 2, false), None, "without a room bots are no promise");
}

#[test]
fn without_bots_the_estimate_is_what_others_waited() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.join(group("duel", [0], now));
    assert_eq!(queue.standing(account(0), now, true).and_then(|standing| standing.estimate), None);
    let later = now + Duration::from_secs(40);
    queue.join(group("duel", [1], now));
    assert_eq!(with_rooms(&mut queue, later).formed.len(), 1);
    queue.join(group("duel", [2], later));
    let standing = queue.standing(account(2), later + Duration::from_secs(10), true);
    assert_eq!(standing.and_then(|standing| standing.estimate), Some(Duration::from_secs(30)));
}

#[test]
fn who_was_put_back_does_not_count_as_a_wait() {
    let (mut queue, now) = (queue(), Instant::now());
    queue.put_back(vec![group("duel", [0], now), group("duel", [1], now)]);
    let later = now + Duration::from_secs(300);
    assert_eq!(with_rooms(&mut queue, later).formed.len(), 1);
    queue.join(group("duel", [2], later));
    assert_eq!(queue.standing(account(2), later, true).and_then(|standing| standing.estimate), None);
}

#[test]
fn everybody_is_told_on_joining_on_a_change_and_now_and_then() {
    let (mut queue, now) = (queue(), Instant::now());
    let told = |stepped: Stepped| stepped.tell.into_iter().map(|(account, ..)| account).collect::<Vec<_>>();
    queue.join(group("duel", [0], now));
    assert_eq!(told(without_rooms(&mut queue, now)), accounts([0]));
    assert_eq!(told(without_rooms(&mut queue, now + Duration::from_secs(4))), accounts([]));
    assert_eq!(told(without_rooms(&mut queue, now + Duration::from_secs(5))), accounts([0]));
    let later = now + Duration::from_secs(6);
    queue.join(group("squad", [1], later));
    assert_eq!(told(without_rooms(&mut queue, later)), accounts([1]), "another mode is another queue");
    queue.join(group("duel", [2], later));
    assert_eq!(told(without_rooms(&mut queue, later)), accounts([0, 2]));
    queue.away(account(0), later);
    queue.back(account(0), &content());
    assert_eq!(told(without_rooms(&mut queue, later)), accounts([0]), "a new socket knows nothing yet");
}
