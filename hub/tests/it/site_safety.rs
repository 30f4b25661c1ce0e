//! What must not come through the pages: markup that somebody typed (threat T22), files and answers
//! that nobody asked for (threat T29).

mod raw;

use std::fs;

use reqwest::{Response, StatusCode, header};

use crate::{
    site::{encoded, post_form, text},
    site_safety::raw::{Payload, answers, exchange, framings, header_lines, targets},
    support::{PASSWORD, TestHub, answer, body},
};

/// One line each; every line holds a character that HTML gives a meaning.
const MARKUP: &str = include_str!("site_safety/markup.txt");

/// Lies in files that no address leads to.
const SECRET: &str = "a-secret-of-this-test";

/// What else must never be answered: the database, a system's accounts, a manifest.
const FOREIGN: [&str; 3] = ["SQLite format 3", "root:x:0:0", "[package]"];

fn escaped(text: &str) -> String {
    let letter = |letter: char| match letter {
        '<' | '>' | '&' | '"' | '\'' => format!("&#{};", u32::from(letter)),
        letter => letter.to_string(),
    };
    text.chars().map(letter).collect()
}

/// The page of an answer, which must be guarded and free of `markup`.
async fn harmless(response: Response, markup: &str) -> String {
    let from = response.url().clone();
    assert!(response.status().as_u16() < 500, "{from} should not fail: {}", response.status());
    assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{from}");
    assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY), "{from}");
    let page = text(response).await;
    assert!(!page.contains(markup), "{from} should not carry `{markup}` as markup: {page}");
    page
}

#[tokio::test]
async fn t22_addresses_never_become_markup() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    assert!(MARKUP.lines().count() >= 100);
    for markup in MARKUP.lines() {
        let typed = encoded(markup);
        let paths = [
            format!("/{typed}"),
            format!("/profile/{typed}"),
            format!("/matches/{typed}"),
            format!("/join/{typed}"),
            format!("/play/{typed}"),
            format!("/?done={typed}"),
            format!("/login?done={typed}"),
            format!("/account?done={typed}&{typed}"),
            format!("/history?before={typed}"),
        ];
        for path in paths {
            let request = hub.http.get(hub.url(&path)).bearer_auth(&guest.bearer);
            harmless(answer(request).await, markup).await;
        }
    }
}

#[tokio::test]
async fn t22_what_was_typed_comes_back_as_text() {
    let hub = TestHub::start().await;
    let mut shown = 0;
    for markup in MARKUP.lines() {
        let forms = [
            post_form(&hub, "/register", None, &[("name", markup), ("password", "short")]).await,
            post_form(&hub, "/reset", None, &[("name", markup), ("code", markup), ("new", "short")]).await,
        ];
        for refused in forms {
            let as_page = refused.headers()[header::CONTENT_TYPE] == "text/html; charset=utf-8";
            let page = harmless(refused, markup).await;
            if as_page {
                assert!(page.contains(&escaped(markup)), "`{markup}` should be kept in the form: {page}");
                shown += 1;
            }
        }
        harmless(post_form(&hub, some_form(markup), None, &[(markup, markup)]).await, markup).await;
    }
    assert!(shown >= 20, "the forms should have come back, {shown} did");
}

/// Where a form is taken, somewhere else from line to line.
fn some_form(markup: &str) -> &'static str {
    ["/login", "/register", "/reset", "/guest", "/logout", "/account/claim"][markup.len() % 6]
}

#[tokio::test]
async fn t22_names_and_devices_are_shown_as_text() {
    let hub = TestHub::start().await;
    for name in ["<script>a()</script>", "\"><svg/onload=a()>", "'onfocus=a() x='"] {
        let signed_in = hub.register(name, PASSWORD).await;
        let bearer = body::<protocol::http::SignedIn>(signed_in).await.bearer;
        let profile = format!("/profile/{}", encoded(name));
        for path in ["/", "/account", "/history", "/leaderboard", "/rooms", "/no/such/page", &profile] {
            let page = harmless(answer(hub.http.get(hub.url(path)).bearer_auth(&bearer)).await, name).await;
            assert!(page.contains(&escaped(name)), "{path} should show `{name}` as text: {page}");
        }
    }
    let device = "<img src=x onerror=a()>";
    let come = hub.http.post(hub.url("/api/v1/guest")).header(header::USER_AGENT, device);
    let bearer = body::<protocol::http::SignedIn>(answer(come).await).await.bearer;
    let account = answer(hub.http.get(hub.url("/account")).bearer_auth(&bearer)).await;
    let page = harmless(account, device).await;
    assert!(page.contains(&escaped(device)), "the device should be shown as text: {page}");
}

#[tokio::test]
async fn t22_names_with_hidden_characters_are_refused() {
    let hub = TestHub::start().await;
    let hidden =
        ['\0', '\u{7}', '\u{1b}', '\u{ad}', '\u{200b}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{feff}'];
    for letter in hidden {
        let name = format!("an{letter}n");
        let refused = hub.register(&name, PASSWORD).await;
        assert!(refused.status().is_client_error(), "{letter:?} in a name should be refused");
        let profile = hub.get(&format!("/profile/{}", encoded(&name))).await;
        assert_eq!(profile.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn t29_no_request_reaches_a_file_or_an_answer_of_others() {
    let hub = TestHub::start().await;
    let web_root = hub.web_root();
    fs::create_dir_all(web_root.join("snippets")).expect("the web root should be made");
    for (file, content) in [("client.js", "own"), ("snippets/inline.js", "own too")] {
        fs::write(web_root.join(file), content).expect("the file should be written");
    }
    for file in ["secret.txt", ".env", "web.progress.json.bak"] {
        fs::write(web_root.with_file_name(file), SECRET).expect("the file should be written");
    }
    assert_eq!(text(hub.get("/play/client.js").await).await, "own");

    let payloads: Vec<Payload> = targets().into_iter().chain(header_lines()).chain(framings()).collect();
    assert!(payloads.len() >= 100, "{} payloads", payloads.len());
    for payload in payloads {
        let raw = exchange(hub.address, &payload).await;
        let shown = payload.escaped();
        for foreign in FOREIGN.into_iter().chain([SECRET]) {
            assert!(!raw.contains(foreign), "{shown} should not lead to `{foreign}`: {raw}");
        }
        let answers = answers(&raw);
        assert!(answers.len() <= 1, "{shown} should have one answer at most: {raw}");
        for answer in answers {
            assert!(answer.status < 500, "{shown} should not fail: {raw}");
            let head = answer.head.to_ascii_lowercase();
            assert!(!head.contains("x-injected"), "{shown} should not write headers: {raw}");
            let elsewhere = head.lines().any(|line| line.starts_with("location:") && line.contains("evil"));
            assert!(!elsewhere, "{shown} should not lead elsewhere: {raw}");
        }
    }
    assert!(hub.get("/").await.status().is_success(), "the hub should go on serving");
}
