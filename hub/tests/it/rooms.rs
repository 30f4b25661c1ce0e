use std::time::Duration;

use hub::config::Timings;
use protocol::{
    VERSION,
    hub::{FromHub, ToHub},
    id::{Epoch, MatchId, Team},
    key::Content,
    refusal::Refusal,
    registry::{Allocation, ToRegistry},
    result::MatchResult,
};
use uuid::Uuid;

use crate::support::{
    Asked, HOST_KEY, Player, Room, Setup, TestHub, addresses, content, mode, registration, result, timings,
};

/// Two players and a room whose match has begun.
pub async fn begun(hub: &TestHub) -> (Player, Player, Room, Asked) {
    let mut room = hub.room().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    let asked = begin(&mut ann, &mut bob, &mut room).await;
    (ann, bob, room, asked)
}

pub async fn begin(ann: &mut Player, bob: &mut Player, room: &mut Room) -> Asked {
    ann.join_queue().await;
    bob.join_queue().await;
    begin_queued(ann, bob, room).await
}

async fn begin_queued(ann: &mut Player, bob: &mut Player, room: &mut Room) -> Asked {
    let asked = room.asked().await;
    assert_eq!(asked.players.len(), 2, "both should have been waiting: {:?}", asked.players);
    room.prepare(&asked).await;
    for player in [ann, bob] {
        let ticket = player.ticket().await;
        assert_eq!(ticket.match_id, asked.allocation.match_id);
        assert_eq!(ticket.addresses, addresses());
    }
    asked
}

/// Time for two to queue before bots fill up.
pub fn unhurried() -> Setup {
    Setup { bots_after: Duration::from_secs(1), ..Setup::default() }
}

#[tokio::test]
async fn wrong_host_key_is_refused() {
    let hub = TestHub::start().await;
    let mut socket = hub.room_socket().await;
    socket.send(&registration("another key of thirty-two chars!", None)).await;
    assert_eq!(socket.refusal().await, Refusal::WrongHostKey);
}

#[tokio::test]
async fn f19_room_of_another_version_or_with_a_bad_address_is_refused() {
    let hub = TestHub::start().await;
    let register = |protocol, websocket: &str| {
        let mut addresses = addresses();
        addresses.websocket = websocket.to_owned();
        ToRegistry::Register {
            protocol,
            content: content(),
            host_key: HOST_KEY.to_owned(),
            capacity: 6,
            addresses,
            playing: None,
        }
    };
    let mut socket = hub.room_socket().await;
    socket.send(&register(VERSION + 1, "ws://127.0.0.1:1")).await;
    assert!(matches!(socket.refusal().await, Refusal::WrongVersion { .. }));
    let mut socket = hub.room_socket().await;
    socket.send(&register(VERSION, "ws://127.0.0.1:1; script-src *")).await;
    assert!(matches!(socket.refusal().await, Refusal::BadMessage { .. }));
}

#[tokio::test]
async fn match_is_played_and_recorded_once_for_each_player() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, mut bob, mut room, asked) = begun(&hub).await;
    assert_eq!(asked.players[0].seat.team(), Team::Amber);
    assert_eq!(asked.players[1].seat.team(), Team::Azure);

    room.report(&asked).await;
    assert_eq!(room.receipt().await, asked.allocation);
    for player in [&mut ann, &mut bob] {
        assert_eq!(player.match_ended().await, result(&asked));
        let rows = hub.history(&player.bearer).await;
        assert_eq!(rows.len(), 1, "a match should be one row: {rows:?}");
        assert_eq!((rows[0].amber, rows[0].azure), (5, 3));
        assert_eq!((rows[0].kills, rows[0].deaths), (2, 1));
        assert_eq!(rows[0].void_reason, None);
    }
}

#[tokio::test]
async fn f15_repeated_result_gets_the_same_receipt_and_changes_nothing() {
    let hub = TestHub::start_with(unhurried()).await;
    let (ann, _bob, mut room, asked) = begun(&hub).await;
    for _ in 0..3 {
        room.report(&asked).await;
        assert_eq!(room.receipt().await, asked.allocation);
    }
    assert_eq!(hub.history(&ann.bearer).await.len(), 1);
}

#[tokio::test]
async fn room_plays_two_matches_in_a_row() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, mut bob, mut room, first) = begun(&hub).await;
    room.report(&first).await;
    room.receipt().await;
    ann.match_ended().await;
    bob.match_ended().await;
    room.socket.send(&ToRegistry::Free { allocation: first.allocation }).await;

    let second = begin(&mut ann, &mut bob, &mut room).await;
    assert_ne!(first.allocation.match_id, second.allocation.match_id);
    assert!(first.allocation.epoch < second.allocation.epoch);
    room.report(&second).await;
    room.receipt().await;
    ann.match_ended().await;
    assert_eq!(hub.history(&ann.bearer).await.len(), 2);
    assert_eq!(hub.history(&bob.bearer).await.len(), 2);
}

