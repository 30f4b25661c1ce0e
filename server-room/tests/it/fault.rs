use std::{
    fs::{self, File},
    process::{Command, Stdio},
    time::Instant,
};

use game::protocol::registry::{FromRegistry, ToRegistry};

use crate::support::{HOST_KEY, Hub, Room, Scratch, allocation, entry, leave, prepare, process::Process};

const MEMORY: &str = "fogline_room_memory_bytes";

/// What a room may hold more after many matches, in bytes: allocators keep some of what they were given.
const SLACK: f64 = 4.0 * 1024.0 * 1024.0;

/// How much later ticks may be, on average, than where the log is read, in seconds.
const LATER: f64 = 0.005;

#[tokio::test]
async fn f17_room_without_memory_says_so_and_dies_alone() {
    let (hub, scratch, poor) = (Hub::open().await, Scratch::new(), Scratch::new());
    let neighbour = Process::spawn(in_one_heap(Process::command(&hub, &scratch)), &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1, 600)).await;
    room.prepared().await;
    let before = neighbour.figure("fogline_room_simulated_ticks_total");
    leave(&poor.path().join("journal"), HOST_KEY, &[9]);

    // Half of what the same room has of its own is not there.
    let limit = neighbour.memory_kb("VmSize") - neighbour.memory_kb("VmData") / 2;
    let nowhere = Hub::open().await;
    let command = Process::command(&nowhere, &poor);
    let mut limited = in_one_heap(Command::new("prlimit"));
    limited
        .arg(format!("--as={}", limit * 1024))
        .arg(command.get_program())
        .args(command.get_args())
        .stderr(File::create(poor.path().join("room.log")).expect("the folder should be writable"));
    let ended = Process::spawn(limited, &poor).end().await;
    let log = fs::read_to_string(poor.path().join("room.log")).expect("the log should be there");
    // Memory for a buffer, or for a thread.
    let told = ["memory", "unavailable"].iter().any(|word| log.contains(word));
    assert!(!ended.success() && told, "{ended}, the log says:\n{log}");

    room.heartbeat().await;
    assert!(neighbour.figure("fogline_room_simulated_ticks_total") > before, "the other match goes on");
    assert_eq!(neighbour.figure("fogline_room_hub_lines_lost_total"), 0.0);
    let richer = Hub::open().await;
    let _next = Process::start(&richer, &poor);
    assert_eq!(richer.welcome().await.result().await, entry(9), "the journal is whole");
}

/// All threads share one heap, so that it has little room that nobody uses.
fn in_one_heap(mut command: Command) -> Command {
    command.env("MALLOC_ARENA_MAX", "1");
    command
}

#[tokio::test]
async fn f21_log_that_nobody_reads_holds_nothing_up() {
    let read = Pace::of_match(Stdio::null(), 0.0).await;
    let blocked = Pace::of_match(Stdio::piped(), 1.0).await;
    assert!(blocked.ticks > 0.8 * read.ticks, "{blocked:?} instead of {read:?}");
    assert!(blocked.lateness < 2.0 * read.lateness + LATER, "{blocked:?} instead of {read:?}");
}

/// How a match goes while the room writes as much into its log as it can.
#[derive(Debug)]
struct Pace {
    /// In a second.
    ticks: f64,
    /// Of the turns that had a tick to do, on average, in seconds.
    lateness: f64,
}

impl Pace {
    /// From when on at least so many lines are lost.
    async fn of_match(log: Stdio, lost: f64) -> Self {
        let (hub, scratch) = (Hub::open().await, Scratch::new());
        let mut command = Process::command(&hub, &scratch);
        command.stderr(log).env("RUST_LOG", "trace,lightyear=trace,bevy_replicon=trace");
        let process = Process::spawn(command, &scratch);
        let mut room = hub.welcome().await;
        room.say(prepare(1, 600)).await;
        room.prepared().await;
        process.until(&mut room, "fogline_room_log_lines_lost_total", |lines| lines >= lost).await;
        let figures = [
            "fogline_room_simulated_ticks_total",
            "fogline_room_tick_lateness_seconds_sum",
            "fogline_room_tick_lateness_seconds_count",
        ];
        let (before, began) = (process.figures(figures), Instant::now());
        for _ in 0..5 {
            room.heartbeat().await;
        }
        let (after, seconds) = (process.figures(figures), began.elapsed().as_secs_f64());
        let [ticks, late, turns] = [0, 1, 2].map(|figure| after[figure] - before[figure]);
        Self { ticks: ticks / seconds, lateness: late / turns }
    }
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
