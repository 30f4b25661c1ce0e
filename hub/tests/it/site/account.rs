use protocol::http::SignedIn;
use reqwest::StatusCode;

use crate::{
    site::{location, post_form, seen_by, text},
    support::{PASSWORD, TestHub, answer, body},
};

#[tokio::test]
async fn visitor_who_is_not_signed_in_is_led_to_signing_in() {
    let hub = TestHub::start().await;
    for path in ["/account", "/history"] {
        assert_eq!(location(&hub.get(path).await), "/login");
    }
    for path in ["/account/claim", "/account/password", "/account/sessions/end", "/account/delete"] {
        assert_eq!(location(&post_form(&hub, path, None, &[]).await), "/login");
    }
    assert_eq!(location(&post_form(&hub, "/account/sessions/end-all", None, &[]).await), "/login");
}

#[tokio::test]
async fn guest_keeps_the_account_under_a_name_and_password() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    let page = seen_by(&hub, &guest.bearer, "/account").await;
    assert!(page.contains("Keep this account") && page.contains("Guest"), "{page}");

    let claim = |name: &'static str, password: &'static str| [("name", name), ("password", password)];
    let refused = post_form(&hub, "/account/claim", Some(&guest.bearer), &claim("Ann", "short")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(refused).await;
    assert!(page.contains("value=\"Ann\"") && page.contains("claim-password-flaw"), "{page}");
    assert!(!page.contains("short"), "a password should not come back");

    let kept = post_form(&hub, "/account/claim", Some(&guest.bearer), &claim("Ann", PASSWORD)).await;
    assert_eq!(location(&kept), "/account?done=claimed");
    let page = seen_by(&hub, &guest.bearer, "/account?done=claimed").await;
    assert!(page.contains("yours for good") && page.contains("Change your password"), "{page}");
    let signed_in: SignedIn = body(hub.login("Ann", PASSWORD).await).await;
    assert_eq!(signed_in.account, guest.account);
}

#[tokio::test]
async fn password_is_changed_with_the_present_one_only() {
    let hub = TestHub::start().await;
    let ann: SignedIn = body(hub.register("Ann", PASSWORD).await).await;
    let change = |current: &'static str| [("current", current), ("new", "battery staple")];
    let refused = post_form(&hub, "/account/password", Some(&ann.bearer), &change("wrong horse")).await;
    assert!(refused.status().is_client_error());
    let page = text(refused).await;
    assert!(page.contains("password-current-flaw"), "the error should stand at the field: {page}");
    assert!(!page.contains("wrong horse") && !page.contains("battery staple"));

    let changed = post_form(&hub, "/account/password", Some(&ann.bearer), &change(PASSWORD)).await;
    assert_eq!(location(&changed), "/account?done=password");
    assert!(hub.login("Ann", "battery staple").await.status().is_success());
    assert!(hub.login("Ann", PASSWORD).await.status().is_client_error());
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let hub = TestHub::start().await;
    let here: SignedIn = body(hub.register("Ann", PASSWORD).await).await;
    let there: SignedIn = body(hub.login("Ann", PASSWORD).await).await;
    let page = seen_by(&hub, &here.bearer, "/account").await;
    let ids: Vec<&str> = page
        .match_indices("name=\"id\" value=\"")
        .filter_map(|(at, found)| page[at + found.len()..].split('"').next())
        .collect();
    assert_eq!(ids.len(), 2, "{page}");
    assert_eq!(page.matches("this one").count(), 1, "{page}");

    let unknown = [("id", "0000000000000000")];
    let refused = post_form(&hub, "/account/sessions/end", Some(&here.bearer), &unknown).await;
    assert!(refused.status().is_client_error());
    let row = |id: &str| page.split("<tr>").find(|row| row.contains(id)).unwrap_or_default();
    let other = ids.iter().find(|id| !row(id).contains("this one"));
    let id = *other.expect("the other session should be listed");
    let ended = post_form(&hub, "/account/sessions/end", Some(&here.bearer), &[("id", id)]).await;
    assert_eq!(location(&ended), "/account?done=session");
    let gone = answer(hub.http.get(hub.url("/account")).bearer_auth(&there.bearer)).await;
    assert_eq!(location(&gone), "/login");

    let ended = post_form(&hub, "/account/sessions/end-all", Some(&here.bearer), &[]).await;
    assert_eq!(location(&ended), "/login?done=everywhere");
    let gone = answer(hub.http.get(hub.url("/account")).bearer_auth(&here.bearer)).await;
    assert_eq!(location(&gone), "/login");
    assert!(text(hub.get("/login?done=everywhere").await).await.contains("signed out everywhere"));
}

#[tokio::test]
async fn account_is_deleted_with_its_password_only() {
    let hub = TestHub::start().await;
    let ann: SignedIn = body(hub.register("Ann", PASSWORD).await).await;
    let wrong = [("password", "wrong horse")];
    let refused = post_form(&hub, "/account/delete", Some(&ann.bearer), &wrong).await;
    assert!(refused.status().is_client_error());
    assert!(text(refused).await.contains("delete-password-flaw"), "the error should stand at the field");

    let right = [("password", PASSWORD)];
    let deleted = post_form(&hub, "/account/delete", Some(&ann.bearer), &right).await;
    assert_eq!(location(&deleted), "/?done=deleted");
    assert_eq!(hub.get("/profile/Ann").await.status(), StatusCode::NOT_FOUND);
    assert!(hub.login("Ann", PASSWORD).await.status().is_client_error());
}

#[tokio::test]
async fn guest_ticks_a_box_before_the_account_goes() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    let refused = post_form(&hub, "/account/delete", Some(&guest.bearer), &[]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(refused).await.contains("Tick this box first"));
    let deleted = post_form(&hub, "/account/delete", Some(&guest.bearer), &[("sure", "yes")]).await;
    assert_eq!(location(&deleted), "/?done=deleted");
}

#[tokio::test]
async fn login_page_tells_how_to_get_a_lost_account_back() {
    let hub = TestHub::start().await;
    let page = text(hub.get("/login").await).await;
    assert!(page.contains("href=\"/reset\"") && page.contains("operator of this hub"), "{page}");
    assert!(hub.register("Ann", PASSWORD).await.status().is_success());
    let typed = [("name", "Ann"), ("code", "AAAAA-BBBBB-CCCCC-DDDDD"), ("new", "battery staple")];
    let refused = post_form(&hub, "/reset", None, &typed).await;
    assert!(refused.status().is_client_error());
    let page = text(refused).await;
    assert!(page.contains("reset-code-flaw") && page.contains("AAAAA-BBBBB-CCCCC-DDDDD"), "{page}");
    assert!(!page.contains("battery staple"));
}
