use hub::clock::unix_ms;
use protocol::{
    http::{PasswordChange, Profile, SignedIn},
    refusal::Refusal,
};
use reqwest::StatusCode;

use super::{OTHER_PASSWORD, is_signed_in, me, new_password, post, registered, reset_code};
use crate::support::{PASSWORD, Player, TestHub, body, credentials, problem};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn change(current: &str, new: &str) -> PasswordChange {
    PasswordChange { current: current.to_owned(), new: new.to_owned() }
}

#[tokio::test]
async fn changing_the_password_ends_all_other_sessions() {
    let hub = TestHub::start().await;
    let elsewhere = registered(&hub, "Ann").await;
    let mut socket = Player::connect(&hub, elsewhere.clone()).await.socket;
    let here: SignedIn = body(hub.login("Ann", PASSWORD).await).await;

    let wrong = post(&hub, "/api/v1/password", &here.bearer, &change("wrong horse", OTHER_PASSWORD)).await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let weak = post(&hub, "/api/v1/password", &here.bearer, &change(PASSWORD, "12345678")).await;
    assert_eq!(weak.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_signed_in(&hub, &elsewhere.bearer).await, "nothing has changed yet");

    let changed = post(&hub, "/api/v1/password", &here.bearer, &change(PASSWORD, OTHER_PASSWORD)).await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    assert!(is_signed_in(&hub, &here.bearer).await);
    assert!(!is_signed_in(&hub, &elsewhere.bearer).await);
    assert_eq!(socket.refusal().await, Refusal::SessionEnded);
    assert_eq!(hub.login("Ann", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert!(hub.login("Ann", OTHER_PASSWORD).await.status().is_success());
}

#[tokio::test]
async fn guest_has_no_password_to_change() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    let change = change(PASSWORD, OTHER_PASSWORD);
    let (status, error) = problem(post(&hub, "/api/v1/password", &guest.bearer, &change).await).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(error.contains("no password"), "{error}");
}

#[tokio::test]
async fn claimed_guest_keeps_account_session_and_place_in_the_queue() {
    let hub = TestHub::start().await;
    let mut guest = hub.player().await;
    guest.join_queue().await;
    let claimed = post(&hub, "/api/v1/claim", &guest.bearer, &credentials("Ann", PASSWORD)).await;
    let claimed: Profile = body(claimed).await;
    assert_eq!((claimed.account, claimed.name.as_str(), claimed.guest), (guest.account, "Ann", false));

    let ann: SignedIn = body(hub.login("ann", PASSWORD).await).await;
    assert_eq!(ann.account, guest.account, "the account is the same");
    assert!(is_signed_in(&hub, &guest.bearer).await, "the guest's session goes on");
    let mut again = Player::connect(&hub, ann).await;
    assert_eq!(again.queued().await, 1, "the place in the queue is kept");
    assert_eq!(guest.socket.refusal().await, Refusal::SignedInElsewhere);
}

#[tokio::test]
async fn claim_is_for_guests_and_for_names_that_are_free() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let (status, _) =
        problem(post(&hub, "/api/v1/claim", &ann.bearer, &credentials("Eve", PASSWORD)).await).await;
    assert_eq!(status, StatusCode::CONFLICT, "Ann is no guest");

    let guest = hub.guest().await;
    for (name, password, expected) in [
        ("aNN", PASSWORD, StatusCode::CONFLICT),
        ("Guest-1", PASSWORD, StatusCode::UNPROCESSABLE_ENTITY),
        ("Deleted-1", PASSWORD, StatusCode::UNPROCESSABLE_ENTITY),
        ("Admin", PASSWORD, StatusCode::UNPROCESSABLE_ENTITY),
        ("Eve", "12345678", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let refused = post(&hub, "/api/v1/claim", &guest.bearer, &credentials(name, password)).await;
        assert_eq!(refused.status(), expected, "{name}");
    }
    assert!(me(&hub, &guest.bearer).await.guest, "a claim that is refused changes nothing");
}

#[tokio::test]
async fn one_time_code_sets_a_password_once_and_ends_all_sessions() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let mut socket = Player::connect(&hub, ann.clone()).await.socket;
    let code = reset_code(&hub, ann.account, unix_ms() + DAY_MS).await;
    let typed = new_password("ann", &code.to_lowercase().replace('-', " "), OTHER_PASSWORD);

    let done = hub.post("/api/v1/password/reset", &typed).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    assert_eq!(socket.refusal().await, Refusal::SessionEnded);
    assert!(!is_signed_in(&hub, &ann.bearer).await);
    assert_eq!(hub.login("Ann", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert!(hub.login("Ann", OTHER_PASSWORD).await.status().is_success());
    let again = hub.post("/api/v1/password/reset", &new_password("Ann", &code, PASSWORD)).await;
    assert_eq!(again.status(), StatusCode::FORBIDDEN, "a code works once");
}

#[tokio::test]
async fn old_and_replaced_codes_do_not_work() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let old = reset_code(&hub, ann.account, unix_ms() - 1).await;
    let refused = hub.post("/api/v1/password/reset", &new_password("Ann", &old, OTHER_PASSWORD)).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);

    let first = reset_code(&hub, ann.account, unix_ms() + DAY_MS).await;
    let second = reset_code(&hub, ann.account, unix_ms() + DAY_MS).await;
    let refused = hub.post("/api/v1/password/reset", &new_password("Ann", &first, OTHER_PASSWORD)).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let done = hub.post("/api/v1/password/reset", &new_password("Ann", &second, OTHER_PASSWORD)).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
}
