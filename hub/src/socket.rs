//! Sockets: the frames of both wires, who may open one, and how each ends.

pub mod allowance;
pub mod client;
pub mod door;
pub mod outbox;
pub mod rate;
pub mod room;
pub mod wire;

use axum::http::{HeaderMap, header};

/// Whether this socket may be opened: a browser only from our own page, a native client names no
/// origin.
fn same_origin(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if public_url == Some(origin) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some() && origin.split_once("://").map(|(_, authority)| authority) == host
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("hub.example:8080"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn page_of_another_site_cannot_open_a_socket() {
        assert!(same_origin(&headers(Some("http://hub.example:8080")), None));
        assert!(!same_origin(&headers(Some("https://evil.example")), None));
        assert!(!same_origin(&headers(Some("null")), None));
        let public = Some("https://fogline.example");
        assert!(same_origin(&headers(Some("https://fogline.example")), public));
    }

    #[test]
    fn native_client_names_no_origin() {
        assert!(same_origin(&headers(None), None));
    }
}
