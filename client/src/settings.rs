//! What the player or the page asked for at the start.

use bevy::prelude::*;
use game::{
    client::Transport,
    protocol::{
        http::Credentials,
        key::{ModeId, PartyCode},
    },
};

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
    /// The party to be in, once signed in.
    pub invitation: Option<Invitation>,
    /// What *Play* starts, in place of what was chosen last time.
    pub mode: Option<ModeId>,
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invitation {
    /// Make a party for others to join.
    Create,
    Join(PartyCode),
}

impl Settings {
    /// Leads whoever opens it into the party.
    pub(crate) fn invitation_url(&self, code: &PartyCode) -> String {
        format!("{}/join/{code}", self.hub)
    }

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

/// Reads `create` or a party's code.
pub fn invitation(text: &str) -> Result<Invitation, String> {
    match text {
        "create" => Ok(Invitation::Create),
        code => PartyCode::try_from(code.to_owned()).map(Invitation::Join),
    }
}

pub fn mode_named(name: &str) -> Result<ModeId, String> {
    ModeId::try_from(name.to_owned())
}

/// What a page's query, with or without its question mark, says about `key`.
pub fn query_value<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    query
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(found, value)| (found == key).then_some(value))
}

/// The query without what it says about `key`, with a question mark unless nothing is left.
pub fn query_without(query: &str, key: &str) -> String {
    let rest: Vec<_> = query
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty() && pair.split_once('=').is_none_or(|(found, _)| found != key))
        .collect();
    if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invitation_is_a_wish_for_a_party_or_a_code() {
        assert_eq!(invitation("create"), Ok(Invitation::Create));
        let code = PartyCode::from_random(7);
        assert_eq!(invitation(&code.as_str().to_lowercase()), Ok(Invitation::Join(code)));
        assert!(invitation("nonsense").is_err());
    }

    #[test]
    fn query_is_read_by_whole_keys_and_left_as_it_was_otherwise() {
        let query = "?transport=websocket&party=ABCDEF&theparty=x";
        assert_eq!(query_value(query, "party"), Some("ABCDEF"));
        assert_eq!(query_value(query, "port"), None);
        assert_eq!(query_value("", "party"), None);
        assert_eq!(query_without(query, "party"), "?transport=websocket&theparty=x");
        assert_eq!(query_without("?party=ABCDEF", "party"), "");
        assert_eq!(query_without("", "party"), "");
    }

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
            invitation: None,
            mode: None,
            headless: true,
            published: true,
        };
        assert_eq!(settings.socket_url(), "wss://play.example/socket/client");
        let code = PartyCode::from_random(7);
        assert_eq!(settings.invitation_url(&code), format!("https://play.example/join/{code}"));
        settings.hub = "http://127.0.0.1:8080".into();
        assert_eq!(settings.socket_url(), "ws://127.0.0.1:8080/socket/client");
    }
}
