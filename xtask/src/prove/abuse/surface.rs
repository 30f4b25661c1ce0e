//! T21, T23, T27, T29 and T32: what can be typed, asked for and pretended from outside.

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use anyhow::{Result, ensure};
use protocol::http::Credentials;
use serde_json::json;

use super::stage::Stage;
use crate::prove::{
    dial::{connect, machine},
    http::Api,
    report::Figures,
};

/// What ends a string, a statement or a reader's patience in some database or other.
const STATEMENTS: &[&str] = &[
    "' OR '1'='1",
    "'; DROP TABLE accounts; --",
    "\" OR \"\"=\"",
    "') OR 1=1 --",
    "admin'--",
    "1; SELECT pg_sleep(9)",
    "' UNION SELECT * FROM",
    "\\'; --",
    "%' OR '%'='",
    "{{7*7}}",
    "\u{0}zero",
    "%00",
];

/// Ways out of a folder.
const PATHS: &[&str] = &[
    "/../../../../../../etc/passwd",
    "/play/../../../../../../etc/passwd",
    "/play/..%2f..%2f..%2f..%2f..%2fetc/passwd",
    "/play/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/play/..%5c..%5c..%5c..%5cetc/passwd",
    "/play//etc/passwd",
    "/play/....//....//....//etc/passwd",
    "/play/%00/../../etc/passwd",
    "/play/..;/..;/..;/etc/passwd",
    "//etc/passwd",
    "/fonts/../../../../../etc/passwd",
    "/play/\\..\\..\\..\\etc\\passwd",
    "/etc/passwd",
    "http://other.example/",
];

/// Names that a reader takes for somebody who runs the hub.
const STAFF: &[&str] = &[
    "admin",
    "Admin",
    "ADMIN",
    "аdmin",
    "admіn",
    "aԁmin",
    "administrator",
    "Moderator",
    "moderatоr",
    "mоderator",
    "operator",
    "οperator",
    "opеrator",
    "system",
    "ѕystem",
    "systеm",
    "fogline",
    "foglіne",
    "fоgline",
    "staff",
    "ѕtaff",
    "adrnin",
    "hub",
    "m0derator",
    "Fog-Line",
];

/// Public addresses that must not be, for anybody.
const OPERATORS: &[&str] = &["/metrics", "/healthz", "/readyz", "/rooms/drain"];

const CROSS_SITE: [(&str, &str); 2] = [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")];

pub fn injection(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let (owner, credentials) = stage.registered(21, 0)?;
    let (mut broken, mut let_in, mut sent) = (0, 0, 0);
    for (number, text) in STATEMENTS.iter().enumerate() {
        let api = Api::new(stage.address(), machine(21, 1 + number));
        let typed = |name: &str, password: &str| {
            serde_json::to_string(&Credentials { name: name.to_owned(), password: password.to_owned() })
        };
        let answers = [
            api.post("/api/v1/login", None, &typed(text, "correct horse battery")?)?,
            api.post("/api/v1/login", None, &typed(&credentials.name, text)?)?,
            api.post("/api/v1/register", None, &typed(text, "correct horse battery")?)?,
            api.get("/api/v1/history", Some(text.trim_matches('\0')))?,
        ];
        sent += answers.len();
        broken += answers.iter().filter(|answer| answer.status >= 500).count();
        let_in += answers[..2].iter().chain(&answers[3..]).filter(|answer| answer.status == 200).count();
    }
    figures.note("statements_tried", sent);
    figures.note("answers_of_500_and_more", broken);
    figures.note("let_in", let_in);
    ensure!(owner.history().is_ok(), "the tables should still be there");
    ensure!(broken + let_in == 0, "{broken} requests broke the hub, {let_in} were let in");
    Ok(())
}

pub fn other_sites(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let owner = stage.guest(23, 0)?;
    let cookie = format!("fogline_session={}", owner.bearer);
    let mut moved = 0;
    let calls = [
        ("/logout", ""),
        ("/guest", ""),
        ("/api/v1/guest", ""),
        ("/api/v1/logout", ""),
        ("/api/v1/socket-token", ""),
        ("/api/v1/register", "{\"name\":\"somebody\",\"password\":\"correct horse battery\"}"),
    ];
    for (path, body) in calls {
        let headers = [CROSS_SITE[0], CROSS_SITE[1], ("Cookie", cookie.as_str())];
        let answer = Api::new(stage.address(), machine(23, 1)).call("POST", path, None, body, &headers)?;
        moved += usize::from(answer.status != 403);
    }
    let mut sockets = 0;
    for path in ["/socket/client", "/socket/room"] {
        sockets += usize::from(upgraded(stage, path, CROSS_SITE[0].1)?);
    }
    let own = upgraded(stage, "/socket/client", &format!("http://{}", stage.address()))?;
    figures.note("calls_from_another_site", calls.len());
    figures.note("carried_out", moved);
    figures.note("sockets_opened_from_another_site", sockets);
    ensure!(moved + sockets == 0, "{moved} calls were carried out, {sockets} sockets opened");
    ensure!(own, "our own page should open a socket");
    ensure!(owner.history().is_ok(), "the session should live on");
    Ok(())
}

/// Whether a WebSocket is opened for a page of that origin.
fn upgraded(stage: &Stage<'_>, path: &str, origin: &str) -> Result<bool> {
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        stage.address()
    );
    Ok(raw(stage, head.as_bytes())?.starts_with("HTTP/1.1 101"))
}

