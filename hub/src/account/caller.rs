//! Who asks to be signed in.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    account::{address::Address, session},
    error::ApiError,
    secret::TokenHash,
    state::AppState,
};

const DEVICE_CHARS: usize = 120;

/// What is known of somebody before they have proven anything.
#[derive(Clone, Debug)]
pub struct Caller {
    pub address: Address,
    /// What the browser or client calls itself, at most 120 visible ASCII characters.
    pub device: String,
    /// The session that the request names; it may not exist.
    pub token: Option<TokenHash>,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self {
            address: Address::from_request_parts(parts, state).await?,
            device: device(&parts.headers),
            token: session::token(&parts.headers, state.config.tls()),
        })
    }
}

fn device(headers: &HeaderMap) -> String {
    let bytes = headers.get(header::USER_AGENT).map_or(&b""[..], |value| value.as_bytes());
    let visible = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let text: String = bytes.iter().copied().filter(visible).take(DEVICE_CHARS).map(char::from).collect();
    match text.trim() {
        "" => "an unknown device".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn device_of(agent: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(agent).expect("the header should be well formed");
        headers.insert(header::USER_AGENT, value);
        device(&headers)
    }

    #[test]
    fn device_is_cut_to_what_can_be_read() {
        assert_eq!(device_of(b"Firefox\t\xe2\x80\xae 140 "), "Firefox 140");
        assert_eq!(device_of("x".repeat(500).as_bytes()).len(), DEVICE_CHARS);
    }

    #[test]
    fn client_without_a_name_is_an_unknown_device() {
        assert_eq!(device(&HeaderMap::new()), "an unknown device");
        assert_eq!(device_of(b" "), "an unknown device");
    }
}
