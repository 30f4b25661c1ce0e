//! Errors of the HTTP side. A route answers [`ApiError`]; store functions answer `QueryResult`;
//! `anyhow` is for start-up only. A 5xx is logged here, once, and tells the client nothing.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::{http::Problem, limits::PASSWORD_CHARS, text::BadText};
use thiserror::Error;

use crate::store::StoreError;

/// Why a request was not carried out, in words for the person who asked.
#[derive(Debug, Error)]
pub enum ApiError {
    #[error("Sign in first.")]
    SignedOut,
    #[error("This name does not work: {0}.")]
    BadName(#[from] BadText),
    #[error("Names that begin with \"Guest-\" are given by the hub. Choose another.")]
    ReservedName,
    #[error("This name is taken. Choose another.")]
    NameTaken,
    #[error("A password has {min} to {max} characters, this one has {0}.", min = PASSWORD_CHARS.start(), max = PASSWORD_CHARS.end())]
    PasswordLength(usize),
    #[error("Name or password is wrong.")]
    WrongLogin,
    #[error("The request could not be read: {0}")]
    Unreadable(String),
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("The request came from another site and was refused.")]
    CrossSite,
    #[error("Too many people are signing in right now. Try again in a moment.")]
    Busy,
    #[error("The hub had an error of its own; it has been logged.")]
    Store(#[from] StoreError),
    #[error("The hub had an error of its own; it has been logged.")]
    Internal(String),
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut | Self::WrongLogin => StatusCode::UNAUTHORIZED,
            Self::BadName(_) | Self::ReservedName | Self::PasswordLength(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NameTaken => StatusCode::CONFLICT,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
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
        (self.status(), Json(Problem { error: self.to_string() })).into_response()
    }
}
