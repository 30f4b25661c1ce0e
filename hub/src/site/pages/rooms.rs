//! The rooms, and what they are doing.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{PageError, Viewer, rendered};
use crate::{lobby::Overview, rooms::registry::Listed, state::AppState};

/// Letters of a room's id that are shown.
const SHORT_ID: usize = 8;

#[derive(Template)]
#[template(path = "rooms.html")]
struct Rooms {
    viewer: Viewer,
    overview: Overview,
    rooms: Vec<RoomLine>,
}

struct RoomLine {
    host: String,
    short_id: String,
    kind: &'static str,
    capacity: u8,
    state: &'static str,
    meaning: &'static str,
}

pub async fn page(State(state): State<AppState>, viewer: Viewer) -> Result<Response, PageError> {
    let overview = state.lobby.overview();
    rendered(&Rooms::new(viewer, overview))
}

impl Rooms {
    fn new(viewer: Viewer, mut overview: Overview) -> Self {
        let mut rooms: Vec<RoomLine> =
            std::mem::take(&mut overview.rooms_listed).into_iter().map(RoomLine::from).collect();
        rooms.sort_by(|a, b| (&a.host, &a.short_id).cmp(&(&b.host, &b.short_id)));
        Self { viewer, overview, rooms }
    }
}

impl From<Listed> for RoomLine {
    fn from(room: Listed) -> Self {
        // The end of an id is random; its beginning is a time that rooms started together share.
        let id = room.id.0.simple().to_string();
        let short_id = id.get(id.len() - SHORT_ID..).unwrap_or(&id).to_owned();
        let (state, meaning) = in_words(room.state);
        Self {
            host: room.host,
            short_id,
            kind: if room.official { "Official" } else { "Community" },
            capacity: room.capacity,
            state,
            meaning,
        }
    }
}

fn in_words(state: &'static str) -> (&'static str, &'static str) {
    match state {
        "free" => ("Free", "Ready for the next match."),
        "playing" => ("Playing", "A match is on."),
        "resting" => ("Resting", "It could not prepare a match and is asked again in a moment."),
        "draining" => ("Draining", "It is to end: it gets no new match."),
        "suspect" => ("Silent", "It has not been heard for seconds and gets no new match."),
        other => (other, ""),
    }
}

#[cfg(test)]
mod tests {
    use protocol::{id::RoomId, key::Content};
    use uuid::Uuid;

    use super::*;
    use crate::site::pages::{
        hostile::{assert_shown_as_text, markup},
        html,
    };

    fn page(hosts: &[&str]) -> Rooms {
        let room = |host: &&str| Listed {
            id: RoomId(Uuid::from_u128(0x1234_5678)),
            host: (*host).to_owned(),
            official: true,
            content: Content::of(b"rules"),
            capacity: 6,
            state: "free",
        };
        let overview = Overview { rooms_listed: hosts.iter().map(room).collect(), ..Overview::default() };
        Rooms::new(Viewer { session: None }, overview)
    }

    #[test]
    fn no_room_is_said_in_words() {
        let page = html(&page(&[])).expect("the page should be rendered");
        assert!(page.contains("No room is connected"), "{page}");
    }

    #[test]
    fn rooms_are_listed_by_host_with_a_short_id() {
        let page = page(&["north", "east"]);
        assert_eq!(page.rooms[0].host, "east");
        assert_eq!(page.rooms[0].short_id, "12345678");
    }

    #[test]
    fn t22_host_names_are_text_in_the_list_of_rooms() {
        for text in markup() {
            assert_shown_as_text(&page(&[text]), text);
        }
    }
}
