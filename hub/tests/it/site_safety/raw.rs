//! Requests that no client library would write, byte by byte.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Longest wait for an answer or for the end of the connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ways to write "one folder up, then the secret", most of which no file system knows.
const CLIMBS: [&str; 30] = [
    "../secret.txt",
    "./../secret.txt",
    "snippets/../../secret.txt",
    "snippets/../../../secret.txt",
    "..//secret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "..%2fsecret.txt",
    "..%2Fsecret.txt",
    "..%5csecret.txt",
    "..\\secret.txt",
    "..%252fsecret.txt",
    "%252e%252e%252fsecret.txt",
    "..%c0%afsecret.txt",
    "%c0%ae%c0%ae/secret.txt",
    "..%ef%bc%8fsecret.txt",
    "%uff0e%uff0e/secret.txt",
    "..;/secret.txt",
    "..%00/secret.txt",
    "../secret.txt%00.js",
    "..%0d/secret.txt",
    "..%0a/secret.txt",
    "..%09/secret.txt",
    "....//secret.txt",
    ".../secret.txt",
    "client.js/../../secret.txt",
    "client.js%2f..%2f..%2fsecret.txt",
    "~/secret.txt",
    "file:///etc/passwd",
    "../../../../../../../../../../etc/passwd",
];

/// Addresses that a careless server maps to a file or another host.
const ADDRESSES: [&str; 28] = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fhub.db",
    "/play/..%2fhub.db",
    "/play/%2e%2e%2fhub.db",
    "/play//etc/passwd",
    "/play/%2fetc%2fpasswd",
    "/play/..%2f.env",
    "/play/.env",
    "/play/.git/config",
    "/.git/HEAD",
    "/.env",
    "/Cargo.toml",
    "/hub.db",
    "/etc/passwd",
    "/proc/self/environ",
    "/play/%2fproc%2fself%2fenviron",
    "/fonts/../Cargo.toml",
    "/fonts/..%2f..%2fCargo.toml",
    "/style.css/../../Cargo.toml",
    "//evil.example/play",
    "//evil.example/%2e%2e",
    "/\\evil.example",
    "/play//evil.example/..",
    "/play/%0d%0aX-Injected:%20yes",
    "/?done=%0d%0aX-Injected:%20yes",
    "/join/%0d%0aX-Injected:%20yes",
    "/matches/..%2f..%2fsecret.txt",
];

/// What may stand where a request line and its headers belong.
const HEADS: [&str; 36] = [
    "GET / HTTP/1.1",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: evil.example",
    "GET / HTTP/1.1\r\nHost: evil.example/\"><script>",
    "GET /play HTTP/1.1\r\nHost: evil.example; script-src *",
    "GET /play HTTP/1.1\r\nHost: a\tb",
    "GET http://evil.example/ HTTP/1.1\r\nHost: a",
    "GET http://evil.example/../secret.txt HTTP/1.1\r\nHost: a",
    "GET file:///etc/passwd HTTP/1.1\r\nHost: a",
    "GET secret.txt HTTP/1.1\r\nHost: a",
    "GET ../secret.txt HTTP/1.1\r\nHost: a",
    "GET * HTTP/1.1\r\nHost: a",
    "OPTIONS * HTTP/1.1\r\nHost: a",
    "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443",
    "TRACE / HTTP/1.1\r\nHost: a\r\nX-Injected: echoed",
    "DEBUG / HTTP/1.1\r\nHost: a",
    "G\tET / HTTP/1.1\r\nHost: a",
    "get / http/1.1\r\nHost: a",
    "GET / HTTP/9.9\r\nHost: a",
    "GET / HTTP/1.1 \r\nHost: a",
    "GET  /../secret.txt  HTTP/1.1\r\nHost: a",
    " GET / HTTP/1.1\r\nHost: a",
    "GET / HTTP/1.1\nHost: a\nX-Injected: yes",
    "GET / HTTP/1.1\r\nHost: a\r\n X-Injected: folded",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Null: a\0b",
    "GET / HTTP/1.1\r\nHost: a\r\nNo colon here",
    "GET / HTTP/1.1\r\nHost: a\r\n: nameless",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Original-URL: /../secret.txt",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Rewrite-URL: /../secret.txt",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: evil",
    "POST /logout HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 0",
    "GET /play/client.js HTTP/1.1\r\nHost: a\r\nRange: bytes=0-18446744073709551615",
    "GET /play/client.js HTTP/1.1\r\nHost: a\r\nRange: bytes=18446744073709551615-0,-1,x",
    "GET /play/client.js HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Thu, 99 Foo 9999 99:99:99 GMT",
    "GET /play/client.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ../../secret.txt, gzip;q=9",
    "GET /account HTTP/1.1\r\nHost: a\r\nCookie: fogline_session=../../secret.txt; fogline_session=\"",
    "GET /socket/client HTTP/1.1\r\nHost: a\r\nUpgrade: ../../secret.txt\r\nConnection: upgrade",
];

