use protocol::{
    VERSION,
    challenge::Bytes32,
    hub::{FromHub, ToHub},
    limits::CLIENT_FRAME_BYTES,
    refusal::Refusal,
    text::ChatText,
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use crate::support::{TestHub, challenge_key, content, hello};

fn chat(text: &str) -> ToHub {
    ToHub::Chat { text: ChatText::new(text).expect("the line should be good") }
}

#[tokio::test]
async fn f19_client_of_another_version_is_told_so() {
    let hub = TestHub::start().await;
    let mut socket = hub.client_socket().await;
    socket.send(&ToHub::Hello { protocol: VERSION + 1, content: content() }).await;
    let refusal = socket.refusal().await;
    assert_eq!(refusal, Refusal::WrongVersion { ours: VERSION, theirs: VERSION + 1 });
}

#[tokio::test]
async fn wrong_challenge_answer_is_refused() {
    let hub = TestHub::start().await;
    let mut socket = hub.client_socket().await;
    socket.send(&hello()).await;
    socket.challenge().await;
    socket.send(&ToHub::Answer { answer: Bytes32([0; 32]) }).await;
    assert_eq!(socket.refusal().await, Refusal::WrongAnswer);
}

#[tokio::test]
async fn challenge_cannot_be_skipped() {
    let hub = TestHub::start().await;
    let token = hub.socket_token(&hub.guest().await.bearer).await;
    let mut socket = hub.client_socket().await;
    socket.send(&hello()).await;
    socket.challenge().await;
    socket.send(&ToHub::SignIn { token }).await;
    assert!(matches!(socket.refusal().await, Refusal::OutOfTurn { .. }));
}

#[tokio::test]
async fn answer_of_another_socket_is_refused() {
    let hub = TestHub::start().await;
    let mut first = hub.client_socket().await;
    first.send(&hello()).await;
    let answer = challenge_key().answer(&first.challenge().await);
    first.send(&ToHub::Answer { answer }).await;
    assert_eq!(first.next().await, FromHub::Admitted {});

    let mut second = hub.client_socket().await;
    second.send(&hello()).await;
    second.challenge().await;
    second.send(&ToHub::Answer { answer }).await;
    assert_eq!(second.refusal().await, Refusal::WrongAnswer);
}

#[tokio::test]
async fn t9_slow_handshake_is_refused() {
    let timings = hub::config::Timings {
        handshake: std::time::Duration::from_millis(200),
        ..crate::support::timings()
    };
    let hub = TestHub::start_with(timings).await;
    let mut socket = hub.client_socket().await;
    assert_eq!(socket.refusal().await, Refusal::TooSlow);
}

#[tokio::test]
async fn socket_token_works_once() {
    let hub = TestHub::start().await;
    let token = hub.socket_token(&hub.guest().await.bearer).await;
    let mut first = hub.admitted().await;
    first.send(&ToHub::SignIn { token: token.clone() }).await;
    assert!(matches!(first.next().await, FromHub::SignedIn { .. }));
    let mut second = hub.admitted().await;
    second.send(&ToHub::SignIn { token }).await;
    assert_eq!(second.refusal().await, Refusal::BadSocketToken);
}

#[tokio::test]
async fn unknown_message_is_refused() {
    let hub = TestHub::start().await;
    let mut player = hub.player().await;
    player.socket.send_raw(Message::text(r#"{"type":"fly"}"#)).await;
    assert!(matches!(player.socket.refusal().await, Refusal::BadMessage { .. }));
}

#[tokio::test]
async fn over_long_chat_is_refused_with_its_length() {
    let hub = TestHub::start().await;
    let mut player = hub.player().await;
    let line = format!(r#"{{"type":"chat","text":"{}"}}"#, "x".repeat(201));
    player.socket.send_raw(Message::text(line)).await;
    match player.socket.refusal().await {
        Refusal::BadMessage { detail } => assert!(detail.contains("201"), "{detail}"),
        other => panic!("an over-long line is a bad message, not {other:?}"),
    }
}

#[tokio::test]
async fn t10_oversized_and_binary_frames_are_refused() {
    let hub = TestHub::start().await;
    let mut player = hub.player().await;
    player.socket.send_raw(Message::text("x".repeat(CLIENT_FRAME_BYTES + 1))).await;
    let limit = CLIENT_FRAME_BYTES;
    assert_eq!(player.socket.refusal().await, Refusal::TooLarge { limit });

    let mut player = hub.player().await;
    player.socket.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert!(matches!(player.socket.refusal().await, Refusal::BadMessage { .. }));
}

#[tokio::test]
async fn everybody_here_reads_what_somebody_says() {
    let hub = TestHub::start().await;
    let (mut ann, mut bob) = (hub.player().await, hub.player().await);
    ann.socket.send(&chat("hello")).await;
    for reader in [&mut ann, &mut bob] {
        let said = reader
            .socket
            .until(|message| match message {
                FromHub::Chatted { text, .. } => Some(text.as_str().to_owned()),
                _ => None,
            })
            .await;
        assert_eq!(said, "hello");
    }
}

#[tokio::test]
async fn everybody_learns_who_comes_and_goes() {
    let hub = TestHub::start().await;
    let mut ann = hub.player().await;
    let bob = hub.player().await;
    let total = |wanted: u32| {
        move |message: &FromHub| match message {
            FromHub::Here { total, .. } if *total == wanted => Some(()),
            _ => None,
        }
    };
    ann.socket.until(total(2)).await;
    drop(bob);
    ann.socket.until(total(1)).await;
}

#[tokio::test]
async fn t11_chat_too_fast_is_declined_and_a_flood_is_refused() {
    let hub = TestHub::start().await;
    let mut player = hub.player().await;
    for _ in 0..6 {
        player.socket.send(&chat("again")).await;
    }
    assert_eq!(player.socket.declined().await, Refusal::TooFast);

    let mut player = hub.player().await;
    for _ in 0..60 {
        let leave = Message::text(r#"{"type":"leave_queue"}"#);
        player.socket.send_raw(leave).await;
    }
    assert_eq!(player.socket.refusal().await, Refusal::TooFast);
}

#[tokio::test]
async fn t25_newest_sign_in_wins_and_keeps_the_place_in_the_queue() {
    let hub = TestHub::start().await;
    let mut old = hub.player().await;
    old.join_queue().await;
    let mut new = old.again(&hub).await;
    assert_eq!(old.socket.refusal().await, Refusal::SignedInElsewhere);
    assert_eq!(new.queued().await, 1);
}

#[tokio::test]
async fn t23_page_of_another_site_cannot_open_a_socket() {
    let hub = TestHub::start().await;
    let mut request = format!("ws://{}/socket/client", hub.address)
        .into_client_request()
        .expect("the URL should make a request");
    let evil = "https://evil.example".parse().expect("the origin should be a header");
    request.headers_mut().insert("Origin", evil);
    assert!(tokio_tungstenite::connect_async(request).await.is_err());
}

#[tokio::test]
async fn hub_that_stops_says_so() {
    let hub = TestHub::start().await;
    let mut player = hub.player().await;
    let restarted = hub.restart();
    let (refusal, _hub) = tokio::join!(player.socket.refusal(), restarted);
    assert_eq!(refusal, Refusal::ShuttingDown);
}
