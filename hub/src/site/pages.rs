//! The pages, one module each, and what they have in common.
//!
//! A page is written for [`Viewer`], works without scripts, and says what went wrong as a page, never
//! as JSON. What people typed reaches HTML through askama's escaping alone.

pub mod front;
pub mod history;
pub mod invitation;
pub mod leaderboard;
pub mod matches;
pub mod profile;
pub mod reset;
pub mod rooms;
pub mod settings;
pub mod sign_in;

mod failure;
mod form;
mod line;
mod notice;
mod words;

#[cfg(test)]
mod hostile;

use askama::Template;
use axum::{
    extract::{FromRequestParts, RawQuery},
    http::{HeaderValue, header, request::Parts},
    response::{Html, IntoResponse as _, Redirect, Response},
};

pub use self::failure::PageError;
use crate::{
    account::session::{Session, Visitor},
    error::ApiError,
    state::AppState,
};

/// Who looks at a page, signed in or not.
#[derive(Clone)]
pub struct Viewer {
    pub session: Option<Session>,
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let Visitor(session) = Visitor::from_request_parts(parts, state).await?;
        Ok(Self { session })
    }
}

/// A template as an answer that no cache keeps: what a page shows ends with the session.
pub(super) fn rendered(template: &impl Template) -> Result<Response, PageError> {
    let mut response = Html(html(template)?).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn html(template: &impl Template) -> Result<String, ApiError> {
    template.render().map_err(|error| ApiError::Internal(format!("unable to render a page: {error}")))
}

fn to_sign_in() -> Response {
    Redirect::to("/login").into_response()
}

/// The first value of `key` in a query, as it stands there.
fn asked<'a>(query: &'a RawQuery, key: &str) -> Option<&'a str> {
    let mut pairs = query.0.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_is_read_by_its_whole_key() {
        let query = RawQuery(Some("undone=x&done=reset&done=later&flag".to_owned()));
        assert_eq!(asked(&query, "done"), Some("reset"));
        assert_eq!(asked(&query, "flag"), None);
        assert_eq!(asked(&RawQuery(None), "done"), None);
    }
}
