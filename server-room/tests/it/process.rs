use std::fs;

use game::protocol::{refusal::Refusal, registry::FromRegistry};

use crate::support::{Hub, Scratch, allocation, prepare, process::Process};

#[tokio::test]
async fn result_of_a_killed_room_is_sent_by_the_next() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 5)).await;
    let played = room.result().await;
    assert_eq!(played.allocation, allocation(1));
    assert_eq!(played.result.seats.len(), 2);
    assert_eq!(scratch.files("json").len(), 1, "it is written before it is sent");
    process.kill();
    process.end().await;
    drop(room);

    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    assert_eq!(room.playing, None);
    assert_eq!(room.result().await, played);
    room.say(FromRegistry::Receipt { allocation: allocation(1) }).await;
    room.say(FromRegistry::Drain {}).await;
    assert!(process.end().await.success());
    assert!(scratch.files("json").is_empty(), "what is confirmed need not be kept");
}

#[tokio::test]
async fn room_with_a_wrong_host_key_ends_and_says_why() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.accept().await;
    room.say(FromRegistry::Refused { refusal: Refusal::WrongHostKey }).await;
    assert_eq!(process.end().await.code(), Some(1));
    let log = fs::read_to_string(scratch.path().join("room.log")).expect("the log should be there");
    assert!(log.contains("host key is not known"), "the log says:\n{log}");
}

#[tokio::test]
async fn app_runs_on_one_thread_and_nothing_else_has_more() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 600)).await;
    room.prepared().await;
    room.heartbeat().await;
    // Where clients are built beside the room, lightyear brings the runtimes of their transports along.
    let of_clients = |thread: &String| thread == "tokio-rt-worker";
    let threads: Vec<_> = process.threads().into_iter().filter(|thread| !of_clients(thread)).collect();
    assert_eq!(threads, ["doors", "journal", "log", "operator", "registry", "server-room"]);
}
