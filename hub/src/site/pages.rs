//! Pages and the forms on them.

use askama::Template;
use axum::{
    Form, Json,
    extract::{State, rejection::FormRejection},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use protocol::{
    http::{Credentials, HistoryRow, SignedIn},
    id::Team,
    limits::{NAME_CHARS, PASSWORD_CHARS},
};

use crate::{
    account::{
        self,
        session::{self, Session, Visitor},
    },
    clock::unix_ms,
    error::ApiError,
    lobby::Overview,
    matches::store,
    state::AppState,
};

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing {
    viewer: Option<String>,
    overview: Overview,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInForm {
    viewer: Option<String>,
    new: bool,
    name: String,
    error: Option<String>,
    name_min: usize,
    name_max: usize,
    password_min: usize,
    password_max: usize,
}

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    viewer: Option<String>,
    lines: Vec<HistoryLine>,
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound {
    viewer: Option<String>,
}

/// One row of the history as it is read.
struct HistoryLine {
    ago: String,
    team: &'static str,
    amber: u16,
    azure: u16,
    outcome: &'static str,
    kills: u16,
    deaths: u16,
    void_reason: Option<String>,
}

type FormBody = Result<Form<Credentials>, FormRejection>;

pub async fn landing(State(state): State<AppState>, visitor: Visitor) -> Result<Response, ApiError> {
    rendered(&Landing { viewer: visitor.name(), overview: state.lobby.overview() })
}

pub async fn status(State(state): State<AppState>) -> Json<Overview> {
    Json(state.lobby.overview())
}

pub async fn register_form(visitor: Visitor) -> Result<Response, ApiError> {
    rendered(&SignInForm::new(&visitor, true))
}

pub async fn login_form(visitor: Visitor) -> Result<Response, ApiError> {
    rendered(&SignInForm::new(&visitor, false))
}

pub async fn register(
    State(state): State<AppState>,
    visitor: Visitor,
    jar: CookieJar,
    body: FormBody,
) -> Result<Response, ApiError> {
    let form = SignInForm::new(&visitor, true);
    let credentials = match body {
        Ok(Form(credentials)) => credentials,
        Err(rejection) => return form.refused(&unreadable(&rejection)),
    };
    let form = form.named(&credentials.name);
    match account::register(&state, credentials).await {
        Ok(signed_in) => Ok(enter(&state, jar, signed_in)),
        Err(error) => form.refused(&error),
    }
}

pub async fn login(
    State(state): State<AppState>,
    visitor: Visitor,
    jar: CookieJar,
    body: FormBody,
) -> Result<Response, ApiError> {
    let form = SignInForm::new(&visitor, false);
    let credentials = match body {
        Ok(Form(credentials)) => credentials,
        Err(rejection) => return form.refused(&unreadable(&rejection)),
    };
    let form = form.named(&credentials.name);
    match account::login(&state, credentials).await {
        Ok(signed_in) => Ok(enter(&state, jar, signed_in)),
        Err(error) => form.refused(&error),
    }
}

/// Somebody who is signed in already plays as who they are.
pub async fn guest(
    State(state): State<AppState>,
    visitor: Visitor,
    jar: CookieJar,
) -> Result<Response, ApiError> {
    if visitor.0.is_some() {
        return Ok(Redirect::to("/play").into_response());
    }
    let signed_in = account::play_as_guest(&state).await?;
    Ok(enter(&state, jar, signed_in))
}

pub async fn logout(
    State(state): State<AppState>,
    visitor: Visitor,
    jar: CookieJar,
) -> Result<Response, ApiError> {
    if let Some(session) = visitor.0 {
        account::log_out(&state, session).await?;
    }
    let jar = jar.add(session::removal(state.config.tls()));
    Ok((jar, Redirect::to("/")).into_response())
}

pub async fn history(State(state): State<AppState>, visitor: Visitor) -> Result<Response, ApiError> {
    let viewer = visitor.name();
    let Some(Session { account, .. }) = visitor.0 else {
        return Ok(Redirect::to("/login").into_response());
    };
    let rows = state.store.read(move |connection| store::history(connection, account.id)).await?;
    let now = unix_ms();
    let lines = rows.into_iter().map(|row| HistoryLine::new(row, now)).collect();
    rendered(&History { viewer, lines })
}

pub async fn not_found(visitor: Visitor) -> Result<Response, ApiError> {
    let page = rendered(&NotFound { viewer: visitor.name() })?;
    Ok((StatusCode::NOT_FOUND, page).into_response())
}

/// A template as an answer.
pub(super) fn rendered(template: &impl Template) -> Result<Response, ApiError> {
    let html = template.render().map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(Html(html).into_response())
}

fn enter(state: &AppState, jar: CookieJar, signed_in: SignedIn) -> Response {
    let cookie = session::cookie(state.config.tls(), signed_in.bearer);
    (jar.add(cookie), Redirect::to("/play")).into_response()
}

fn unreadable(rejection: &FormRejection) -> ApiError {
    ApiError::Unreadable(rejection.body_text())
}

impl SignInForm {
    fn new(visitor: &Visitor, new: bool) -> Self {
        Self {
            viewer: visitor.name(),
            new,
            name: String::new(),
            error: None,
            name_min: *NAME_CHARS.start(),
            name_max: *NAME_CHARS.end(),
            password_min: *PASSWORD_CHARS.start(),
            password_max: *PASSWORD_CHARS.end(),
        }
    }

    fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    fn refused(mut self, error: &ApiError) -> Result<Response, ApiError> {
        error.log();
        self.error = Some(error.to_string());
        Ok((error.status(), rendered(&self)?).into_response())
    }
}

impl HistoryLine {
    fn new(row: HistoryRow, now: i64) -> Self {
        let outcome = match (row.void_reason.is_some(), row.team) {
            (true, _) => "Void",
            (false, Team::Amber) => outcome(row.amber, row.azure),
            (false, Team::Azure) => outcome(row.azure, row.amber),
        };
        Self {
            ago: ago(now - row.ended_at_ms),
            team: match row.team {
                Team::Amber => "amber",
                Team::Azure => "azure",
            },
            amber: row.amber,
            azure: row.azure,
            outcome,
            kills: row.kills,
            deaths: row.deaths,
            void_reason: row.void_reason,
        }
    }
}

fn outcome(ours: u16, theirs: u16) -> &'static str {
    match ours.cmp(&theirs) {
        std::cmp::Ordering::Greater => "Won",
        std::cmp::Ordering::Less => "Lost",
        std::cmp::Ordering::Equal => "Draw",
    }
}

fn ago(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (number, unit) = match minutes {
        ..1 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_words() {
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(60_000), "1 minute ago");
        assert_eq!(ago(3 * 3_600_000), "3 hours ago");
        assert_eq!(ago(49 * 3_600_000), "2 days ago");
    }

    #[test]
    fn outcome_is_the_players_own() {
        assert_eq!(outcome(2, 1), "Won");
        assert_eq!(outcome(1, 2), "Lost");
        assert_eq!(outcome(1, 1), "Draw");
    }
}
