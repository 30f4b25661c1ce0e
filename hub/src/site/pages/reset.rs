//! A new password for somebody who lost the old one.

use askama::Template;
use axum::{extract::State, response::Response};
use protocol::http::PasswordReset;

use super::{
    PageError, Viewer,
    failure::told,
    form::{Field, Form, Sent, read},
    html,
    notice::Done,
    rendered,
};
use crate::{
    account::{caller::Caller, reset::reset_password},
    state::AppState,
};

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    viewer: Viewer,
    form: Form,
}

pub async fn page(viewer: Viewer) -> Result<Response, PageError> {
    rendered(&Reset::new(viewer))
}

pub async fn reset(
    State(state): State<AppState>,
    viewer: Viewer,
    caller: Caller,
    sent: Sent<PasswordReset>,
) -> Result<Response, PageError> {
    let mut page = Reset::new(viewer);
    let done = match read(sent) {
        Ok(reset) => {
            page.form.keep("name", &reset.name);
            page.form.keep("code", &reset.code);
            reset_password(&state, &caller, reset).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Done::PasswordReset.lead_to("/login")),
        Err(error) => {
            page.form.refuse(&error);
            let page = html(&page)?;
            Ok(told(error, page))
        }
    }
}

impl Reset {
    fn new(viewer: Viewer) -> Self {
        let form = Form::new("reset", "/reset", "Set the new password")
            .looking("primary")
            .with(Field::name().without_hint().focused())
            .with(Field::code())
            .with(Field::new_password("new", "New password"));
        Self { viewer, form }
    }
}