#[tokio::test]
async fn f3_match_of_a_lost_room_is_void_and_its_players_queue_again() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, mut bob, room, _asked) = begun(&hub).await;
    drop(room);
    for player in [&mut ann, &mut bob] {
        let reason = player.match_void().await;
        assert_eq!(reason, "The room was lost.");
        assert_eq!(player.queued().await, 2);
        let rows = hub.history(&player.bearer).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].void_reason.as_deref(), Some(reason.as_str()));
    }
    let mut other = hub.room().await;
    begin_queued(&mut ann, &mut bob, &mut other).await;
}

#[tokio::test]
async fn room_that_comes_back_in_time_keeps_its_match() {
    let timings = Timings { room_return: Duration::from_secs(15), ..timings() };
    let hub = TestHub::start_with(Setup { timings, ..unhurried() }).await;
    let (mut ann, _bob, room, asked) = begun(&hub).await;
    drop(room);
    let mut room = Room::register(&hub, Some(asked.allocation)).await;
    room.report(&asked).await;
    assert_eq!(room.receipt().await, asked.allocation);
    ann.match_ended().await;
    assert_eq!(hub.history(&ann.bearer).await[0].void_reason, None);
}

#[tokio::test]
async fn f1_match_goes_on_over_a_restart_of_the_hub() {
    let hub = TestHub::start_with(unhurried()).await;
    let (ann, bob, _room, asked) = begun(&hub).await;
    let hub = hub.restart().await;

    let mut room = Room::register(&hub, Some(asked.allocation)).await;
    let mut ann = ann.again(&hub).await;
    assert_eq!(room.reissue(&asked).await, ann.account);
    assert_eq!(ann.ticket().await.match_id, asked.allocation.match_id);

    room.report(&asked).await;
    assert_eq!(room.receipt().await, asked.allocation);
    assert_eq!(ann.match_ended().await, result(&asked));
    assert_eq!(hub.history(&ann.bearer).await.len(), 1);
    assert_eq!(hub.history(&bob.bearer).await.len(), 1);
}

#[tokio::test]
async fn f2_result_that_was_recorded_before_a_restart_gets_its_receipt() {
    let hub = TestHub::start_with(unhurried()).await;
    let (ann, _bob, mut room, asked) = begun(&hub).await;
    room.report(&asked).await;
    room.receipt().await;
    let hub = hub.restart().await;
    let mut room = Room::register(&hub, Some(asked.allocation)).await;
    assert_eq!(room.receipt().await, asked.allocation);
    assert_eq!(hub.history(&ann.bearer).await.len(), 1);
}

#[tokio::test]
async fn match_whose_room_misses_the_restart_is_void() {
    let timings = Timings { restart_return: Duration::from_secs(3), ..timings() };
    let hub = TestHub::start_with(Setup { timings, ..unhurried() }).await;
    let (ann, _bob, _room, _asked) = begun(&hub).await;
    let hub = hub.restart().await;
    let mut ann = ann.again(&hub).await;
    ann.match_void().await;
    let rows = hub.history(&ann.bearer).await;
    let reason = rows[0].void_reason.as_deref();
    assert_eq!(reason, Some("The hub restarted and the room did not come back."));
}

#[tokio::test]
async fn match_that_the_hub_does_not_know_is_cancelled() {
    let hub = TestHub::start().await;
    let stray = Allocation { match_id: MatchId(Uuid::now_v7()), epoch: Epoch(3) };
    let mut room = Room::register(&hub, Some(stray)).await;
    assert_eq!(room.cancelled().await, stray);
}

#[tokio::test]
async fn slow_room_is_passed_over_and_its_late_answer_ignored() {
    let timings = Timings { prepare: Duration::from_millis(500), ..timings() };
    let hub = TestHub::start_with(timings).await;
    let (mut first, mut second) = (hub.room().await, hub.room().await);
    let mut ann = hub.player().await;
    ann.join_queue().await;

    let slow = first.asked().await;
    assert_eq!(first.cancelled().await, slow.allocation);
    let next = second.asked().await;
    assert!(next.allocation.epoch > slow.allocation.epoch);

    second.prepare(&next).await;
    assert_eq!(ann.ticket().await.match_id, next.allocation.match_id);
    first.prepare(&slow).await;
    assert_eq!(first.cancelled().await, slow.allocation, "a late answer should be cancelled");
}