pub fn admin(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let public = Api::new(stage.address(), machine(27, 0));
    let player = stage.guest(27, 1)?;
    let admin = stage.hub.admin()?;
    let (mut on_the_public_port, mut without_token) = (0, 0);
    for path in OPERATORS {
        for answer in [public.get(path, None)?, player.get(path)?, public.post(path, None, "")?] {
            on_the_public_port += usize::from((200..300).contains(&answer.status));
        }
    }
    for (method, path) in [("GET", "/rooms"), ("POST", "/rooms/drain")] {
        for bearer in [None, Some(player.bearer.as_str()), Some("wrong"), Some(stage.host_key.as_str())] {
            let answer = admin.call(method, path, bearer, "", &[])?;
            without_token += usize::from(answer.status != 401 && answer.status != 403);
        }
    }
    let loopback = admin.hub.ip().is_loopback();
    figures.note("answered_on_the_public_port", on_the_public_port);
    figures.note("answered_without_the_token", without_token);
    figures.note("admin_port_on_loopback", loopback);
    ensure!(on_the_public_port + without_token == 0, "operators' calls were answered to others");
    ensure!(loopback, "the admin port should be on loopback only");
    Ok(())
}

pub fn paths(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let (mut broken, mut leaked) = (0, 0);
    for path in PATHS {
        let head = format!("GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
        let answer = raw(stage, head.as_bytes())?;
        leaked += usize::from(answer.contains("root:"));
        broken += usize::from(answer.starts_with("HTTP/1.1 5"));
    }
    // Two lengths, and a body that could be read as another request.
    let doubled = "POST /api/v1/guest HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\
                   Transfer-Encoding: chunked\r\nContent-Length: 40\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: hub\r\n\r\n";
    let smuggled = usize::from(raw(stage, doubled.as_bytes())?.matches("HTTP/1.1 200").count() > 1);
    figures.note("paths_tried", PATHS.len());
    figures.note("files_leaked", leaked);
    figures.note("answers_of_500_and_more", broken);
    figures.note("requests_smuggled", smuggled);
    ensure!(leaked + broken + smuggled == 0, "{leaked} leaked, {broken} broke the hub, {smuggled} smuggled");
    Ok(())
}

pub fn names(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let mut taken = Vec::new();
    for (number, name) in STAFF.iter().enumerate() {
        let credentials =
            Credentials { name: (*name).to_owned(), password: "correct horse battery".to_owned() };
        let api = Api::new(stage.address(), machine(32, number));
        let answer = api.post("/api/v1/register", None, &serde_json::to_string(&credentials)?)?;
        if (200..300).contains(&answer.status) {
            taken.push(*name);
        }
    }
    figures.note("names_tried", STAFF.len());
    figures.note("names_given", json!(taken));
    ensure!(taken.is_empty(), "{} names of staff were given away: {taken:?}", taken.len());
    Ok(())
}

/// Whatever the hub answers to these bytes within a second or two.
fn raw(stage: &Stage<'_>, bytes: &[u8]) -> Result<String> {
    let mut stream = connect(machine(29, 0), stage.address())?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    let mut chunk = [0; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..read]);
        if answer.len() > 1 << 20 {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
