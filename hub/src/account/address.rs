//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::{error::ApiError, state::AppState};

const FORWARDED: &str = "x-forwarded-for";

/// A sender as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address, which is
/// what one household or one machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address(pub IpAddr);

impl Address {
    /// With `trusted_proxy` the sender is the last entry of `X-Forwarded-For`, which the proxy in
    /// front of the hub wrote; everything before it may be invented.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted_proxy: bool) -> Self {
        let sender = if trusted_proxy { forwarded(headers) } else { None };
        Self(network(sender.unwrap_or(peer)))
    }
}

impl FromRequestParts<AppState> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Err(ApiError::Internal("the server does not tell who is connected".to_owned()));
        };
        Ok(Self::of(peer.ip(), &parts.headers, state.limits.trusted_proxy()))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED).iter().next_back()?.to_str().ok()?;
    let entry = last.rsplit(',').next()?.trim();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    entry.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("the address should be well formed")
    }

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &line in lines {
            headers.append(FORWARDED, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn forwarded_address_counts_only_behind_a_trusted_proxy() {
        let headers = headers(&["198.51.100.7"]);
        assert_eq!(Address::of(ip("127.0.0.1"), &headers, false), Address(ip("127.0.0.1")));
        assert_eq!(Address::of(ip("127.0.0.1"), &headers, true), Address(ip("198.51.100.7")));
    }

    #[test]
    fn what_the_sender_wrote_before_the_proxy_is_ignored() {
        let headers = headers(&["203.0.113.1", "203.0.113.2, 198.51.100.7:4711"]);
        assert_eq!(Address::of(ip("127.0.0.1"), &headers, true), Address(ip("198.51.100.7")));
    }

    #[test]
    fn unreadable_forwarded_address_is_the_proxys_own() {
        assert_eq!(Address::of(ip("10.0.0.1"), &headers(&["nobody"]), true), Address(ip("10.0.0.1")));
        assert_eq!(Address::of(ip("10.0.0.1"), &HeaderMap::new(), true), Address(ip("10.0.0.1")));
    }

    #[test]
    fn one_ipv6_network_is_one_sender() {
        let none = HeaderMap::new();
        let of = |text| Address::of(ip(text), &none, false);
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
