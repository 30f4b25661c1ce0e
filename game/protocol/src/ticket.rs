//! The pass for one seat, and where to use it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::{
    challenge::Bytes32,
    id::{MatchId, Seat},
    limits::ADDRESS_BYTES,
};

/// Lets one player take one seat, once. Minted by the room; the hub only passes it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub match_id: MatchId,
    pub seat: Seat,
    /// The netcode connect token, 2,048 bytes in unpadded URL-safe base64.
    pub token: String,
    pub addresses: RoomAddresses,
}

/// Where a room listens, as its players reach it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomAddresses {
    pub udp: SocketAddr,
    pub webtransport: WebTransportAddress,
    /// `ws://HOST:PORT` or `wss://HOST:PORT`.
    pub websocket: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebTransportAddress {
    /// `https://HOST:PORT`.
    pub url: String,
    /// SHA-256 of the room's self-signed certificate.
    pub digest: Bytes32,
}

impl RoomAddresses {
    /// Both addresses end up in the play page's Content-Security-Policy, so each must be a plain
    /// origin: scheme, host, port and nothing that could end or extend the header.
    pub fn check(&self) -> Result<(), String> {
        origin(&self.webtransport.url, &["https://"])?;
        origin(&self.websocket, &["ws://", "wss://"])
    }
}

fn origin(url: &str, schemes: &[&str]) -> Result<(), String> {
    let authority = schemes
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .ok_or_else(|| format!("`{}` should begin with {}", url.escape_default(), schemes.join(" or ")))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if url.len() > ADDRESS_BYTES || !authority.chars().all(plain) || port.is_none_or(|port| port == 0) {
        return Err(format!("`{}` should be SCHEME://HOST:PORT", url.escape_default()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(webtransport: &str, websocket: &str) -> RoomAddresses {
        RoomAddresses {
            udp: ([203, 0, 113, 7], 7000).into(),
            webtransport: WebTransportAddress { url: webtransport.into(), digest: Bytes32([0; 32]) },
            websocket: websocket.into(),
        }
    }

    #[test]
    fn plain_origins_are_accepted() {
        assert_eq!(addresses("https://203.0.113.7:7001", "ws://room.example:7002").check(), Ok(()));
        assert_eq!(addresses("https://[2001:db8::1]:7001", "wss://room.example:443").check(), Ok(()));
    }

    #[test]
    fn address_that_could_extend_the_policy_is_refused() {
        for bad in ["https://a:1; script-src *", "https://a:1 *", "https://a", "http://a:1", "https://*:1"] {
            assert!(addresses(bad, "ws://a:1").check().is_err(), "`{bad}` should be refused");
        }
        assert!(addresses("https://a:1", "ws://a:0").check().is_err());
    }
}
