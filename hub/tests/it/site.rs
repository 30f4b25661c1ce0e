mod account;
mod matches;

use std::fs;

use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::support::{PASSWORD, TestHub, addresses, answer, body, credentials};

pub async fn text(response: Response) -> String {
    response.text().await.expect("the page should be text")
}

/// Sends a form as a page of the hub does.
pub async fn post_form(hub: &TestHub, path: &str, bearer: Option<&str>, fields: &[(&str, &str)]) -> Response {
    let fields = fields.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value)));
    let mut request = hub
        .http
        .post(hub.url(path))
        .header(header::ORIGIN, hub.origin())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(fields.collect::<Vec<_>>().join("&"));
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    answer(request).await
}

/// Percent-encoded, for a query, a form or one segment of a path.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        plain if plain.is_ascii_alphanumeric() => char::from(plain).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A page as somebody signed in sees it.
async fn seen_by(hub: &TestHub, bearer: &str, path: &str) -> String {
    text(answer(hub.http.get(hub.url(path)).bearer_auth(bearer)).await).await
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "a form that is done should lead on");
    let location = response.headers()[header::LOCATION].to_str();
    location.expect("the location should be text")
}

fn policy(response: &Response) -> String {
    response
        .headers()
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|policy| policy.to_str().ok())
        .expect("every page should have a policy")
        .to_owned()
}

fn cookie(response: &Response) -> String {
    let set = response.headers().get(header::SET_COOKIE).expect("a session should be set");
    let set = set.to_str().expect("the cookie should be text");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    set.split(';').next().unwrap_or(set).to_owned()
}

#[tokio::test]
async fn landing_page_offers_to_play_and_tells_true_counts() {
    let hub = TestHub::start().await;
    let _player = hub.player().await;
    let _room = hub.room().await;
    let page = text(hub.get("/").await).await;
    assert!(page.contains("Play as guest") && page.contains("1 of 1"), "{page}");
    let status: Value = body(hub.get("/api/v1/status").await).await;
    assert_eq!(status["players_online"], 1);
    assert_eq!(status["rooms_free"], 1);
}

#[tokio::test]
async fn guest_button_leads_to_the_game_with_a_session() {
    let hub = TestHub::start().await;
    let response = answer(hub.http.post(hub.url("/guest")).header("Origin", hub.origin())).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/play");
    let cookie = cookie(&response);

    let history = hub.http.get(hub.url("/history")).header("Cookie", &cookie);
    let page = text(answer(history).await).await;
    assert!(page.contains("No match yet") && page.contains("Guest-"), "{page}");
    let token = hub.http.post(hub.url("/api/v1/socket-token")).header("Cookie", &cookie);
    assert!(answer(token.header("Origin", hub.origin())).await.status().is_success());
}

