//! What the hub promises when something fails; the ids are those of the fault table.

use std::{process::Command, time::Duration};

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection as _};
use hub::config::Timings;
use protocol::{
    http::SignedIn,
    hub::{FromHub, ToHub},
    refusal::Refusal,
    text::ChatText,
};
use reqwest::{Client, StatusCode};
use tokio::time::timeout;

use crate::{
    database::Database,
    operator::program::{Process, Workplace, soon},
    rooms::{begun, unhurried},
    support::{Folder, Room, Setup, TestHub, answer, body, timings},
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
async fn f6_full_disk_stops_writing_only_and_the_hub_recovers_by_itself() {
    let workplace = Workplace::new();
    let hub = workplace.start(unkillable_by_file_size(&workplace)).await;
    let http = Client::new();
    let guest = || http.post(format!("http://{}/api/v1/guest", hub.address)).send();
    let signed_in: SignedIn = body(guest().await.expect("the hub should answer")).await;

    limit_file_size(&hub, "0");
    let refused = guest().await.expect("the hub should answer");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    let me = http.get(format!("http://{}/api/v1/me", hub.address)).bearer_auth(&signed_in.bearer);
    assert!(answer(me).await.status().is_success(), "who is signed in stays so");

    limit_file_size(&hub, "unlimited");
    let again = soon("a new guest", async || {
        let answered = guest().await.expect("the hub should answer");
        answered.status().is_success().then_some(answered)
    });
    again.await;
}

/// A hub whose writes fail beyond the limit on its files, as they do on a full disk, instead of
/// killing it.
fn unkillable_by_file_size(workplace: &Workplace) -> Command {
    let hub = workplace.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(hub.get_program()).args(hub.get_args());
    shell
}

fn limit_file_size(hub: &Process, limit: &str) {
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", hub.child.id()))
        .arg(format!("--fsize={limit}:unlimited"))
        .status();
    assert!(limited.is_ok_and(|status| status.success()), "the limit should be set");
}

#[tokio::test]
async fn f8_hub_goes_on_after_the_database_hung_up() {
    let database = Database::postgres();
    let hub = TestHub::start_with(Setup { database: Some(database.url().to_owned()), ..unhurried() }).await;
    let (mut ann, _bob, mut room, asked) = begun(&hub).await;
    let mut other = PgConnection::establish(database.url()).expect("a second connection should open");
    other
        .batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .expect("the connections should be cut");
    room.report(&asked).await;
    let first = timeout(Duration::from_secs(2), room.receipt()).await;
    if first.is_err() {
        room.report(&asked).await;
        room.receipt().await;
    }
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
    let line = ChatText::new("still here").expect("the line should be good");
    ann.socket.send(&ToHub::Chat { text: line }).await;
    ann.socket.until(|message| matches!(message, FromHub::Chatted { .. }).then_some(())).await;
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
