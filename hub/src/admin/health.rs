//! Whether the hub lives, and whether it can serve.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use diesel::prelude::*;
use serde::Serialize;
use tokio::time::timeout;

use crate::{admin::Refused, state::AppState, store::schema::hub_counters};

/// A database that takes longer to answer is not ready.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Serialize)]
pub struct Health {
    status: &'static str,
}

/// The process answers; nothing else is asked.
pub async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// The database answers and the lobby is at work.
pub async fn ready(State(state): State<AppState>) -> Result<Json<Health>, Refused> {
    let query = state.store.read(|connection| {
        hub_counters::table.select(hub_counters::value).first::<i64>(connection).optional()
    });
    match timeout(PATIENCE, query).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(not_ready(format!("the database failed: {error}"))),
        Err(_) => {
            let patience = PATIENCE.as_secs();
            return Err(not_ready(format!("the database did not answer within {patience} s")));
        }
    }
    if !state.lobby.is_open() {
        return Err(not_ready("the lobby has ended".to_owned()));
    }
    if state.shutdown.is_cancelled() {
        return Err(not_ready("the hub is shutting down".to_owned()));
    }
    Ok(Json(Health { status: "ready" }))
}

fn not_ready(error: String) -> Refused {
    Refused { status: StatusCode::SERVICE_UNAVAILABLE, error }
}
