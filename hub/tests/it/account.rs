mod credential;
mod deletion;
mod session;

use std::net::IpAddr;

use hub::{
    account::{
        reset,
        store::{self as accounts, Role},
    },
    store::Store,
};
use protocol::{
    http::{PasswordReset, Profile, SignedIn},
    id::AccountId,
};
use reqwest::{Client, Method, Response, StatusCode};
use serde::Serialize;

use crate::support::{PASSWORD, TestHub, answer, body, problem};

const OTHER_PASSWORD: &str = "another good horse";

/// A call of the API in a session.
pub async fn call(hub: &TestHub, method: Method, path: &str, bearer: &str) -> Response {
    answer(hub.http.request(method, hub.url(path)).bearer_auth(bearer)).await
}

/// The same with a body.
pub async fn post(hub: &TestHub, path: &str, bearer: &str, body: &impl Serialize) -> Response {
    answer(hub.http.post(hub.url(path)).bearer_auth(bearer).json(body)).await
}

/// The hub's database as an operator's command opens it.
pub fn store(hub: &TestHub) -> Store {
    let file = hub.web_root().with_file_name("hub.db");
    Store::open(&format!("sqlite://{}", file.display())).expect("the database should open")
}

pub async fn registered(hub: &TestHub, name: &str) -> SignedIn {
    body(hub.register(name, PASSWORD).await).await
}

/// A code as an operator's command issues it.
pub async fn reset_code(hub: &TestHub, account: AccountId, expires_at: i64) -> String {
    let code = reset::code();
    let hash = reset::hash_of(&code);
    store(hub)
        .write(move |connection| accounts::put_reset_code(connection, account, &hash, expires_at))
        .await
        .expect("the code should be kept");
    code
}

/// `None` lifts the ban.
pub async fn ban(hub: &TestHub, account: AccountId, ban: Option<(i64, &str)>) {
    let ban = ban.map(|(until, reason)| (until, reason.to_owned()));
    store(hub)
        .write(move |connection| accounts::set_ban(connection, account, ban))
        .await
        .expect("the ban should be set");
}

pub async fn make_admin(hub: &TestHub, account: AccountId) {
    store(hub)
        .write(move |connection| accounts::set_role(connection, account, Role::Admin))
        .await
        .expect("the role should be set");
}

/// Somebody at 127.0.0.`host`.
pub fn elsewhere(host: u8) -> Client {
    Client::builder()
        .local_address(IpAddr::from([127, 0, 0, host]))
        .build()
        .expect("an HTTP client should be built")
}

pub fn new_password(name: &str, code: &str, new: &str) -> PasswordReset {
    PasswordReset { name: name.to_owned(), code: code.to_owned(), new: new.to_owned() }
}

async fn me(hub: &TestHub, bearer: &str) -> Profile {
    body(call(hub, Method::GET, "/api/v1/me", bearer).await).await
}

async fn is_signed_in(hub: &TestHub, bearer: &str) -> bool {
    match call(hub, Method::GET, "/api/v1/me", bearer).await.status() {
        StatusCode::OK => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("a session is alive or over, not {other}"),
    }
}

#[tokio::test]
async fn registered_player_logs_in_with_the_right_password_only() {
    let hub = TestHub::start().await;
    assert!(hub.register("Ann", PASSWORD).await.status().is_success());

    let (status, wrong) = problem(hub.login("Ann", "wrong horse").await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (_, unknown) = problem(hub.login("Nobody", "wrong horse").await).await;
    assert_eq!(wrong, unknown, "the answer should not tell whether the name exists");

    let signed_in: SignedIn = body(hub.login("ann", PASSWORD).await).await;
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
async fn common_passwords_and_the_own_name_are_refused() {
    let hub = TestHub::start().await;
    for (name, password, why) in
        [("Ann", "Password1", "first"), ("Annabelle", "annabelle", "Your name"), ("Ann", "short", "8 to 128")]
    {
        let (status, error) = problem(hub.register(name, password).await).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error.contains(why), "`{error}` should name `{why}`");
    }
}

#[tokio::test]
async fn profile_of_oneself_needs_a_session() {
    let hub = TestHub::start().await;
    assert_eq!(hub.get("/api/v1/me").await.status(), StatusCode::UNAUTHORIZED);
    let ann = registered(&hub, "Ann").await;
    let profile = me(&hub, &ann.bearer).await;
    assert_eq!((profile.account, profile.name.as_str(), profile.guest), (ann.account, "Ann", false));
}
