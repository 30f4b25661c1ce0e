//! What the player or the page asked for at the start.

use bevy::prelude::*;
use game::{client::Transport, protocol::http::Credentials};

/// Fixed for the life of the process.
#[derive(Resource, Clone)]
pub struct Settings {
    /// `http://HOST:PORT` or `https://HOST:PORT`, without a slash at the end.
    pub hub: String,
    /// How rooms are dialled first.
    pub transport: Transport,
    /// Sign in with this at once, without asking.
    pub sign_in: Option<SignIn>,
    /// What the sign-in form suggests.
    pub name: String,
    pub headless: bool,
    /// Tell the state to whoever tests the client; see `probe.rs`.
    pub published: bool,
}

#[derive(Clone)]
pub enum SignIn {
    Guest,
    Register(Credentials),
    LogIn(Credentials),
}

impl Settings {
    /// Where the hub's client socket is.
    pub(crate) fn socket_url(&self) -> String {
        format!("{}/socket/client", self.hub.replacen("http", "ws", 1))
    }
}

/// Checks a hub's address and takes off the slash at its end.
pub fn hub_address(text: &str) -> Result<String, String> {
    let address = text.trim().trim_end_matches('/');
    let host = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() => Ok(address.to_owned()),
        _ => Err(format!("`{text}` should be http://HOST:PORT or https://HOST:PORT")),
    }
}

pub fn transport_named(name: &str) -> Result<Transport, String> {
    [Transport::Udp, Transport::WebTransport, Transport::WebSocket]
        .into_iter()
        .find(|transport| transport.name() == name)
        .ok_or_else(|| format!("`{name}` is not one of udp, webtransport, websocket"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_address_loses_its_slash_and_needs_a_scheme() {
        assert_eq!(hub_address("http://127.0.0.1:8080/"), Ok("http://127.0.0.1:8080".into()));
        assert!(hub_address("127.0.0.1:8080").is_err());
        assert!(hub_address("https://").is_err());
    }

    #[test]
    fn transports_are_found_by_their_own_names() {
        for transport in [Transport::Udp, Transport::WebTransport, Transport::WebSocket] {
            assert_eq!(transport_named(transport.name()), Ok(transport));
        }
        assert!(transport_named("tcp").is_err());
    }

    #[test]
    fn socket_is_secure_where_the_hub_is() {
        let mut settings = Settings {
            hub: "https://play.example".into(),
            transport: Transport::Udp,
            sign_in: None,
            name: String::new(),
            headless: true,
            published: true,
        };
        assert_eq!(settings.socket_url(), "wss://play.example/socket/client");
        settings.hub = "http://127.0.0.1:8080".into();
        assert_eq!(settings.socket_url(), "ws://127.0.0.1:8080/socket/client");
    }
}