#[tokio::test]
async fn form_shows_what_is_wrong_and_keeps_the_name() {
    let hub = TestHub::start().await;
    let form = |password: &str| {
        hub.http
            .post(hub.url("/register"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("name=Ann&password={password}"))
    };
    let refused = answer(form("short")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(refused).await;
    assert!(page.contains("8 to 128") && page.contains("value=\"Ann\""), "{page}");
    let accepted = answer(form("correct-horse")).await;
    assert_eq!(accepted.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn request_from_another_site_is_refused() {
    let hub = TestHub::start().await;
    let cross = |header: &'static str, value: &'static str| {
        hub.http.post(hub.url("/api/v1/register")).header(header, value).json(&credentials("Ann", PASSWORD))
    };
    for (header, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
        assert_eq!(answer(cross(header, value)).await.status(), StatusCode::FORBIDDEN);
    }
    let native = hub.register("Ann", PASSWORD).await;
    assert!(native.status().is_success(), "a native client names no origin");
}

#[tokio::test]
async fn play_page_shows_the_build_until_the_client_is_there() {
    let hub = TestHub::start().await;
    let web_root = hub.web_root();
    let page = text(hub.get("/play").await).await;
    assert!(page.contains("being built") && page.contains("/building.js"), "{page}");

    let told = r#"{"step": "compiling", "done": 120, "total": 480, "seconds": 35}"#;
    fs::write(web_root.with_file_name("web.progress.json"), told).expect("the progress should be written");
    let progress: Value = body(hub.get("/play/progress").await).await;
    assert_eq!(progress["ready"], false);
    assert_eq!(progress["step"], "compiling");
    assert_eq!(progress["total"], 480);

    fs::create_dir_all(&web_root).expect("the web root should be made");
    fs::write(web_root.join("index.html"), r#"<script nonce="{{__TRUNK NONCE__}}">1</script>"#)
        .expect("the page should be written");
    fs::write(web_root.join("client-0123456789abcdef_bg.wasm"), b"\0asm")
        .expect("the wasm should be written");

    let first = hub.get("/play").await;
    let policies = policy(&first);
    let first = text(first).await;
    let nonce = first.split('"').nth(1).expect("the page should have a nonce attribute").to_owned();
    assert!(policies.contains(&format!("'nonce-{nonce}'")), "{policies} should allow {nonce}");
    assert_ne!(first, text(hub.get("/play").await).await, "a nonce should be used once");
    let progress: Value = body(hub.get("/play/progress").await).await;
    assert_eq!(progress["ready"], true);

    let wasm = hub.get("/play/client-0123456789abcdef_bg.wasm").await;
    assert_eq!(wasm.headers()[header::CONTENT_TYPE], "application/wasm");
    let caching = wasm.headers()[header::CACHE_CONTROL].to_str().expect("it should be text");
    assert!(caching.contains("immutable"), "{caching}");
}

#[tokio::test]
async fn play_page_may_connect_to_the_registered_rooms_only() {
    let hub = TestHub::start().await;
    fs::create_dir_all(hub.web_root()).expect("the web root should be made");
    fs::write(hub.web_root().join("index.html"), "game").expect("the page should be written");
    let before = policy(&hub.get("/play").await);
    assert!(before.contains("connect-src 'self' 'unsafe-webtransport-hashes'"), "{before}");
    assert!(before.contains(&format!("ws://{}", hub.address)), "{before}");
    assert!(!before.contains(&addresses().webtransport.url), "{before}");

    let _room = hub.room().await;
    let after = policy(&hub.get("/play").await);
    assert!(after.contains(&addresses().webtransport.url), "{after}");
    assert!(after.contains(&addresses().websocket), "{after}");
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let hub = TestHub::start().await;
    let paths = ["/", "/login", "/reset", "/rooms", "/play", "/style.css", "/api/v1/status", "/no/such/page"];
    for path in paths {
        let response = hub.get(path).await;
        assert!(policy(&response).contains("default-src 'self'"), "{path}");
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{path}");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin", "{path}");
        assert!(headers.contains_key("permissions-policy"), "{path}");
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "{path} is served without TLS");
    }
    assert_eq!(hub.get("/no/such/page").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_hold_no_script_or_style_of_their_own() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    let profile = format!("/profile/{}", encoded(guest.name.as_str()));
    let paths = [
        "/",
        "/login",
        "/register",
        "/reset",
        "/account",
        "/history",
        "/leaderboard",
        "/rooms",
        "/join/ABCDEF",
        "/matches/none",
        &profile,
    ];
    for path in paths {
        let page = seen_by(&hub, &guest.bearer, path).await;
        assert!(page.starts_with("<!doctype html>"), "{path} should be a page: {page}");
        for own in ["<script", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!page.contains(own), "{path} should hold no `{own}`");
        }
    }
}

#[tokio::test]
async fn pages_of_somebody_are_kept_by_no_cache() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    for path in ["/account", "/history", "/"] {
        let page = answer(hub.http.get(hub.url(path)).bearer_auth(&guest.bearer)).await;
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-store", "{path}");
    }
}

#[tokio::test]
async fn address_cannot_put_words_on_a_page() {
    let hub = TestHub::start().await;
    let page = text(hub.get("/?done=your-account-was-hacked").await).await;
    assert!(!page.contains("hacked") && !page.contains("class=\"notice\""), "{page}");
}
