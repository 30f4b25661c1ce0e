//! The hub's HTTP API, as far as experiments need it.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use protocol::http::{Credentials, HistoryRow, SignedIn, SocketTicket};
use serde::de::DeserializeOwned;

use super::dial::{self, HERE};

const LIMIT: Duration = Duration::from_secs(20);

/// Where requests go, and where they seem to come from.
#[derive(Clone, Copy)]
pub struct Api {
    pub hub: SocketAddr,
    pub from: IpAddr,
}

/// What the hub answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// A signed-in account at one hub.
#[derive(Clone)]
pub struct Account {
    pub api: Api,
    pub bearer: String,
}

impl Api {
    pub fn new(hub: SocketAddr, from: IpAddr) -> Self {
        Self { hub, from }
    }

    pub fn get(&self, path: &str, bearer: Option<&str>) -> Result<Answer> {
        self.call("GET", path, bearer, "", &[])
    }

    pub fn post(&self, path: &str, bearer: Option<&str>, body: &str) -> Result<Answer> {
        self.call("POST", path, bearer, body, &[])
    }

    /// HTTP/1.0, so that the answer ends with the connection and comes in one piece. A `body` is JSON.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let Self { hub, from } = *self;
        let mut stream =
            dial::connect(from, hub).with_context(|| format!("unable to connect to the hub at {hub}"))?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {hub}\r\n");
        if let Some(bearer) = bearer {
            request += &format!("Authorization: Bearer {bearer}\r\n");
        }
        if !body.is_empty() {
            request += "Content-Type: application/json\r\n";
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).with_context(|| format!("no whole answer to `{method} {path}`"))?;
        Answer::read(&String::from_utf8_lossy(&answer))
            .with_context(|| format!("`{method} {path}` was not answered in HTTP"))
    }

    /// Signs in with a call that answers [`SignedIn`].
    fn account(&self, path: &str, body: &str) -> Result<Account> {
        let session: SignedIn = self.post(path, None, body)?.good(path)?;
        Ok(Account { api: *self, bearer: session.bearer })
    }
}

impl Answer {
    /// The body, if all is well.
    pub fn good<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let Self { status, body } = self;
        ensure!((200..300).contains(status), "`{path}` was answered with {status}: {body}");
        serde_json::from_str(body).with_context(|| format!("`{path}` has answered another thing: {body}"))
    }

    fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split_whitespace().nth(1)?.parse().ok()?;
        Some(Self { status, body: body.to_owned() })
    }
}

impl Account {
    pub fn guest_from(hub: SocketAddr, from: IpAddr) -> Result<Self> {
        Api::new(hub, from).account("/api/v1/guest", "")
    }

    pub fn register_from(hub: SocketAddr, from: IpAddr, credentials: &Credentials) -> Result<Self> {
        Api::new(hub, from).account("/api/v1/register", &serde_json::to_string(credentials)?)
    }

    pub fn log_in(hub: SocketAddr, credentials: &Credentials) -> Result<Self> {
        Api::new(hub, HERE).account("/api/v1/login", &serde_json::to_string(credentials)?)
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.api.get(path, Some(&self.bearer))
    }

    pub fn post(&self, path: &str, body: &str) -> Result<Answer> {
        self.api.post(path, Some(&self.bearer), body)
    }

    /// A token that signs one socket in.
    pub fn socket_token(&self) -> Result<String> {
        let path = "/api/v1/socket-token";
        let ticket: SocketTicket = self.post(path, "")?.good(path)?;
        Ok(ticket.token)
    }

    pub fn history(&self) -> Result<Vec<HistoryRow>> {
        let path = "/api/v1/history";
        self.get(path)?.good(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_read_with_its_status() {
        let answer = Answer::read("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\ngone\r\n\r\n").expect("it is HTTP");
        assert_eq!((answer.status, answer.body.as_str()), (404, "gone\r\n\r\n"));
        assert!(Answer::read("SSH-2.0").is_none());
    }
}
