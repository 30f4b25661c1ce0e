//! Too many calls (threat T11) and guessing passwords (threat T18).

use hub::account::limit::Limits;
use protocol::http::{Deletion, PasswordChange};
use reqwest::{Client, Response, StatusCode, header};

use super::{limited, passwords_hashed};
use crate::{
    account::{elsewhere, new_password, post, registered},
    support::{PASSWORD, TestHub, answer, credentials},
};

fn seconds_to_wait(response: &Response) -> u64 {
    let seconds = response.headers().get(header::RETRY_AFTER).expect("a refusal should say until when");
    seconds.to_str().ok().and_then(|seconds| seconds.parse().ok()).expect("it should say so in seconds")
}

async fn log_in(hub: &TestHub, client: &Client, name: &str, password: &str) -> Response {
    answer(client.post(hub.url("/api/v1/login")).json(&credentials(name, password))).await
}

#[tokio::test]
async fn t11_address_that_sends_too_much_is_told_when_to_come_back() {
    let hub = limited(|limits| Limits { requests_per_second: 1, ..limits }).await;
    let mut refused = None;
    for _ in 0..20 {
        let response = hub.get("/api/v1/status").await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(response);
        }
    }
    let refused = refused.expect("20 requests at once should be too many");
    assert!((1..=2).contains(&seconds_to_wait(&refused)));
    assert!(hub.get("/").await.status().is_success(), "pages are read freely");
    let other = answer(elsewhere(2).get(hub.url("/api/v1/status"))).await;
    assert!(other.status().is_success(), "another address has its own count");
}

#[tokio::test]
async fn t11_accounts_and_guests_of_one_address_are_limited() {
    let limits = Limits { guest_per_hour: 4, register_per_hour: 2, ..Limits::default() };
    let hub = limited(|_| limits).await;
    let first = registered(&hub, "Ann").await;
    registered(&hub, "Bob").await;
    let third = hub.register("Eve", PASSWORD).await;
    assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!((60..=1800).contains(&seconds_to_wait(&third)));
    for _ in 0..2 {
        hub.guest().await;
    }
    let guest = answer(hub.http.post(hub.url("/api/v1/guest"))).await;
    assert_eq!(guest.status(), StatusCode::TOO_MANY_REQUESTS);

    assert!(hub.history(&first.bearer).await.is_empty(), "who is signed in stays so");
    assert!(hub.login("Ann", PASSWORD).await.status().is_success());
}

#[tokio::test]
async fn t18_guesses_beyond_the_limit_are_not_evaluated() {
    let hub = TestHub::start().await;
    let owner = registered(&hub, "Ann").await;
    let strangers = (2..7).map(elsewhere).collect::<Vec<_>>();
    for stranger in &strangers {
        assert_eq!(log_in(&hub, stranger, "Ann", "wrong horse").await.status(), StatusCode::UNAUTHORIZED);
    }
    let before = passwords_hashed(&hub).await;
    for (round, stranger) in strangers.iter().cycle().take(200).enumerate() {
        let password = if round % 2 == 0 { PASSWORD } else { "wrong horse" };
        let refused = log_in(&hub, stranger, "Ann", password).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "even the right password waits");
        assert!((1..=60).contains(&seconds_to_wait(&refused)));
    }
    assert_eq!(passwords_hashed(&hub).await, before, "nothing should be hashed for them");

    assert!(hub.history(&owner.bearer).await.is_empty(), "the signed-in owner goes on");
    hub.socket_token(&owner.bearer).await;
    let again = post(&hub, "/api/v1/login", &owner.bearer, &credentials("Ann", PASSWORD)).await;
    assert!(again.status().is_success(), "and signs in anew where there is a session already");
    registered(&hub, "Bob").await;
    assert!(hub.login("Bob", PASSWORD).await.status().is_success(), "others are not concerned");
}

#[tokio::test]
async fn t18_guesses_at_once_are_no_way_around_the_pause() {
    let hub = TestHub::start().await;
    registered(&hub, "Ann").await;
    let before = passwords_hashed(&hub).await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let guess = hub.http.post(hub.url("/api/v1/login")).json(&credentials("Ann", "wrong horse"));
        guesses.spawn(async move { answer(guess).await.status() });
    }
    let statuses = guesses.join_all().await;
    let evaluated = statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert_eq!(evaluated, 5);
    assert_eq!(passwords_hashed(&hub).await - before, 5);
}

#[tokio::test]
async fn t18_address_that_tries_many_names_is_slowed_down() {
    let hub = limited(|limits| Limits { login_per_10_min: 20, ..limits }).await;
    registered(&hub, "Ann").await;
    let stranger = elsewhere(2);
    for number in 0..20 {
        let guess = log_in(&hub, &stranger, &format!("Player {number}"), "wrong horse").await;
        assert_eq!(guess.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = log_in(&hub, &stranger, "Player 21", "wrong horse").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=30).contains(&seconds_to_wait(&refused)));
    let code = stranger.post(hub.url("/api/v1/password/reset"));
    let code = answer(code.json(&new_password("Ann", "A", PASSWORD))).await;
    assert_eq!(code.status(), StatusCode::TOO_MANY_REQUESTS, "codes count, too");
    assert!(hub.login("Ann", PASSWORD).await.status().is_success(), "another address is free");
}

#[tokio::test]
async fn t18_stolen_session_does_not_help_to_guess_the_password() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let change =
        |current: &str| PasswordChange { current: current.to_owned(), new: "a new horse".to_owned() };
    for _ in 0..5 {
        let wrong = post(&hub, "/api/v1/password", &ann.bearer, &change("wrong horse")).await;
        assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    }
    let deletion = Deletion { password: Some(PASSWORD.to_owned()) };
    for refused in [
        post(&hub, "/api/v1/password", &ann.bearer, &change(PASSWORD)).await,
        post(&hub, "/api/v1/account/delete", &ann.bearer, &deletion).await,
        post(&hub, "/api/v1/login", &ann.bearer, &credentials("Ann", PASSWORD)).await,
    ] {
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(hub.login("Ann", PASSWORD).await.status().is_success(), "the owner signs in elsewhere");
}
