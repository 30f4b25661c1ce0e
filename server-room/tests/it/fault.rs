use std::process::Stdio;

use game::protocol::registry::{FromRegistry, ToRegistry};

use crate::support::{Hub, Room, Scratch, allocation, prepare, process::Process};

const MEMORY: &str = "fogline_room_memory_bytes";

/// What a room may hold more after many matches, in bytes: allocators keep some of what they were given.
const SLACK: f64 = 4.0 * 1024.0 * 1024.0;

#[tokio::test]
async fn f21_log_that_nobody_reads_holds_nothing_up() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut command = Process::command(&hub, &scratch);
    command.stderr(Stdio::piped()).env("RUST_LOG", "trace,lightyear=trace,bevy_replicon=trace");
    let process = Process::spawn(command, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 600)).await;
    room.prepared().await;
    process.until(&mut room, "fogline_room_log_lines_lost_total", |lost| lost > 0.0).await;
    let before = process.figure("fogline_room_simulated_ticks_total");
    for _ in 0..3 {
        room.heartbeat().await;
    }
    assert!(process.figure("fogline_room_simulated_ticks_total") > before, "the match goes on");
}

#[tokio::test]
async fn f22_many_matches_leave_no_file_and_no_entity_behind() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    let figures = ["fogline_room_entities", "fogline_room_open_files"];
    let mut before = ([0.0; 2], 0.0);
    for epoch in 1..=55 {
        room.say(prepare(epoch, 600)).await;
        room.prepared().await;
        room.say(FromRegistry::Cancel { allocation: allocation(epoch) }).await;
        let free = ToRegistry::Free { allocation: allocation(epoch) };
        room.until(|report| (*report == free).then_some(())).await;
        if epoch == 5 {
            glance(&mut room).await;
            before = (process.figures(figures), process.figure(MEMORY));
        }
    }
    glance(&mut room).await;
    assert_eq!(process.figures(figures), before.0, "entities and files are as they were 50 matches ago");
    let more = process.figure(MEMORY) - before.1;
    assert!(more < SLACK, "50 matches cost {more} bytes");
}

/// Lets the room look at itself, which it does every second.
async fn glance(room: &mut Room) {
    for _ in 0..4 {
        room.heartbeat().await;
    }
}
