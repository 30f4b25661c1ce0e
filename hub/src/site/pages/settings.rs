//! One's own account, and what can be done with it.

mod acts;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use protocol::{http::SessionRow, text::PlayerName};

pub use self::acts::{change_password, claim, delete, end_all_sessions, end_session};
use super::{
    PageError, Viewer,
    form::{Field, Form},
    notice, rendered, to_sign_in,
    words::{Moment, points},
};
use crate::{
    account::{
        self,
        session::{self, Session},
    },
    clock::unix_ms,
    error::ApiError,
    matches::store,
    state::AppState,
};

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    viewer: Viewer,
    notice: Option<&'static str>,
    name: PlayerName,
    guest: bool,
    rating: String,
    since: Moment,
    /// A name and a password for a guest, another password for everybody else.
    keep: Form,
    sessions: Vec<SessionLine>,
    /// Why a session was not ended.
    sessions_flaw: Option<String>,
    delete: Form,
}

struct SessionLine {
    id: String,
    device: String,
    since: Moment,
    seen: Moment,
    current: bool,
}

pub async fn page(
    State(state): State<AppState>,
    viewer: Viewer,
    query: RawQuery,
) -> Result<Response, PageError> {
    let Some(session) = viewer.session else {
        return Ok(to_sign_in());
    };
    let page = Settings::open(&state, session).await?;
    rendered(&Settings { notice: notice::named_by(&query), ..page })
}

impl Settings {
    async fn open(state: &AppState, session: Session) -> Result<Self, PageError> {
        let (account, token, now) = (session.account.id, session.token.clone(), unix_ms());
        let (profile, sessions) = state
            .store
            .read(move |connection| {
                let profile = store::profile(connection, account)?;
                let oldest = session::oldest(now);
                let sessions = account::store::sessions_of(connection, account, &token, oldest)?;
                Ok((profile, sessions))
            })
            .await?;
        let profile = profile.ok_or(ApiError::SignedOut)?;
        Ok(Self {
            viewer: Viewer { session: Some(session) },
            notice: None,
            name: profile.name,
            guest: profile.guest,
            rating: points(profile.rating),
            since: Moment::of(profile.since_ms, now),
            keep: keep_form(profile.guest),
            sessions: sessions.into_iter().map(|row| SessionLine::new(row, now)).collect(),
            sessions_flaw: None,
            delete: delete_form(profile.guest),
        })
    }
}

impl SessionLine {
    fn new(row: SessionRow, now: i64) -> Self {
        Self {
            id: row.id,
            device: row.device,
            since: Moment::of(row.created_at_ms, now),
            seen: Moment::of(row.last_seen_ms, now),
            current: row.current,
        }
    }
}

fn keep_form(guest: bool) -> Form {
    if guest {
        Form::new("claim", "/account/claim", "Keep this account")
            .looking("primary")
            .with(Field::name())
            .with(Field::new_password("password", "Password"))
    } else {
        Form::new("password", "/account/password", "Change the password")
            .with(Field::password("current", "Present password"))
            .with(Field::new_password("new", "New password"))
    }
}

fn delete_form(guest: bool) -> Form {
    let form = Form::new("delete", "/account/delete", "Delete this account").looking("danger");
    form.with(if guest {
        Field::consent("sure", "I understand that this cannot be undone.")
    } else {
        Field::password("password", "Password")
    })
}

#[cfg(test)]
mod tests {
    use protocol::{http::SessionRow, rating::Rating};

    use super::*;
    use crate::site::pages::hostile::{assert_shown_as_text, markup};

    #[test]
    fn t22_devices_are_text_on_the_account_page() {
        let name = PlayerName::new("Ann").expect("the name should be well formed");
        for text in markup() {
            let row = SessionRow {
                id: "0123456789abcdef".to_owned(),
                device: text.to_owned(),
                created_at_ms: 0,
                last_seen_ms: 0,
                current: true,
            };
            let page = Settings {
                viewer: Viewer { session: None },
                notice: None,
                name: name.clone(),
                guest: true,
                rating: points(Rating::FIRST),
                since: Moment::of(0, 0),
                keep: keep_form(true),
                sessions: vec![SessionLine::new(row, 0)],
                sessions_flaw: None,
                delete: delete_form(true),
            };
            assert_shown_as_text(&page, text);
        }
    }
}
