//! Beginning and ending a session.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use protocol::http::{Credentials, SignedIn};

use super::{
    PageError, Viewer,
    failure::told,
    form::{Field, Form, Sent, read},
    html, notice, rendered,
};
use crate::{
    account::{self, caller::Caller, session},
    error::ApiError,
    state::AppState,
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    viewer: Viewer,
    notice: Option<&'static str>,
    new: bool,
    form: Form,
}

pub async fn register_form(viewer: Viewer) -> Result<Response, PageError> {
    rendered(&SignIn::register(viewer))
}

pub async fn login_form(viewer: Viewer, query: RawQuery) -> Result<Response, PageError> {
    rendered(&SignIn { notice: notice::named_by(&query), ..SignIn::login(viewer) })
}

pub async fn register(
    State(state): State<AppState>,
    viewer: Viewer,
    caller: Caller,
    jar: CookieJar,
    sent: Sent<Credentials>,
) -> Result<Response, PageError> {
    let mut page = SignIn::register(viewer);
    let registered = match read(sent) {
        Ok(credentials) => {
            page.form.keep("name", &credentials.name);
            account::register(&state, &caller, credentials).await
        }
        Err(error) => Err(error),
    };
    match registered {
        Ok(signed_in) => Ok(enter(&state, jar, signed_in)),
        Err(error) => page.refused(error),
    }
}

pub async fn login(
    State(state): State<AppState>,
    viewer: Viewer,
    caller: Caller,
    jar: CookieJar,
    sent: Sent<Credentials>,
) -> Result<Response, PageError> {
    let mut page = SignIn::login(viewer);
    let known = match read(sent) {
        Ok(credentials) => {
            page.form.keep("name", &credentials.name);
            account::login(&state, &caller, credentials).await
        }
        Err(error) => Err(error),
    };
    match known {
        Ok(signed_in) => Ok(enter(&state, jar, signed_in)),
        Err(error) => page.refused(error),
    }
}

/// Somebody who is signed in already plays as who they are.
pub async fn guest(
    State(state): State<AppState>,
    viewer: Viewer,
    caller: Caller,
    jar: CookieJar,
) -> Result<Response, PageError> {
    if viewer.session.is_some() {
        return Ok(Redirect::to("/play").into_response());
    }
    let signed_in = account::play_as_guest(&state, &caller).await?;
    Ok(enter(&state, jar, signed_in))
}

pub async fn logout(
    State(state): State<AppState>,
    viewer: Viewer,
    jar: CookieJar,
) -> Result<Response, PageError> {
    if let Some(session) = viewer.session {
        account::log_out(&state, session).await?;
    }
    Ok((leave(&state, jar), Redirect::to("/")).into_response())
}

/// Takes the session's cookie away.
pub(super) fn leave(state: &AppState, jar: CookieJar) -> CookieJar {
    jar.add(session::removal(state.config.tls()))
}

fn enter(state: &AppState, jar: CookieJar, signed_in: SignedIn) -> Response {
    let cookie = session::cookie(state.config.tls(), signed_in.bearer);
    (jar.add(cookie), Redirect::to("/play")).into_response()
}

impl SignIn {
    fn register(viewer: Viewer) -> Self {
        let form = Form::new("register", "/register", "Register")
            .looking("primary")
            .with(Field::name().focused())
            .with(Field::new_password("password", "Password"));
        Self { viewer, notice: None, new: true, form }
    }

    fn login(viewer: Viewer) -> Self {
        let form = Form::new("login", "/login", "Log in")
            .looking("primary")
            .with(Field::name().without_hint().focused())
            .with(Field::password("password", "Password"));
        Self { viewer, notice: None, new: false, form }
    }

    fn refused(mut self, error: ApiError) -> Result<Response, PageError> {
        self.form.refuse(&error);
        let page = html(&self)?;
        Ok(told(error, page))
    }
}
