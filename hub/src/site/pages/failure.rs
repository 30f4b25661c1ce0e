//! What a visitor sees when a request was not carried out.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{html, to_sign_in};
use crate::{error::ApiError, store::StoreError};

/// An [`ApiError`] that answers as a page.
#[derive(Debug)]
pub struct PageError(ApiError);

#[derive(Template)]
#[template(path = "error.html")]
struct Trouble {
    words: String,
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        if matches!(error, ApiError::SignedOut) {
            return to_sign_in();
        }
        match html(&Trouble { words: error.to_string() }) {
            Ok(page) => told(error, page),
            Err(failure) => {
                failure.log();
                error.into_response()
            }
        }
    }
}

/// `page` as the answer to a request that `error` ended: status and headers are those of the error.
pub(super) fn told(error: ApiError, page: String) -> Response {
    let mut response = error.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(page);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::pages::hostile::{assert_shown_as_text, markup};

    #[test]
    fn error_keeps_its_status_on_a_page() {
        let answer = PageError::from(ApiError::Busy).into_response();
        assert_eq!(answer.status(), ApiError::Busy.status());
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }

    #[test]
    fn signed_out_visitor_is_led_to_signing_in() {
        let answer = PageError::from(ApiError::SignedOut).into_response();
        assert_eq!(answer.headers()[header::LOCATION], "/login");
    }

    #[test]
    fn t22_reasons_are_text_on_the_page_of_an_error() {
        for text in markup() {
            assert_shown_as_text(&Trouble { words: text.to_owned() }, text);
        }
    }
}
