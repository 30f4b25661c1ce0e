use std::{
    fs::{self, File},
    io,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

use async_channel::{Receiver, bounded};
use game::protocol::{
    key::{MapId, ModeId},
    refusal::Refusal,
    registry::{FromRegistry, ToRegistry},
};

use crate::support::{HOST_KEY, Hub, Room, Scratch, allocation, within};

/// A real room. It does not outlive the test.
struct Process {
    child: Child,
    ended: Receiver<()>,
}

impl Process {
    fn start(hub: &Hub, scratch: &Scratch) -> Self {
        let key = scratch.path().join("host.key");
        fs::write(&key, HOST_KEY).expect("the folder should be writable");
        let log = File::create(scratch.path().join("room.log")).expect("the folder should be writable");
        let mut child = Command::new(env!("CARGO_BIN_EXE_server-room"))
            .args(["--hub", &hub.url(), "--bind", "127.0.0.1", "--advertise", "127.0.0.1"])
            .args(["--udp-port", "0", "--webtransport-port", "0", "--websocket-port", "0"])
            .args(["--no-show-seconds", "0"])
            .arg("--host-key-file")
            .arg(key)
            .arg("--journal")
            .arg(scratch.path().join("journal"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the room should start");
        let mut output = child.stdout.take().expect("the output was asked for");
        let (end, ended) = bounded(1);
        thread::spawn(move || {
            let _ = io::copy(&mut output, &mut io::sink());
            end.try_send(())
        });
        Self { child, ended }
    }

    async fn end(&mut self) -> ExitStatus {
        within("the room ends", self.ended.recv()).await.expect("the end should be told");
        self.child.wait().expect("the room should be ours to wait for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A short match of bots.
fn prepare(epoch: u64) -> FromRegistry {
    FromRegistry::Prepare {
        allocation: allocation(epoch),
        mode: ModeId::try_from("duel".to_owned()).expect("mode should be valid"),
        map: MapId::try_from("crossing".to_owned()).expect("map should be valid"),
        team_size: 1,
        seed: 7,
        seconds: 5,
        players: Vec::new(),
    }
}

async fn prepared(room: &mut Room) {
    room.until(|report| matches!(report, ToRegistry::Prepared { .. }).then_some(())).await;
}

#[tokio::test]
async fn result_of_a_killed_room_is_sent_by_the_next() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1)).await;
    let played = room.result().await;
    assert_eq!(played.allocation, allocation(1));
    assert_eq!(played.result.seats.len(), 2);
    assert_eq!(scratch.files("json").len(), 1, "it is written before it is sent");
    process.child.kill().expect("the room should be ours to kill");
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
async fn drained_room_ends_when_its_match_is_recorded() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(prepare(1)).await;
    prepared(&mut room).await;
    room.say(FromRegistry::Drain {}).await;
    room.say(prepare(2)).await;
    let declined = room
        .until(|report| match report {
            ToRegistry::Declined { allocation, .. } => Some(*allocation),
            _ => None,
        })
        .await;
    assert_eq!(declined, allocation(2));
    assert_eq!(room.result().await.allocation, allocation(1));
    room.say(FromRegistry::Receipt { allocation: allocation(1) }).await;
    assert!(process.end().await.success());
}

#[tokio::test]
async fn free_room_that_is_drained_ends_at_once() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.welcome().await;
    room.say(FromRegistry::Drain {}).await;
    assert!(process.end().await.success());
}

#[tokio::test]
async fn room_with_a_wrong_host_key_ends_and_says_why() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let mut process = Process::start(&hub, &scratch);
    let mut room = hub.accept().await;
    room.say(FromRegistry::Refused { refusal: Refusal::WrongHostKey }).await;
    assert!(!process.end().await.success());
    let log = fs::read_to_string(scratch.path().join("room.log")).expect("the log should be there");
    assert!(log.contains("host key is not known"), "the log says:\n{log}");
}
