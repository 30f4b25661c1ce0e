//! Text that is SQL somewhere else (threat T21).

use std::collections::BTreeSet;

use diesel::prelude::*;
use hub::{account::limit::Limits, store::schema::accounts};
use protocol::http::{Profile, SignedIn};
use reqwest::Method;
use serde_json::json;

use super::limited;
use crate::{
    account::{call, registered, store},
    support::{PASSWORD, answer, body, credentials},
};

#[tokio::test]
async fn t21_text_that_is_sql_stays_text() {
    let payloads = [
        "' OR '1'='1",
        "'; DROP TABLE a;--",
        "Ann'--",
        "Ann\";--",
        "1); SELECT 1;--",
        "' UNION SELECT 1--",
        "%' OR 1=1 --",
        "\\'; --",
        "Ann\u{0}x",
        "$1 {0} %s ?",
        "'||(SELECT 1)||'",
    ];
    let hub = limited(|limits| Limits { failures_before_pause: u32::MAX, ..limits }).await;
    let ann = registered(&hub, "Ann").await;
    let mut called = Vec::new();
    for payload in payloads {
        let made = hub.register(payload, PASSWORD).await;
        assert!(made.status().as_u16() < 500, "{payload}: {}", made.status());
        if made.status().is_success() {
            let made: SignedIn = body(made).await;
            assert_eq!(made.name.as_str(), payload, "a name is taken as it was typed");
            called.push(payload);
        }
        let id = payload.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let agent = payload.replace('\u{0}', "");
        let calls = [
            hub.http.post(hub.url("/api/v1/register")).json(&json!({ "name": "Bob", "password": payload })),
            hub.http.post(hub.url("/api/v1/login")).json(&json!({ "name": payload, "password": payload })),
            hub.http.post(hub.url("/api/v1/login")).json(&json!({ "name": "Ann", "password": payload })),
            hub.http.post(hub.url("/api/v1/claim")).json(&json!({ "name": payload, "password": payload })),
            hub.http
                .post(hub.url("/api/v1/password"))
                .bearer_auth(&ann.bearer)
                .json(&json!({ "current": payload, "new": payload })),
            hub.http
                .post(hub.url("/api/v1/password/reset"))
                .json(&json!({ "name": payload, "code": payload, "new": "another good horse" })),
            hub.http
                .post(hub.url("/api/v1/account/delete"))
                .bearer_auth(&ann.bearer)
                .json(&json!({ "password": payload })),
            hub.http.delete(hub.url(&format!("/api/v1/sessions/{id}"))).bearer_auth(&ann.bearer),
            hub.http.get(hub.url(&format!("/api/v1/profiles/{id}"))),
            hub.http.get(hub.url("/api/v1/me")).bearer_auth(&agent),
            hub.http.get(hub.url("/api/v1/me")).header("Cookie", format!("fogline_session={agent}")),
            hub.http
                .post(hub.url("/api/v1/login"))
                .header("User-Agent", &agent)
                .json(&credentials("Ann", PASSWORD)),
        ];
        for request in calls {
            let response = answer(request).await;
            let (status, url) = (response.status(), response.url().clone());
            assert!(status.as_u16() < 500, "{payload} at {url}: {status}");
        }
    }

    let me: Profile = body(call(&hub, Method::GET, "/api/v1/me", &ann.bearer).await).await;
    assert_eq!((me.account, me.name.as_str()), (ann.account, "Ann"));
    assert!(hub.login("Ann", PASSWORD).await.status().is_success(), "the password is what it was");
    let there = store(&hub)
        .read(|connection| {
            let players = accounts::table.filter(accounts::role.eq("player"));
            players.select(accounts::name).load::<String>(connection)
        })
        .await
        .expect("the accounts should be there");
    // A payload that is long enough to be a password made `Bob` once.
    let expected = called.iter().copied().chain(["Ann", "Bob"]).collect::<BTreeSet<_>>();
    assert_eq!(there.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}
