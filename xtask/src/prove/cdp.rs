//! The Chrome DevTools Protocol over one socket, with flattened sessions.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::socket::{Received, Socket};

const ANSWER: Duration = Duration::from_secs(60);

/// The browser's end of the line.
pub struct Cdp {
    socket: Socket,
    last_id: u64,
    /// Errors that each session's page has reported.
    complaints: BTreeMap<String, Vec<String>>,
}

impl Cdp {
    pub fn connect(address: SocketAddr, path: &str) -> Result<Self> {
        let socket = Socket::open(address, path)?;
        Ok(Self { socket, last_id: 0, complaints: BTreeMap::new() })
    }

    /// Sends one command and waits for its answer; an answer of "no" is the inner error.
    pub fn ask(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Result<Value, String>> {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.socket.send(command.to_string())?;
        let deadline = Instant::now() + ANSWER;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let mut message: Value = match self.socket.receive(left)? {
                Received::Text(text) => serde_json::from_str(&text)?,
                Received::Closed => bail!("Chromium has closed the DevTools socket"),
                Received::Nothing => break,
            };
            if message["id"] != self.last_id {
                self.note_complaint(&message);
                continue;
            }
            if let Some(error) = message["error"]["message"].as_str() {
                return Ok(Err(error.to_owned()));
            }
            return Ok(Ok(message["result"].take()));
        }
        bail!("Chromium has not answered `{method}` in {} s", ANSWER.as_secs())
    }

    /// As [`Self::ask`], for commands that never should be refused.
    pub fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        match self.ask(session, method, params)? {
            Ok(answer) => Ok(answer),
            Err(refusal) => bail!("Chromium refuses `{method}`: {refusal}"),
        }
    }

    pub fn complaints(&self, session: &str) -> &[String] {
        self.complaints.get(session).map_or(&[], Vec::as_slice)
    }

    fn note_complaint(&mut self, event: &Value) {
        let params = &event["params"];
        let text = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => exception(&params["exceptionDetails"]),
            Some("Runtime.consoleAPICalled") if params["type"] == "error" => {
                let words = params["args"].as_array().into_iter().flatten();
                words.map(argument).collect::<Vec<_>>().join(" ")
            }
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                let text = |key: &str| entry[key].as_str().unwrap_or_default();
                format!("{} {}", text("text"), text("url"))
            }
            Some("Inspector.targetCrashed") => "the page has crashed".to_owned(),
            _ => return,
        };
        // How winit leaves `main` on the web.
        if text.contains("Using exceptions for control flow") {
            return;
        }
        let session = event["sessionId"].as_str().unwrap_or_default();
        self.complaints.entry(session.to_owned()).or_default().push(text);
    }
}

/// An `exceptionDetails` in words.
pub fn exception(details: &Value) -> String {
    let described = details["exception"]["description"].as_str();
    described.or(details["text"].as_str()).unwrap_or("unknown exception").to_owned()
}

fn argument(value: &Value) -> String {
    match value["value"].as_str().or(value["description"].as_str()) {
        Some(text) => text.to_owned(),
        None => value["value"].to_string(),
    }
}
