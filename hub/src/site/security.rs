//! Headers on every answer, and the Content-Security-Policy.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

/// Policy of every page but the play page.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; worker-src 'self' blob:; object-src 'none'; \
    base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

/// Adds what a page did not set itself.
pub async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let guards = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in guards {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Policy of the play page: its own socket and the registered rooms may be connected to. Browsers
/// take a room's certificate by its digest, which `'unsafe-webtransport-hashes'` allows.
pub fn play_policy(nonce: &str, own_socket: Option<&str>, rooms: &[String], tls: bool) -> String {
    let mut connect = vec!["'self'", "'unsafe-webtransport-hashes'"];
    connect.extend(own_socket);
    connect.extend(rooms.iter().map(String::as_str).filter(|origin| !(tls && origin.starts_with("ws://"))));
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-{nonce}'; \
         style-src 'self'; img-src 'self' data: blob:; font-src 'self'; worker-src 'self' blob:; \
         connect-src {}; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; \
         form-action 'self'",
        connect.join(" ")
    )
}

/// The page's own WebSocket origin; `None` when the host does not belong into a header.
pub fn own_socket(headers: &HeaderMap, public_url: Option<&str>) -> Option<String> {
    if let Some((scheme, authority)) = public_url.and_then(|url| url.split_once("://")) {
        let scheme = if scheme == "https" { "wss" } else { "ws" };
        return Some(format!("{scheme}://{authority}"));
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    host.chars().all(plain).then(|| format!("ws://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_sockets_are_named_only_without_tls() {
        let rooms = ["https://room:1".to_owned(), "ws://room:2".to_owned()];
        let open = play_policy("n", Some("ws://hub"), &rooms, false);
        assert!(open.contains("https://room:1") && open.contains("ws://room:2"));
        let secure = play_policy("n", Some("wss://hub"), &rooms, true);
        assert!(secure.contains("https://room:1") && !secure.contains("ws://"));
    }

    #[test]
    fn host_that_could_extend_the_policy_is_left_out() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("a; script-src *"));
        assert_eq!(own_socket(&headers, None), None);
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
        assert_eq!(own_socket(&headers, None).as_deref(), Some("ws://127.0.0.1:8080"));
    }
}
