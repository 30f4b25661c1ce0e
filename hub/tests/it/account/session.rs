use hub::clock::unix_ms;
use protocol::http::{SessionRow, SignedIn};
use reqwest::{Method, StatusCode};

use super::{ban, call, is_signed_in, registered};
use crate::support::{PASSWORD, Player, TestHub, answer, body, credentials, problem};

async fn listed(hub: &TestHub, bearer: &str) -> Vec<SessionRow> {
    body(call(hub, Method::GET, "/api/v1/sessions", bearer).await).await
}

#[tokio::test]
async fn session_is_needed_and_ends_with_logging_out() {
    let hub = TestHub::start().await;
    assert_eq!(hub.get("/api/v1/history").await.status(), StatusCode::UNAUTHORIZED);

    let mut player = hub.player().await;
    assert!(hub.history(&player.bearer).await.is_empty());
    let logout = hub.http.post(hub.url("/api/v1/logout")).bearer_auth(&player.bearer);
    assert_eq!(answer(logout).await.status(), StatusCode::NO_CONTENT);

    player.socket.refusal().await;
    let history = hub.http.get(hub.url("/api/v1/history")).bearer_auth(&player.bearer);
    assert_eq!(answer(history).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn session_survives_a_restart() {
    let hub = TestHub::start().await;
    let signed_in = hub.guest().await;
    let hub = hub.restart().await;
    Player::connect(&hub, signed_in).await;
}

#[tokio::test]
async fn sessions_are_listed_with_their_device_and_the_asking_one_is_marked() {
    let hub = TestHub::start().await;
    let first = registered(&hub, "Ann").await;
    let login = hub.http.post(hub.url("/api/v1/login")).header("User-Agent", "Kitchen radio 2");
    let second: SignedIn = body(answer(login.json(&credentials("Ann", PASSWORD))).await).await;
    registered(&hub, "Bob").await;

    let list = listed(&hub, &second.bearer).await;
    assert_eq!(list.len(), 2, "only the own sessions are listed: {list:?}");
    let current = list.iter().find(|row| row.current).expect("the asking session should be marked");
    assert_eq!(current.device, "Kitchen radio 2");
    let other = list.iter().find(|row| !row.current).expect("the other session should be listed");
    assert_eq!((current.id.len(), other.id.len()), (16, 16));

    let end = format!("/api/v1/sessions/{}", other.id);
    assert_eq!(call(&hub, Method::DELETE, &end, &second.bearer).await.status(), StatusCode::NO_CONTENT);
    assert!(!is_signed_in(&hub, &first.bearer).await);
    assert!(is_signed_in(&hub, &second.bearer).await);
    assert_eq!(call(&hub, Method::DELETE, &end, &second.bearer).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn banned_account_is_told_why_and_until_when() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    ban(&hub, ann.account, Some((4_102_444_800_000, "shouting"))).await;
    let told = "You are banned until 2100-01-01T00:00:00Z: shouting";
    for path in ["/api/v1/me", "/api/v1/sessions", "/api/v1/history"] {
        let answer = problem(call(&hub, Method::GET, path, &ann.bearer).await).await;
        assert_eq!(answer, (StatusCode::FORBIDDEN, told.to_owned()));
    }
    let answer = problem(hub.login("Ann", PASSWORD).await).await;
    assert_eq!(answer, (StatusCode::FORBIDDEN, told.to_owned()));
    let (status, _) = problem(hub.login("Ann", "wrong horse").await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "only the owner is told");

    ban(&hub, ann.account, Some((i64::MAX, "cheating"))).await;
    let (_, told) = problem(hub.login("Ann", PASSWORD).await).await;
    assert_eq!(told, "You are banned until further notice: cheating");
    for over in [None, Some((unix_ms() - 1, "it is over"))] {
        ban(&hub, ann.account, over).await;
        assert!(hub.login("Ann", PASSWORD).await.status().is_success());
        assert!(is_signed_in(&hub, &ann.bearer).await);
    }
}
