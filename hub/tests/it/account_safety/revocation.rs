//! Sessions that ended (threat T24), and two that begin at once (threat T25).

use protocol::{
    http::SignedIn,
    hub::{FromHub, ToHub},
    refusal::Refusal,
    registry::FromRegistry,
    text::ChatText,
};
use reqwest::{Method, StatusCode, header};

use crate::{
    account::{ban, call, registered},
    rooms::{begun, unhurried},
    support::{ClientSocket, PASSWORD, Player, TestHub, answer, body, credentials, problem},
};

/// A session with an open socket and a token for another one.
struct Everywhere {
    bearer: String,
    socket: ClientSocket,
    token: String,
}

impl Everywhere {
    async fn signed_in(hub: &TestHub, signed_in: SignedIn) -> Self {
        let player = Player::connect(hub, signed_in).await;
        let token = hub.socket_token(&player.bearer).await;
        Self { bearer: player.bearer, socket: player.socket, token }
    }

    /// What every way of using the session says now: HTTP, the open socket, the token.
    async fn ends(mut self, hub: &TestHub) -> (StatusCode, Refusal, Refusal) {
        let status = call(hub, Method::GET, "/api/v1/history", &self.bearer).await.status();
        let closed = self.socket.refusal().await;
        let mut fresh = hub.admitted().await;
        fresh.send(&ToHub::SignIn { token: self.token }).await;
        (status, closed, fresh.refusal().await)
    }
}

#[tokio::test]
async fn t24_logging_out_ends_the_session_everywhere_at_once() {
    let hub = TestHub::start().await;
    let other = registered(&hub, "Ann").await;
    let session = Everywhere::signed_in(&hub, body(hub.login("Ann", PASSWORD).await).await).await;
    let left = call(&hub, Method::POST, "/api/v1/logout", &session.bearer).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    let (status, closed, token) = session.ends(&hub).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(closed, Refusal::SessionEnded);
    assert_eq!(token, Refusal::BadSocketToken);
    assert!(hub.history(&other.bearer).await.is_empty(), "the other session goes on");
}

#[tokio::test]
async fn t24_logging_out_everywhere_ends_every_session_at_once() {
    let hub = TestHub::start().await;
    let other = registered(&hub, "Ann").await;
    let session = Everywhere::signed_in(&hub, body(hub.login("Ann", PASSWORD).await).await).await;
    let left = call(&hub, Method::POST, "/api/v1/sessions/end-all", &other.bearer).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    let (status, closed, token) = session.ends(&hub).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(closed, Refusal::SessionEnded);
    assert_eq!(token, Refusal::BadSocketToken);
    let asking = call(&hub, Method::GET, "/api/v1/history", &other.bearer).await;
    assert_eq!(asking.status(), StatusCode::UNAUTHORIZED, "the one that asked is over, too");
}

#[tokio::test]
async fn t24_end_of_a_session_reaches_the_room_that_its_player_drives_in() {
    let hub = TestHub::start_with(unhurried()).await;
    let (ann, _bob, mut room, asked) = begun(&hub).await;
    call(&hub, Method::POST, "/api/v1/logout", &ann.bearer).await;
    let revoked = room
        .socket
        .until(|message| match message {
            FromRegistry::Revoke { allocation, account } => Some((*allocation, *account)),
            _ => None,
        })
        .await;
    assert_eq!(revoked, (asked.allocation, ann.account));
}

#[tokio::test]
async fn t24_ban_shuts_the_account_out_of_http_and_of_new_sockets_at_once() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let token = hub.socket_token(&ann.bearer).await;
    ban(&hub, ann.account, Some((i64::MAX, "cheating"))).await;
    for (method, path) in [
        (Method::GET, "/api/v1/history"),
        (Method::GET, "/api/v1/me"),
        (Method::POST, "/api/v1/socket-token"),
    ] {
        let (status, why) = problem(call(&hub, method, path, &ann.bearer).await).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(why.contains("further notice") && why.contains("cheating"), "{why}");
    }
    let mut socket = hub.admitted().await;
    socket.send(&ToHub::SignIn { token }).await;
    let banned = Refusal::Banned { until: "further notice".to_owned(), reason: "cheating".to_owned() };
    assert_eq!(socket.refusal().await, banned);
}

#[tokio::test]
async fn t24_token_that_was_known_before_never_becomes_a_session() {
    let hub = TestHub::start().await;
    registered(&hub, "Ann").await;
    let planted = "a-token-that-somebody-else-knows";
    let login =
        hub.http.post(hub.url("/api/v1/login")).header("Cookie", format!("fogline_session={planted}"));
    let response = answer(login.json(&credentials("Ann", PASSWORD))).await;
    let cookie = response.headers().get(header::SET_COOKIE).expect("a session should be set");
    assert!(!cookie.to_str().unwrap_or_default().contains(planted));
    let first: SignedIn = body(response).await;
    let second: SignedIn = body(hub.login("Ann", PASSWORD).await).await;
    assert_ne!(first.bearer, second.bearer);
    let planted = call(&hub, Method::GET, "/api/v1/history", planted).await;
    assert_eq!(planted.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn t25_of_two_sign_ins_at_once_exactly_one_socket_lives() {
    let hub = TestHub::start().await;
    for race in 0..100 {
        let guest = hub.guest().await;
        let (first, second) = (hub.socket_token(&guest.bearer).await, hub.socket_token(&guest.bearer).await);
        let (mut one, mut two) = tokio::join!(hub.admitted(), hub.admitted());
        let (sign_first, sign_second) = (ToHub::SignIn { token: first }, ToHub::SignIn { token: second });
        tokio::join!(one.send(&sign_first), two.send(&sign_second));
        let (refusal, mut survivor) = tokio::select! {
            refusal = one.refusal() => (refusal, two),
            refusal = two.refusal() => (refusal, one),
        };
        assert_eq!(refusal, Refusal::SignedInElsewhere, "race {race}");
        let line = ChatText::new(&format!("race {race}")).expect("the line should be good");
        survivor.send(&ToHub::Chat { text: line.clone() }).await;
        let heard = survivor.until(|message| match message {
            FromHub::Chatted { text, .. } if *text == line => Some(true),
            FromHub::Declined { .. } => Some(false),
            FromHub::Refused { refusal } => panic!("the survivor of race {race} was told: {refusal}"),
            _ => None,
        });
        heard.await;
    }
}
