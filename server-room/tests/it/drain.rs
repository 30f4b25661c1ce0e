use game::protocol::registry::{FromRegistry, ToRegistry};

use crate::support::{Hub, Room, Scratch, allocation, prepare, process::Process};

const DRAINING: &str = "the room takes no match any more";

/// Asks for matches until the room declines because it drains.
async fn until_draining(room: &mut Room) {
    let mut epoch = 100;
    while room.reason(epoch).await != DRAINING {
        epoch += 1;
    }
}

/// The next thing that it says beside that it lives.
async fn next_word(room: &mut Room) -> ToRegistry {
    let news =
        |report: &ToRegistry| (!matches!(report, ToRegistry::Heartbeat { .. })).then(|| report.clone());
    room.until(news).await
}

#[tokio::test]
async fn room_that_a_signal_ends_tells_the_hub_at_once_and_on_every_later_line() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 600)).await;
    room.prepared().await;
    process.signal("TERM");
    assert_eq!(next_word(&mut room).await, ToRegistry::Draining {});
    drop(room);

    let mut room = hub.welcome().await;
    assert_eq!(room.playing, Some(allocation(1)));
    assert_eq!(next_word(&mut room).await, ToRegistry::Draining {});
}

#[tokio::test]
async fn room_that_the_hub_drains_ends_when_its_match_is_recorded() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 5)).await;
    room.prepared().await;
    room.say(FromRegistry::Drain {}).await;
    assert_eq!(room.reason(2).await, DRAINING);
    assert_eq!(room.result().await.allocation, allocation(1));
    room.say(FromRegistry::Receipt { allocation: allocation(1) }).await;
    assert!(process.end().await.success());
}

#[tokio::test]
async fn free_room_that_the_hub_drains_ends_at_once() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(FromRegistry::Drain {}).await;
    assert!(process.end().await.success());
}

#[tokio::test]
async fn signal_lets_the_match_end_and_be_recorded() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 5)).await;
    room.prepared().await;
    process.signal("TERM");
    until_draining(&mut room).await;
    assert_eq!(process.get("/healthz").0, 200, "it still lives");
    assert_eq!(process.get("/readyz").0, 503, "but it takes nothing any more");
    assert_eq!(process.figure("fogline_room_draining"), 1.0);
    assert_eq!(room.result().await.allocation, allocation(1));
    room.say(FromRegistry::Receipt { allocation: allocation(1) }).await;
    assert!(process.end().await.success());
    assert!(scratch.files("json").is_empty());
}

#[tokio::test]
async fn free_room_ends_at_once_on_either_signal() {
    for signal in ["TERM", "INT"] {
        let (hub, scratch) = (Hub::open().await, Scratch::new());
        let mut process = Process::start(&hub, &scratch);
        let _room = hub.welcome().await;
        process.signal(signal);
        assert!(process.end().await.success(), "{signal} should end a free room in order");
    }
}

#[tokio::test]
async fn second_signal_ends_the_room_at_once_with_a_failure() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 600)).await;
    room.prepared().await;
    process.signal("TERM");
    until_draining(&mut room).await;
    process.signal("INT");
    assert_eq!(process.end().await.code(), Some(1));
}

#[tokio::test]
async fn drain_ends_when_its_time_is_up() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut command = Process::command(&hub, &scratch);
    command.args(["--drain-seconds", "0"]);
    let mut process = Process::spawn(command, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 600)).await;
    room.prepared().await;
    process.signal("TERM");
    assert_eq!(process.end().await.code(), Some(1), "a match was cut short");
}

#[tokio::test]
async fn result_that_the_hub_has_not_confirmed_outlives_the_drain() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut command = Process::command(&hub, &scratch);
    command.args(["--drain-seconds", "0"]);
    let mut process = Process::spawn(command, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 5)).await;
    let played = room.result().await;
    process.signal("TERM");
    process.end().await;
    assert_eq!(scratch.files("json").len(), 1);
    drop(room);

    let _process = Process::start(&hub, &scratch);
    assert_eq!(hub.welcome().await.result().await, played);
}
