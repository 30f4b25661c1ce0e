use reqwest::StatusCode;

use crate::support::{PASSWORD, Player, TestHub, answer, body, problem};

#[tokio::test]
async fn registered_player_logs_in_with_the_right_password_only() {
    let hub = TestHub::start().await;
    assert!(hub.register("Ann", PASSWORD).await.status().is_success());

    let (status, wrong) = problem(hub.login("Ann", "wrong horse").await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (_, unknown) = problem(hub.login("Nobody", "wrong horse").await).await;
    assert_eq!(wrong, unknown, "the answer should not tell whether the name exists");

    let signed_in: protocol::http::SignedIn = body(hub.login("ann", PASSWORD).await).await;
    assert_eq!(signed_in.name.as_str(), "Ann");
    assert!(!signed_in.guest);
}

#[tokio::test]
async fn taken_name_is_refused_in_any_case() {
    let hub = TestHub::start().await;
    assert!(hub.register("Ann", PASSWORD).await.status().is_success());
    let (status, error) = problem(hub.register("aNN", PASSWORD).await).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(error.contains("taken"), "the reason should be told: {error}");
}

#[tokio::test]
async fn bad_names_and_passwords_are_refused_with_the_reason() {
    let hub = TestHub::start().await;
    let long = "x".repeat(21);
    let bad = [
        ("ab", "3 to 20"),
        (long.as_str(), "3 to 20"),
        ("a\u{202E}nn", "U+202E"),
        ("a\u{7}nn", "U+0007"),
        (" ann", "space"),
        ("guest-1", "Guest-"),
    ];
    for (name, why) in bad {
        let (status, error) = problem(hub.register(name, PASSWORD).await).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error.contains(why), "`{error}` should name `{why}`");
    }
    let (status, error) = problem(hub.register("Ann", "short").await).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error.contains("8 to 128"), "the bounds should be told: {error}");
}

#[tokio::test]
async fn unreadable_body_is_refused_with_a_problem() {
    let hub = TestHub::start().await;
    let (status, _) = problem(hub.post("/api/v1/login", &"just text").await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn guests_get_different_names() {
    let hub = TestHub::start().await;
    let (first, second) = (hub.guest().await, hub.guest().await);
    assert!(first.guest && first.name.as_str().starts_with("Guest-"));
    assert_ne!(first.name, second.name);
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