#[tokio::test]
async fn room_that_declines_is_passed_over() {
    let hub = TestHub::start().await;
    let (mut first, mut second) = (hub.room().await, hub.room().await);
    let mut ann = hub.player().await;
    ann.join_queue().await;
    let declined = first.asked().await.allocation;
    let reason = "no memory left".to_owned();
    first.socket.send(&ToRegistry::Declined { allocation: declined, reason }).await;
    let next = second.asked().await;
    assert!(next.allocation.epoch > declined.epoch);
    second.prepare(&next).await;
    ann.ticket().await;
}

#[tokio::test]
async fn t26_result_with_a_changed_roster_makes_the_match_void() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    let mut forged = result(&asked);
    forged.seats[0].account = None;
    let report = ToRegistry::Result { allocation: asked.allocation, result: forged };
    room.socket.send(&report).await;
    assert_eq!(room.cancelled().await, asked.allocation);
    assert!(ann.match_void().await.contains("did not fit"));
}

#[tokio::test]
async fn player_in_a_match_gets_a_new_ticket_for_it_alone() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    let match_id = asked.allocation.match_id;
    ann.socket.send(&ToHub::ReissueTicket { match_id }).await;
    assert_eq!(room.reissue(&asked).await, ann.account);
    assert_eq!(ann.ticket().await.match_id, match_id);

    let unknown = MatchId(Uuid::now_v7());
    ann.socket.send(&ToHub::ReissueTicket { match_id: unknown }).await;
    assert_eq!(ann.socket.declined().await, Refusal::NoSuchMatch);
}

#[tokio::test]
async fn play_leads_back_into_a_running_match() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    ann.socket.send(&ToHub::JoinQueue { mode: mode("quick") }).await;
    assert_eq!(room.reissue(&asked).await, ann.account);
    assert_eq!(ann.ticket().await.match_id, asked.allocation.match_id);
}

#[tokio::test]
async fn everybody_waits_while_there_is_no_room() {
    let hub = TestHub::start().await;
    let mut ann = hub.player().await;
    ann.join_queue().await;
    ann.socket
        .until(|message| match message {
            FromHub::Queued { waiting: 1, note: protocol::hub::QueueNote::Room, .. } => Some(()),
            _ => None,
        })
        .await;
    let mut room = hub.room().await;
    let asked = room.asked().await;
    room.prepare(&asked).await;
    ann.ticket().await;
}

#[tokio::test]
async fn silent_room_is_lost() {
    let timings = Timings { room_silence: Duration::from_millis(500), ..timings() };
    let hub = TestHub::start_with(timings).await;
    let mut room = hub.room().await;
    assert_eq!(room.socket.refusal().await, Refusal::TooSlow);
}

#[tokio::test]
async fn f19_player_with_another_build_gets_no_ticket_for_a_running_match() {
    let hub = TestHub::start_with(unhurried()).await;
    let (ann, _bob, _room, _asked) = begun(&hub).await;
    let mut newer = ann.again_with(&hub, Content::of(b"newer rules")).await;
    assert!(matches!(newer.socket.declined().await, Refusal::WrongContent { .. }));
}

#[tokio::test]
async fn room_that_repeats_an_old_free_keeps_its_match() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, mut bob, mut room, first) = begun(&hub).await;
    room.report(&first).await;
    room.receipt().await;
    ann.match_ended().await;
    bob.match_ended().await;
    let free = ToRegistry::Free { allocation: first.allocation };
    room.socket.send(&free).await;
    let second = begin(&mut ann, &mut bob, &mut room).await;
    room.socket.send(&free).await;
    room.report(&second).await;
    assert_eq!(room.receipt().await, second.allocation);
}

#[tokio::test]
async fn room_that_drains_by_itself_gets_no_match() {
    let hub = TestHub::start().await;
    let mut leaving = hub.room().await;
    leaving.socket.send(&ToRegistry::Draining {}).await;
    // What comes behind it is answered, so it was heard.
    let stray = Allocation { match_id: MatchId(Uuid::now_v7()), epoch: Epoch(3) };
    let nobodys = MatchResult { amber: 0, azure: 0, ticks: 300, seats: Vec::new() };
    leaving.socket.send(&ToRegistry::Result { allocation: stray, result: nobodys }).await;
    assert_eq!(leaving.cancelled().await, stray);

    let mut staying = hub.room().await;
    let mut ann = hub.player().await;
    ann.join_queue().await;
    let asked = staying.asked().await;
    staying.prepare(&asked).await;
    assert_eq!(ann.ticket().await.match_id, asked.allocation.match_id);
}