/// Lengths and encodings that two servers could read in two ways.
const FRAMINGS: [&str; 22] = [
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 0\r\nContent-Length: 44",
    "Content-Length: 5, 6",
    "Content-Length: +5",
    "Content-Length: -1",
    "Content-Length: 0x10",
    "Content-Length: 5 ",
    "Content-Length: 18446744073709551616",
    "Content-Length : 0",
    "Content-Length:\t0",
    "Content-Length: 0\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 0",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\x0bchunked",
    "Transfer-Encoding: chunked\r\n\tfolded",
    "X: x\nTransfer-Encoding: chunked",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: CHUNKED\r\nContent-Length: 0",
];

/// An empty chunked body, and a request that hides behind it.
const HIDDEN: &str = "0\r\n\r\nGET /play/client.js HTTP/1.1\r\nHost: a\r\n\r\n";

/// Bodies in chunks whose sizes are not sizes.
const CHUNKS: [&str; 6] = ["-1", "10000000000000000", "0x5", "5;\n", "g", " 5"];

/// One request, which asks the hub to close the connection after it.
pub struct Payload(Vec<u8>);

/// One answer on a connection.
pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a str,
}

impl Payload {
    fn new(head: &str, body: &str) -> Self {
        Self(format!("{head}\r\nConnection: close\r\n\r\n{body}").into_bytes())
    }

    pub fn escaped(&self) -> String {
        self.0.iter().take(200).flat_map(|byte| byte.escape_ascii()).map(char::from).collect()
    }
}

/// Requests for files that lie elsewhere.
pub fn targets() -> Vec<Payload> {
    let long = format!("/play/{}", "a".repeat(4000));
    let longer = format!("/{}", "a/".repeat(40_000));
    let climbs = CLIMBS.iter().flat_map(|climb| [format!("/play/{climb}"), format!("/profile/{climb}")]);
    let targets = climbs.chain(ADDRESSES.map(str::to_owned)).chain([long, longer]);
    targets.map(|target| Payload::new(&format!("GET {target} HTTP/1.1\r\nHost: a"), "")).collect()
}

/// Requests with strange lines and headers.
pub fn header_lines() -> Vec<Payload> {
    let many = format!("GET / HTTP/1.1\r\nHost: a{}", "\r\nX-Many: x".repeat(500));
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Large: {}", "x".repeat(600_000));
    let heads = HEADS.into_iter().chain([many.as_str(), large.as_str()]);
    heads.map(|head| Payload::new(head, "")).collect()
}

/// Requests that could hide another one in their body.
pub fn framings() -> Vec<Payload> {
    let head = |framing: &str| format!("POST /logout HTTP/1.1\r\nHost: a\r\n{framing}");
    let framed = FRAMINGS.iter().map(|framing| Payload::new(&head(framing), HIDDEN));
    let chunked = CHUNKS.iter().map(|size| {
        Payload::new(&head("Transfer-Encoding: chunked"), &format!("{size}\r\nhello\r\n{HIDDEN}"))
    });
    framed.chain(chunked).collect()
}

/// Everything that comes back until the hub closes the connection.
pub async fn exchange(hub: SocketAddr, payload: &Payload) -> String {
    let request = payload.0.clone();
    let talk = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(hub).expect("the hub should take a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("the time-out should be set");
        // A hub that has read enough may close before all is written or read.
        let written = stream.write_all(&request);
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        (written, read, answer)
    });
    let (written, read, answer) = talk.await.expect("the exchange should not panic");
    let timed_out = read.as_ref().is_err_and(|error| {
        matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
    });
    assert!(!timed_out, "{} should be answered or closed in time ({written:?})", payload.escaped());
    String::from_utf8_lossy(&answer).into_owned()
}

/// The answers in what came back, interim ones left out.
pub fn answers(raw: &str) -> Vec<Answer<'_>> {
    let starts = raw.match_indices("HTTP/1.").map(|(at, _)| &raw[at..]);
    starts
        .filter_map(|answer| {
            let head = answer.split("\r\n\r\n").next().unwrap_or(answer);
            let status = head.split(' ').nth(1)?.parse().ok()?;
            Some(Answer { status, head })
        })
        .filter(|answer| answer.status >= 200)
        .collect()
}
