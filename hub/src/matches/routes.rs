//! `/api/v1/history`.

use axum::{Json, extract::State};
use protocol::http::HistoryRow;

use crate::{account::session::Session, error::ApiError, matches::store, state::AppState};

pub async fn history(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<HistoryRow>>, ApiError> {
    let account = session.account.id;
    let rows = state.store.read(move |connection| store::history(connection, account)).await?;
    Ok(Json(rows))
}
