//! What the forms of the account page do.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use protocol::http::{Credentials, Deletion, PasswordChange};
use serde::Deserialize;

use super::Settings;
use crate::{
    account::{self, session::Session},
    error::ApiError,
    site::pages::{
        PageError, Viewer,
        failure::told,
        form::{Sent, read},
        html,
        notice::Done,
        rendered, sign_in, to_sign_in,
    },
    state::AppState,
};

/// The session to end, as the list calls it.
#[derive(Deserialize)]
pub struct EndedSession {
    id: String,
}

/// Registered players type their password, guests tick a box.
#[derive(Deserialize)]
pub struct DeletionForm {
    password: Option<String>,
    sure: Option<String>,
}

pub async fn claim(
    State(state): State<AppState>,
    viewer: Viewer,
    sent: Sent<Credentials>,
) -> Result<Response, PageError> {
    let Some(session) = viewer.session else {
        return Ok(to_sign_in());
    };
    let mut typed = String::new();
    let claimed = match read(sent) {
        Ok(credentials) => {
            typed.clone_from(&credentials.name);
            account::claim(&state, &session, credentials).await
        }
        Err(error) => Err(error),
    };
    match claimed {
        Ok(()) => Ok(Done::Claimed.lead_to("/account")),
        Err(error) => {
            let mark = |page: &mut Settings, error: &ApiError| {
                page.keep.keep("name", &typed);
                page.keep.refuse(error);
            };
            refused(&state, session, error, mark).await
        }
    }
}

pub async fn change_password(
    State(state): State<AppState>,
    viewer: Viewer,
    sent: Sent<PasswordChange>,
) -> Result<Response, PageError> {
    let Some(session) = viewer.session else {
        return Ok(to_sign_in());
    };
    let changed = match read(sent) {
        Ok(change) => account::change_password(&state, &session, change).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(Done::PasswordChanged.lead_to("/account")),
        Err(error) => refused(&state, session, error, |page, error| page.keep.refuse(error)).await,
    }
}

pub async fn end_session(
    State(state): State<AppState>,
    viewer: Viewer,
    sent: Sent<EndedSession>,
) -> Result<Response, PageError> {
    let Some(session) = viewer.session else {
        return Ok(to_sign_in());
    };
    let ended = match read(sent) {
        Ok(EndedSession { id }) => account::end_session(&state, &session, id).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => Ok(Done::SessionEnded.lead_to("/account")),
        Err(error) => {
            let mark = |page: &mut Settings, error: &ApiError| page.sessions_flaw = Some(error.to_string());
            refused(&state, session, error, mark).await
        }
    }
}

pub async fn end_all_sessions(
    State(state): State<AppState>,
    viewer: Viewer,
    jar: CookieJar,
) -> Result<Response, PageError> {
    let Some(session) = viewer.session else {
        return Ok(to_sign_in());
    };
    account::log_out_everywhere(&state, session).await?;
    let jar = sign_in::leave(&state, jar);
    Ok((jar, Done::SignedOutEverywhere.lead_to("/login")).into_response())
}

pub async fn delete(
    State(state): State<AppState>,
    viewer: Viewer,
    jar: CookieJar,
    sent: Sent<DeletionForm>,
) -> Result<Response, PageError> {
    let Some(session) = viewer.session else {
        return Ok(to_sign_in());
    };
    let deleted = match read(sent) {
        Ok(form) if session.account.guest && form.sure.is_none() => {
            let mut page = Settings::open(&state, session).await?;
            page.delete.refuse_without_consent("Tick this box first, if you are sure.");
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, rendered(&page)?).into_response());
        }
        Ok(form) => account::delete(&state, session.clone(), Deletion { password: form.password }).await,
        Err(error) => Err(error),
    };
    match deleted {
        Ok(()) => Ok((sign_in::leave(&state, jar), Done::Deleted.lead_to("/")).into_response()),
        Err(error) => refused(&state, session, error, |page, error| page.delete.refuse(error)).await,
    }
}

/// The account page once more; `mark` says where the error belongs.
async fn refused(
    state: &AppState,
    session: Session,
    error: ApiError,
    mark: impl FnOnce(&mut Settings, &ApiError),
) -> Result<Response, PageError> {
    let mut page = Settings::open(state, session).await?;
    mark(&mut page, &error);
    let page = html(&page)?;
    Ok(told(error, page))
}
