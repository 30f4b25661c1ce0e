//! The strongest players.

use askama::Template;
use axum::{extract::State, response::Response};
use protocol::http::LeaderboardRow;

use super::{PageError, Viewer, rendered, words::points};
use crate::{matches::store, state::AppState};

/// Players that are shown.
const PLACES: i64 = 100;

#[derive(Template)]
#[template(path = "leaderboard.html")]
struct Leaderboard {
    viewer: Viewer,
    places: Vec<Place>,
    /// Rated matches before somebody is on it.
    needed: i32,
}

struct Place {
    rank: u32,
    name: String,
    own: bool,
    rating: String,
    rated: u32,
    won: u32,
}

pub async fn page(State(state): State<AppState>, viewer: Viewer) -> Result<Response, PageError> {
    let rows = state.store.read(|connection| store::leaderboard(connection, PLACES)).await?;
    let places = rows.into_iter().map(|row| Place::new(row, &viewer)).collect();
    rendered(&Leaderboard { viewer, places, needed: store::LEADERBOARD_MATCHES })
}

impl Place {
    fn new(row: LeaderboardRow, viewer: &Viewer) -> Self {
        Self {
            rank: row.rank,
            own: viewer.session.as_ref().is_some_and(|session| session.account.id == row.account),
            name: row.name.to_string(),
            rating: points(row.rating),
            rated: row.rated,
            won: row.won,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::pages::hostile::{assert_shown_as_text, markup};

    #[test]
    fn t22_names_are_text_on_the_leaderboard() {
        for text in markup() {
            let place = Place {
                rank: 1,
                name: text.to_owned(),
                own: true,
                rating: "1,012".to_owned(),
                rated: 5,
                won: 3,
            };
            let page = Leaderboard { viewer: Viewer { session: None }, places: vec![place], needed: 5 };
            assert_shown_as_text(&page, text);
        }
    }
}
