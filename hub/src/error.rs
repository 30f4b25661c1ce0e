//! Errors of the HTTP side. A route answers [`ApiError`]; store functions answer `QueryResult`;
//! `anyhow` is for start-up and commands only. A 5xx of our own is logged here, once, and tells the
//! client nothing. Whatever is over by itself after a while says when, as `Retry-After`.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use protocol::{http::Problem, limits::PASSWORD_CHARS, text::BadText};
use thiserror::Error;

use crate::store::StoreError;

/// When to come back while the hub is busy hashing, and while its database cannot be used.
const BUSY: Duration = Duration::from_secs(2);
const UNAVAILABLE: Duration = Duration::from_secs(5);

/// How SQLite says that the database is locked, read-only, full or out of reach for now.
const SQLITE_UNAVAILABLE: [&str; 5] =
    ["is locked", "readonly database", "disk is full", "disk I/O error", "unable to open database"];

/// Why a request was not carried out, in words for the person who asked.
#[derive(Debug, Error)]
pub enum ApiError {
    #[error("Sign in first.")]
    SignedOut,
    #[error("This name does not work: {0}.")]
    BadName(#[from] BadText),
    #[error("Names that begin with \"Guest-\" or \"Deleted-\" are given by the hub. Choose another.")]
    ReservedName,
    #[error("This name could be mistaken for somebody who runs the hub. Choose another.")]
    StaffName,
    #[error("This name is taken. Choose another.")]
    NameTaken,
    #[error("A password has {min} to {max} characters, this one has {0}.", min = PASSWORD_CHARS.start(), max = PASSWORD_CHARS.end())]
    PasswordLength(usize),
    #[error("This password is one of the first that anybody would try. Choose another.")]
    CommonPassword,
    #[error("Your name cannot be your password. Choose another.")]
    PasswordIsName,
    #[error("Name or password is wrong.")]
    WrongLogin,
    #[error("The password is wrong.")]
    WrongPassword,
    #[error("Name or code is wrong, or the code was used or is too old. Ask an operator for a new one.")]
    WrongCode,
    #[error("This account has no password yet. Choose a name and a password for it first.")]
    NoPassword,
    #[error("This account has a name and a password already.")]
    NoGuest,
    #[error("You are banned until {until}: {reason}")]
    Banned { until: String, reason: String },
    #[error("You are not signed in there, or no longer.")]
    NoSuchSession,
    #[error("The request could not be read: {0}")]
    Unreadable(String),
    #[error("The request is too large.")]
    TooLarge,
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("The request came from another site and was refused.")]
    CrossSite,
    #[error("Too many tries. Wait {} and try again.", in_words(.retry_after))]
    TooMany { retry_after: Duration },
    #[error("Too many people are signing in right now. Try again in a moment.")]
    Busy,
    #[error("{}", told(.0))]
    Store(#[from] StoreError),
    #[error("The hub had an error of its own; it has been logged.")]
    Internal(String),
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut | Self::WrongLogin => StatusCode::UNAUTHORIZED,
            Self::BadName(_)
            | Self::ReservedName
            | Self::StaffName
            | Self::PasswordLength(_)
            | Self::CommonPassword
            | Self::PasswordIsName => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NameTaken | Self::NoPassword | Self::NoGuest => StatusCode::CONFLICT,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound | Self::NoSuchSession => StatusCode::NOT_FOUND,
            Self::CrossSite | Self::Banned { .. } | Self::WrongPassword | Self::WrongCode => {
                StatusCode::FORBIDDEN
            }
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(error) if passes(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// When the same request may succeed, for what is over by itself.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            Self::Busy => Some(BUSY),
            Self::Store(error) if passes(error) => Some(UNAVAILABLE),
            _ => None,
        }
    }

    /// Why a body was not taken.
    pub fn of_body(status: StatusCode, words: String) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Unreadable(words) }
    }

    /// Writes the details of our own errors to the log.
    pub fn log(&self) {
        match self {
            Self::Store(error) => tracing::error!(%error, "a request failed in the store"),
            Self::Internal(detail) => tracing::error!(detail, "a request failed"),
            _ => {}
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let mut response = (self.status(), Json(Problem { error: self.to_string() })).into_response();
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        response
    }
}

/// Whether the database can be used again by itself: it is locked, full, read-only, out of reach, or
/// too many wait for it.
fn passes(error: &StoreError) -> bool {
    match error {
        StoreError::Pool(_) | StoreError::Crowded => true,
        StoreError::Query(QueryError::DatabaseError(kind, detail)) => {
            matches!(
                kind,
                DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::SerializationFailure
                    | DatabaseErrorKind::ReadOnlyTransaction
                    | DatabaseErrorKind::ClosedConnection
            ) || SQLITE_UNAVAILABLE.iter().any(|text| detail.message().contains(text))
        }
        StoreError::Query(_) | StoreError::Stopped(_) => false,
    }
}

fn told(error: &StoreError) -> &'static str {
    if passes(error) {
        "The hub cannot use its database right now. Try again in a moment."
    } else {
        "The hub had an error of its own; it has been logged."
    }
}

/// Rounded up, and never 0, so that who waits does not wait in vain.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).clamp(1, u128::from(u64::MAX)) as u64
}

fn in_words(wait: &Duration) -> String {
    match whole_seconds(*wait) {
        1 => "a second".to_owned(),
        seconds @ ..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_words_and_in_whole_seconds() {
        let words = |ms| ApiError::TooMany { retry_after: Duration::from_millis(ms) }.to_string();
        assert_eq!(words(0), "Too many tries. Wait a second and try again.");
        assert_eq!(words(59_001), "Too many tries. Wait 60 seconds and try again.");
        assert_eq!(words(901_000), "Too many tries. Wait 16 minutes and try again.");
        let response = ApiError::TooMany { retry_after: Duration::from_millis(1500) }.into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn database_that_is_locked_or_full_is_unavailable_and_no_error_of_ours() {
        for message in
            ["database is locked", "database or disk is full", "attempt to write a readonly database"]
        {
            let failed = QueryError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()));
            let error = ApiError::from(StoreError::from(failed));
            assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE, "{message}");
            assert!(error.retry_after().is_some(), "{message}");
        }
        let other = ApiError::from(StoreError::from(QueryError::NotFound));
        assert_eq!(other.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(other.retry_after(), None);
    }
}
