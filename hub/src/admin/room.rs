//! Rooms as an operator sees them: list them, and have them take no more matches.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use protocol::{VERSION, id::RoomId, key::Content};
use serde::{Deserialize, Serialize};

use crate::{
    admin::Refused,
    clock::unix_ms,
    operator::audit::{self, Record},
    rooms::registry::Listed,
    state::AppState,
};

/// One room, as the admin port lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRow {
    pub room: RoomId,
    /// Of the host whose key it registered with.
    pub host: String,
    pub official: bool,
    /// Every registered room speaks the hub's own.
    pub protocol: u16,
    /// What it plays with; players meet in rooms of their own content only.
    pub content: Content,
    /// Seats of the largest match it can hold.
    pub capacity: u8,
    pub state: String,
}

/// Who has rooms drained.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub by: String,
}

/// The rooms that get no more matches and end when they are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drained {
    pub rooms: Vec<RoomId>,
}

pub async fn list(State(state): State<AppState>) -> Json<Vec<RoomRow>> {
    Json(rooms(&state))
}

pub async fn drain(
    State(state): State<AppState>,
    Path(room): Path<RoomId>,
    Json(order): Json<Order>,
) -> Result<Json<Drained>, Refused> {
    let drained = drain_each(&state, &[room], order).await?;
    if drained.rooms.is_empty() {
        return Err(Refused {
            status: StatusCode::NOT_FOUND,
            error: format!("there is no room `{room}`; `hub rooms list` shows them"),
        });
    }
    Ok(Json(drained))
}

pub async fn drain_all(
    State(state): State<AppState>,
    Json(order): Json<Order>,
) -> Result<Json<Drained>, Refused> {
    let all = rooms(&state).into_iter().map(|row| row.room).collect::<Vec<_>>();
    drain_each(&state, &all, order).await.map(Json)
}

fn rooms(state: &AppState) -> Vec<RoomRow> {
    let row = |room: Listed| RoomRow {
        room: room.id,
        host: room.host,
        official: room.official,
        protocol: VERSION,
        content: room.content,
        capacity: room.capacity,
        state: room.state.to_owned(),
    };
    state.lobby.overview().rooms_listed.into_iter().map(row).collect()
}

/// What was done is written down when it is done: a room that had just gone was not drained.
async fn drain_each(state: &AppState, rooms: &[RoomId], order: Order) -> Result<Drained, Refused> {
    let mut drained = Drained::default();
    for room in rooms {
        if state.lobby.drain_room(*room).await {
            drained.rooms.push(*room);
        }
    }
    let records = drained
        .rooms
        .iter()
        .map(|room| Record::new(&order.by, "rooms drain", room, "", unix_ms()))
        .collect::<Vec<_>>();
    state
        .store
        .write(move |connection| records.into_iter().try_for_each(|record| audit::note(connection, record)))
        .await?;
    Ok(drained)
}
