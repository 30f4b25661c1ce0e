//! An account that a command has changed in the database: the running hub is made to see that.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use protocol::{id::AccountId, refusal::Refusal};

use crate::{
    account::{
        shut_out,
        store::{account_by_id, ban_of},
    },
    admin::Refused,
    clock::unix_ms,
    state::AppState,
};

/// Closes the account's sockets and makes its tokens for sockets worthless, if it is kept out now.
pub async fn refresh(
    State(state): State<AppState>,
    Path(account): Path<AccountId>,
) -> Result<StatusCode, Refused> {
    let (known, ban) = state
        .store
        .read(move |connection| {
            Ok((account_by_id(connection, account)?.is_some(), ban_of(connection, account)?))
        })
        .await?;
    match ban {
        _ if !known => shut_out(&state, account, Refusal::SessionEnded).await,
        Some(ban) if ban.in_force(unix_ms()) => shut_out(&state, account, ban.refusal()).await,
        _ => {}
    }
    Ok(StatusCode::NO_CONTENT)
}
