//! Where an invitation to a party leads.

use askama::Template;
use axum::{
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use protocol::key::PartyCode;

use super::{PageError, Viewer, rendered};

#[derive(Template)]
#[template(path = "invitation.html")]
struct Invitation {
    viewer: Viewer,
    /// `None` when the address holds no such code.
    code: Option<PartyCode>,
}

pub async fn page(viewer: Viewer, code: Result<Path<String>, PathRejection>) -> Result<Response, PageError> {
    let code = code.ok().and_then(|Path(code)| PartyCode::try_from(code).ok());
    let status = if code.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let page = rendered(&Invitation { viewer, code })?;
    Ok((status, page).into_response())
}
