//! Pages of other sites that send requests with our cookie (threat T23).

use protocol::http::SessionRow;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    account::{call, registered},
    support::{PASSWORD, TestHub, answer, body},
};

/// Every call that changes something, with a body that would do it.
fn calls() -> Vec<(Method, &'static str, Value)> {
    vec![
        (Method::POST, "/api/v1/guest", json!({})),
        (Method::POST, "/api/v1/register", json!({ "name": "Eve", "password": PASSWORD })),
        (Method::POST, "/api/v1/login", json!({ "name": "Ann", "password": PASSWORD })),
        (Method::POST, "/api/v1/logout", json!({})),
        (Method::POST, "/api/v1/socket-token", json!({})),
        (Method::POST, "/api/v1/claim", json!({ "name": "Eve", "password": PASSWORD })),
        (Method::POST, "/api/v1/password", json!({ "current": PASSWORD, "new": "another good horse" })),
        (Method::POST, "/api/v1/password/reset", json!({ "name": "Ann", "code": "A", "new": PASSWORD })),
        (Method::POST, "/api/v1/account/delete", json!({ "password": PASSWORD })),
        (Method::POST, "/api/v1/sessions/end-all", json!({})),
        (Method::DELETE, "/api/v1/sessions/0123456789abcdef", json!({})),
    ]
}

#[tokio::test]
async fn t23_calls_from_another_site_change_nothing() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let cookie = format!("fogline_session={}", ann.bearer);
    let forms = ["/register", "/login", "/logout", "/guest"].map(|path| (Method::POST, path, json!({})));
    let foreign: [&[(&str, &str)]; 4] = [
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", "http://evil.127.0.0.1")],
    ];
    for (method, path, sent) in calls().into_iter().chain(forms) {
        for headers in foreign {
            let mut request = hub.http.request(method.clone(), hub.url(path)).header("Cookie", &cookie);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let refused = answer(request.json(&sent)).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{method} {path} with {headers:?}");
        }
    }
    let sessions: Vec<SessionRow> =
        body(call(&hub, Method::GET, "/api/v1/sessions", &ann.bearer).await).await;
    assert_eq!(sessions.len(), 1, "nobody signed in, nobody was signed out");
    assert!(hub.login("Ann", PASSWORD).await.status().is_success(), "the password is what it was");
    assert_eq!(hub.login("Eve", PASSWORD).await.status(), StatusCode::UNAUTHORIZED, "nobody registered");
}

#[tokio::test]
async fn t23_no_address_changes_something_when_it_is_read() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    for (method, path, _) in calls() {
        let read = call(&hub, Method::GET, path, &ann.bearer).await;
        assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED, "{path} is for {method}");
    }
    assert!(hub.history(&ann.bearer).await.is_empty(), "the session goes on");
}
