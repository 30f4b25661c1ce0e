//! The hub's HTTP API, as far as experiments need it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use protocol::http::{Credentials, HistoryRow, SignedIn, SocketTicket};

const LIMIT: Duration = Duration::from_secs(20);

/// A signed-in account at one hub.
pub struct Account {
    hub: SocketAddr,
    bearer: String,
}

impl Account {
    pub fn guest(hub: SocketAddr) -> Result<Self> {
        Self::signed_in(hub, &call(hub, "POST", "/api/v1/guest", None, "")?)
    }

    pub fn log_in(hub: SocketAddr, credentials: &Credentials) -> Result<Self> {
        let body = serde_json::to_string(credentials)?;
        Self::signed_in(hub, &call(hub, "POST", "/api/v1/login", None, &body)?)
    }

    /// A token that signs one socket in.
    pub fn socket_token(&self) -> Result<String> {
        let answer = call(self.hub, "POST", "/api/v1/socket-token", Some(&self.bearer), "")?;
        let ticket: SocketTicket = serde_json::from_str(&answer)?;
        Ok(ticket.token)
    }

    pub fn history(&self) -> Result<Vec<HistoryRow>> {
        let answer = call(self.hub, "GET", "/api/v1/history", Some(&self.bearer), "")?;
        serde_json::from_str(&answer).context("the history should be a list of rows")
    }

    fn signed_in(hub: SocketAddr, answer: &str) -> Result<Self> {
        let session: SignedIn = serde_json::from_str(answer)?;
        Ok(Self { hub, bearer: session.bearer })
    }
}

/// HTTP/1.0, so that the answer ends with the connection and comes in one piece.
fn call(hub: SocketAddr, method: &str, path: &str, bearer: Option<&str>, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&hub, LIMIT)
        .with_context(|| format!("unable to connect to the hub at {hub}"))?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {hub}\r\n");
    if let Some(bearer) = bearer {
        request += &format!("Authorization: Bearer {bearer}\r\n");
    }
    if !body.is_empty() {
        request += "Content-Type: application/json\r\n";
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(|| format!("no whole answer to `{method} {path}`"))?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer should have a head")?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    ensure!(status.starts_with('2'), "`{method} {path}` was answered with {status}: {body}");
    Ok(body.to_owned())
}
