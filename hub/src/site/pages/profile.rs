//! What everybody may know of a player.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use protocol::{
    http::{Profile, Statistics},
    text::PlayerName,
};

use super::{
    PageError, Viewer,
    front::missing,
    line::{MatchLine, lines},
    rendered,
    words::{Moment, points},
};
use crate::{account, clock::unix_ms, matches::store, state::AppState};

/// Matches that are shown.
const MATCHES: i64 = 20;

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    viewer: Viewer,
    name: PlayerName,
    guest: bool,
    own: bool,
    since: Moment,
    rating: String,
    statistics: Statistics,
    lines: Vec<MatchLine>,
}

pub async fn page(
    State(state): State<AppState>,
    viewer: Viewer,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, PageError> {
    let name = name.ok().and_then(|Path(name)| PlayerName::new(&name).ok());
    let Some(key) = name.map(|name| name.key()) else {
        return nobody(viewer);
    };
    let found = state
        .store
        .read(move |connection| {
            let Some((account, _)) = account::store::account_by_key(connection, &key)? else {
                return Ok(None);
            };
            let Some(profile) = store::profile(connection, account.id)? else {
                return Ok(None);
            };
            let rows = store::history(connection, account.id, None, MATCHES)?;
            Ok(Some((profile, rows)))
        })
        .await?;
    let Some((profile, rows)) = found else {
        return nobody(viewer);
    };
    let now = unix_ms();
    let Profile { account, name, guest, since_ms, rating, statistics } = profile;
    let own = viewer.session.as_ref().is_some_and(|session| session.account.id == account);
    rendered(&ProfilePage {
        viewer,
        name,
        guest,
        own,
        since: Moment::of(since_ms, now),
        rating: points(rating),
        statistics,
        lines: lines(&state, rows, now),
    })
}

fn nobody(viewer: Viewer) -> Result<Response, PageError> {
    missing(viewer, "Nobody here has this name. It may be spelled differently, or the account was deleted.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::pages::hostile::{assert_shown_as_text, markup};

    #[test]
    fn t22_name_is_text_on_a_profile() {
        let names = markup().filter_map(|text| PlayerName::new(text).ok());
        let mut tried = 0;
        for name in names {
            let text = name.to_string();
            let page = ProfilePage {
                viewer: Viewer { session: None },
                name,
                guest: false,
                own: false,
                since: Moment::of(0, 0),
                rating: "1,000".to_owned(),
                statistics: Statistics::default(),
                lines: Vec::new(),
            };
            assert_shown_as_text(&page, &text);
            tried += 1;
        }
        assert!(tried >= 20, "names of 20 characters can be markup, {tried} were tried");
    }
}
