//! Headers on every answer, and the Content-Security-Policy.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

/// Policy of every page but the play page.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; worker-src 'self' blob:; object-src 'none'; \
    base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

/// What neither a page nor the game ever asks a browser for. Full screen, gamepads, sound and the
/// clipboard stay with the game.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), \
    payment=(), serial=(), usb=()";

/// A browser that has come once over TLS comes no other way for a year.
const TLS_ONLY: &str = "max-age=31536000";

/// Adds what a page did not set itself; `tls` says whether browsers reach the hub over TLS.
pub async fn guard(tls: bool, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let guards = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let over_tls = tls.then_some((header::STRICT_TRANSPORT_SECURITY, TLS_ONLY));
    for (name, value) in guards.into_iter().chain(over_tls) {
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

    #[tokio::test]
    async fn only_tls_is_asked_to_stay() {
        for tls in [false, true] {
            let guarded = guard(tls, Response::default()).await;
            assert_eq!(guarded.headers().contains_key(header::STRICT_TRANSPORT_SECURITY), tls);
            assert_eq!(guarded.headers()["cross-origin-opener-policy"], "same-origin");
        }
    }

    #[tokio::test]
    async fn what_a_page_sets_itself_stays() {
        let mut page = Response::default();
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("its own"));
        let guarded = guard(false, page).await;
        assert_eq!(guarded.headers()[header::CONTENT_SECURITY_POLICY], "its own");
    }

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
