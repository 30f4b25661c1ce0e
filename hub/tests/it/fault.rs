//! What the hub promises when something fails; the ids are those of the fault table.

use std::time::Duration;

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use hub::config::Timings;
use protocol::refusal::Refusal;
use reqwest::StatusCode;

use crate::{
    rooms::{begun, unhurried},
    support::{Folder, Room, Setup, TestHub, timings},
};

#[tokio::test]
async fn f2_result_of_a_later_process_of_the_host_is_recorded() {
    let timings = Timings { room_return: Duration::from_secs(15), ..timings() };
    let hub = TestHub::start_with(Setup { timings, ..unhurried() }).await;
    let (mut ann, _bob, room, asked) = begun(&hub).await;
    drop(room);
    let mut later = hub.room().await;
    later.report(&asked).await;
    assert_eq!(later.receipt().await, asked.allocation);
    ann.match_ended().await;
    assert_eq!(hub.history(&ann.bearer).await.len(), 1);
}

#[tokio::test]
async fn f4_room_that_hung_is_fenced_when_it_wakes() {
    let timings = Timings { room_silence: Duration::from_secs(4), ..timings() };
    let hub = TestHub::start_with(Setup { timings, ..unhurried() }).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    assert_eq!(room.socket.refusal().await, Refusal::TooSlow);
    assert_eq!(ann.match_void().await, "The room went silent.");
    let mut woken = Room::register(&hub, Some(asked.allocation)).await;
    assert_eq!(woken.cancelled().await, asked.allocation);
    woken.report(&asked).await;
    assert_eq!(woken.cancelled().await, asked.allocation, "a fenced result is refused");
    let rows = hub.history(&ann.bearer).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].void_reason.as_deref(), Some("The room went silent."));
}

#[tokio::test]
async fn f5_locked_database_delays_a_result_and_loses_none() {
    let folder = Folder::new();
    let file = folder.path().join("locked.db");
    let database = Some(format!("sqlite://{}", file.display()));
    let hub = TestHub::start_with(Setup { database, ..unhurried() }).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    let mut other =
        SqliteConnection::establish(&file.display().to_string()).expect("a second connection should open");
    other.batch_execute("BEGIN IMMEDIATE").expect("the lock should be taken");
    room.report(&asked).await;
    assert!(hub.history(&ann.bearer).await.is_empty(), "reading goes on beside the lock");
    other.batch_execute("ROLLBACK").expect("the lock should be given back");
    room.report(&asked).await;
    assert_eq!(room.receipt().await, asked.allocation);
    ann.match_ended().await;
    assert_eq!(hub.history(&ann.bearer).await.len(), 1);
}

#[tokio::test]
async fn f7_crowd_at_a_slow_database_is_shed_and_the_lobby_answers() {
    let folder = Folder::new();
    let file = folder.path().join("slow.db");
    let database = Some(format!("sqlite://{}", file.display()));
    let hub = TestHub::start_with(Setup { database, ..Setup::default() }).await;
    let mut ann = hub.player().await;
    let mut other =
        SqliteConnection::establish(&file.display().to_string()).expect("a second connection should open");
    other.batch_execute("BEGIN IMMEDIATE").expect("the lock should be taken");
    let crowd = (0..160).map(|_| hub.http.post(hub.url("/api/v1/guest")).send()).collect::<Vec<_>>();
    let crowd = crowd.into_iter().map(tokio::spawn).collect::<Vec<_>>();
    ann.join_queue().await;
    other.batch_execute("ROLLBACK").expect("the lock should be given back");
    let mut shed = 0;
    for visitor in crowd {
        let answer = visitor.await.expect("a visitor should not panic").expect("the hub should answer");
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(answer.headers().contains_key("retry-after"));
                shed += 1;
            }
            other => panic!("a visitor should be served or shed, not {other}"),
        }
    }
    assert!(shed > 0, "somebody should have been shed");
}

#[tokio::test]
async fn t26_result_of_another_room_is_refused_and_disturbs_nobody() {
    let hub = TestHub::start_with(unhurried()).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    let mut thief = hub.room().await;
    thief.report(&asked).await;
    room.report(&asked).await;
    assert_eq!(room.receipt().await, asked.allocation);
    ann.match_ended().await;
    assert_eq!(hub.history(&ann.bearer).await.len(), 1);
}
