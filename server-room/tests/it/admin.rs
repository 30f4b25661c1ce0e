use std::{
    io::{self, ErrorKind},
    net::TcpStream,
    time::Duration,
};

use game::protocol::registry::FromRegistry;

use crate::support::{Hub, Scratch, allocation, prepare, process::Process};

#[tokio::test]
async fn room_is_alive_before_the_hub_knows_it_and_ready_from_then_on() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.accept().await;
    assert_eq!(process.get("/healthz"), (200, r#"{"status":"alive"}"#.to_owned()));
    assert_eq!(process.get("/readyz"), (503, r#"{"error":"there is no line to the hub"}"#.to_owned()));
    assert_eq!(process.figure("fogline_room_hub_line_up"), 0.0);

    room.welcome().await;
    room.heartbeat().await;
    assert_eq!(process.get("/readyz"), (200, r#"{"status":"ready"}"#.to_owned()));
    assert_eq!(process.figure("fogline_room_hub_line_up"), 1.0);
}

#[tokio::test]
async fn room_that_lost_its_hub_lives_and_says_so() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.heartbeat().await;
    drop(room);
    let mut room = hub.accept().await;
    assert_eq!(process.get("/healthz").0, 200);
    assert_eq!(process.get("/readyz").0, 503);
    room.welcome().await;
    room.heartbeat().await;
    assert_eq!(process.get("/readyz").0, 200);
    assert_eq!(process.figure("fogline_room_hub_lines_lost_total"), 1.0);
}

#[tokio::test]
async fn admin_port_is_on_loopback_and_has_nothing_else() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let _room = hub.accept().await;
    assert!(process.admin().ip().is_loopback());
    for path in ["/", "/drain", "/metrics/", "/healthz/../metrics"] {
        assert_eq!(process.get(path).0, 404, "{path}");
    }
}

#[tokio::test]
async fn connections_that_say_nothing_are_cut_and_keep_nobody_out() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let _room = hub.accept().await;
    let dial = || TcpStream::connect(process.admin()).expect("the admin port should listen");
    let mut idle: Vec<_> = (0..20).map(|_| dial()).collect();
    assert_eq!(process.get("/healthz").0, 200);
    for stream in &mut idle {
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("the time-out should be possible");
        let heard = io::copy(stream, &mut io::sink()).map_err(|error| error.kind());
        assert!(matches!(heard, Ok(_) | Err(ErrorKind::ConnectionReset)), "still open: {heard:?}");
    }
}

#[tokio::test]
async fn figures_follow_a_match() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 5)).await;
    room.prepared().await;
    assert!(room.reason(2).await.contains("in progress"));
    room.result().await;
    for (figure, value) in [
        ("fogline_room_matches_total{outcome=\"prepared\"}", 1.0),
        ("fogline_room_matches_total{outcome=\"declined\"}", 1.0),
        ("fogline_room_matches_total{outcome=\"played\"}", 1.0),
        ("fogline_room_results_waiting", 1.0),
        ("fogline_room_playing", 1.0),
        ("fogline_room_links{transport=\"udp\"}", 0.0),
    ] {
        assert_eq!(process.figure(figure), value, "{figure}");
    }
    assert!(process.figure("fogline_room_tick_seconds_count") >= 300.0, "a match of 5 s has 300 ticks");
    assert!(process.figure("fogline_room_tick_lateness_seconds_count") > 0.0);

    room.say(FromRegistry::Receipt { allocation: allocation(1) }).await;
    process.until(&mut room, "fogline_room_playing", |playing| playing == 0.0).await;
    assert_eq!(process.figure("fogline_room_results_waiting"), 0.0);
}

#[tokio::test]
async fn free_room_hardly_turns_and_still_lives() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.heartbeat().await;
    room.heartbeat().await;
    let before = process.figure("fogline_room_turns_total");
    for _ in 0..4 {
        room.heartbeat().await;
    }
    let turns = process.figure("fogline_room_turns_total") - before;
    assert!(turns >= 4.0, "each heartbeat needs a tick, and a tick a turn");
    assert!(turns <= 40.0, "a room that nobody needs turned {turns} times in 4 heartbeats");
    assert_eq!(process.get("/healthz").0, 200);
}
