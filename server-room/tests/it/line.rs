use std::sync::atomic::Ordering;

use game::{
    protocol::{
        challenge::Bytes32,
        registry::{FromRegistry, ToRegistry},
        ticket::{RoomAddresses, WebTransportAddress},
    },
    sim::arena::Arena,
};
use server_room::{
    journal::Journal,
    registry::{self, Line},
    vitals::Vitals,
};

use crate::support::{HOST_KEY, Hub, Scratch, allocation, entry, leave, within};

/// The app's end of a line to this hub.
fn dial(hub: &Hub, scratch: &Scratch) -> Line {
    dial_with(hub, scratch, Vitals::default())
}

fn dial_with(hub: &Hub, scratch: &Scratch, vitals: Vitals) -> Line {
    let (journal, left) = Journal::open(scratch.path(), HOST_KEY, false).expect("the journal should open");
    let line = registry::dial(&hub.url(), HOST_KEY.to_owned(), journal, left, vitals)
        .expect("the line should start");
    line.addresses.try_send(addresses(0)).expect("the line should wait for the addresses");
    line
}

/// Addresses with a certificate of this digest.
fn addresses(digest: u8) -> RoomAddresses {
    let digest = Bytes32([digest; 32]);
    RoomAddresses {
        udp: ([127, 0, 0, 1], 7000).into(),
        webtransport: WebTransportAddress { url: "https://127.0.0.1:7001".into(), digest },
        websocket: "ws://127.0.0.1:7002".into(),
    }
}

fn outcome(epoch: u64) -> ToRegistry {
    ToRegistry::Result { allocation: allocation(epoch), result: entry(epoch).result }
}

#[tokio::test]
async fn room_says_what_it_holds_and_what_it_plays_with() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let _line = dial(&hub, &scratch);
    let room = hub.accept().await;
    assert_eq!(room.content, game::content());
    assert_eq!(room.capacity, Arena::default().seats());
    assert_eq!((room.host_key.as_str(), room.playing), (HOST_KEY, None));
}

#[tokio::test]
async fn result_is_repeated_until_its_receipt() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let line = dial(&hub, &scratch);
    let mut room = hub.welcome().await;
    line.report(outcome(1)).expect("the journal should take it");
    assert_eq!(within("it is recorded", line.recorded.recv()).await, Ok(allocation(1)));
    assert_eq!(scratch.files("json").len(), 1, "it is written before anybody is told");
    assert_eq!(room.result().await, entry(1));
    assert_eq!(room.result().await, entry(1));

    room.say(FromRegistry::Receipt { allocation: allocation(1) }).await;
    let order = within("the receipt is passed on", line.orders.recv()).await;
    assert_eq!(order, Ok(FromRegistry::Receipt { allocation: allocation(1) }));
    line.report(outcome(2)).expect("the journal should take it");
    assert_eq!(within("it is recorded", line.recorded.recv()).await, Ok(allocation(2)));
    assert_eq!(scratch.files("json").len(), 1, "the confirmed one is gone");
    while room.result().await != entry(2) {}
    assert_eq!(room.result().await, entry(2), "a confirmed result is not sent again");
}

#[tokio::test]
async fn results_of_former_rooms_are_sent_the_oldest_first() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    leave(scratch.path(), HOST_KEY, &[9, 5]);
    let line = dial(&hub, &scratch);
    let mut room = hub.welcome().await;
    assert_eq!(room.result().await, entry(5));
    assert_eq!(room.result().await, entry(9));
    room.say(FromRegistry::Cancel { allocation: allocation(5) }).await;
    within("the word is passed on", line.orders.recv()).await.expect("the line should live");
    while room.result().await != entry(9) {}
    assert_eq!(room.result().await, entry(9), "a cancelled result is not sent again");
}

#[tokio::test]
async fn simulation_that_stands_still_sends_no_heartbeat() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    leave(scratch.path(), HOST_KEY, &[1]);
    let line = dial(&hub, &scratch);
    let mut room = hub.welcome().await;
    let mut repeats = 0;
    while repeats < 2 {
        match room.hear().await {
            ToRegistry::Result { .. } => repeats += 1,
            other => panic!("the room should be silent but for its result, it says {other:?}"),
        }
    }
    line.tick.store(7, Ordering::Relaxed);
    room.until(|report| (*report == ToRegistry::Heartbeat { tick: 7 }).then_some(())).await;
}

#[tokio::test]
async fn room_that_lost_its_line_keeps_its_match() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let line = dial(&hub, &scratch);
    let mut room = hub.welcome().await;
    let prepared = ToRegistry::Prepared { allocation: allocation(1), tickets: Vec::new() };
    line.report(prepared.clone()).expect("the line should take it");
    room.until(|report| (*report == prepared).then_some(())).await;
    drop(room);

    let mut room = hub.welcome().await;
    assert_eq!(room.playing, Some(allocation(1)));
    let free = ToRegistry::Free { allocation: allocation(1) };
    line.report(free.clone()).expect("the line should take it");
    room.until(|report| (*report == free).then_some(())).await;
    drop(room);
    assert_eq!(hub.accept().await.playing, None);
}

#[tokio::test]
async fn room_with_a_new_certificate_registers_again_and_keeps_its_match() {
    let (hub, scratch) = (Hub::open().await, Scratch::new());
    let line = dial(&hub, &scratch);
    let mut room = hub.welcome().await;
    assert_eq!(room.addresses, Some(addresses(0)));
    let prepared = ToRegistry::Prepared { allocation: allocation(1), tickets: Vec::new() };
    line.report(prepared.clone()).expect("the line should take it");
    room.until(|report| (*report == prepared).then_some(())).await;

    line.addresses.try_send(addresses(1)).expect("the line should hear of new addresses");
    let room = hub.accept().await;
    assert_eq!(room.addresses, Some(addresses(1)));
    assert_eq!(room.playing, Some(allocation(1)));
}

#[tokio::test]
async fn new_certificate_is_no_fault_and_loses_no_report() {
    let (hub, scratch, vitals) = (Hub::open().await, Scratch::new(), Vitals::default());
    let line = dial_with(&hub, &scratch, vitals.clone());
    let mut room = hub.welcome().await;
    let prepared = ToRegistry::Prepared { allocation: allocation(1), tickets: Vec::new() };
    line.report(prepared.clone()).expect("the line should take it");
    room.until(|report| (*report == prepared).then_some(())).await;

    let free = ToRegistry::Free { allocation: allocation(1) };
    line.report(free.clone()).expect("the line should take it");
    line.addresses.try_send(addresses(1)).expect("the line should hear of new addresses");
    room.until(|report| (*report == free).then_some(())).await;
    let room = hub.accept().await;
    assert_eq!((room.addresses, room.playing), (Some(addresses(1)), None));
    assert!(vitals.is_registered(), "it is ready for the next match");
    assert_eq!(vitals.lines_lost(), 0);
}
