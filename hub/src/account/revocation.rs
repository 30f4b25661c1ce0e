//! Ending sessions. What ends is dead everywhere at once: as cookie, as bearer, as token for a socket
//! and on sockets that are open.

use protocol::{id::AccountId, refusal::Refusal};

use crate::{
    account::{session::Session, store},
    error::ApiError,
    secret::TokenHash,
    state::AppState,
};

/// Ends the session that asks.
pub async fn log_out(state: &AppState, session: Session) -> Result<(), ApiError> {
    let token = session.token.clone();
    state.store.write(move |connection| store::end_session(connection, &token)).await?;
    close(state, vec![session.token]).await;
    Ok(())
}

/// Ends every session of the account, the one that asks included.
pub async fn log_out_everywhere(state: &AppState, session: Session) -> Result<(), ApiError> {
    let account = session.account.id;
    state.store.write(move |connection| store::end_sessions(connection, account, None)).await?;
    shut_out(state, account, Refusal::SessionEnded).await;
    tracing::info!(account.id = %account, "`{}` logged out everywhere", session.account.name);
    Ok(())
}

/// Ends the own session that the list calls `id`; [`ApiError::NoSuchSession`] when there is none.
pub async fn end_session(state: &AppState, session: &Session, id: String) -> Result<(), ApiError> {
    let account = session.account.id;
    let ended = state
        .store
        .write(move |connection| store::end_listed_session(connection, account, &id))
        .await?
        .ok_or(ApiError::NoSuchSession)?;
    close(state, vec![ended]).await;
    Ok(())
}

/// Closes the account's sockets with `why` and makes its tokens for sockets worthless. The database
/// must know already why nobody may come back: after a ban, a deletion, the end of all sessions.
pub async fn shut_out(state: &AppState, account: AccountId, why: Refusal) {
    state.socket_tokens.forget_account(account);
    state.lobby.end_account(account, why).await;
}

/// Does the same for single sessions that the database has ended.
pub(super) async fn close(state: &AppState, ended: Vec<TokenHash>) {
    for token in ended {
        state.socket_tokens.forget(&token);
        state.lobby.end_session(token).await;
    }
}
