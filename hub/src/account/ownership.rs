//! What only the owner of an account may do with it.

use protocol::{
    http::{Credentials, Deletion, PasswordChange},
    refusal::Refusal,
};

use crate::{
    account::{
        limit::Guess,
        name,
        password::rule,
        revocation::{close, shut_out},
        session::Session,
        sign_in::right_password,
        store,
    },
    clock::unix_ms,
    error::ApiError,
    state::AppState,
    store::StoreError,
};

const DELETED_LETTERS: usize = 8;

/// Gives a guest's account a name and a password. Everything else stays: sessions, rating, history,
/// party, the place in the queue.
pub async fn claim(state: &AppState, session: &Session, credentials: Credentials) -> Result<(), ApiError> {
    if !session.account.guest {
        return Err(ApiError::NoGuest);
    }
    let name = name::chosen(state, &credentials.name).await?;
    rule::check(&credentials.password, &name)?;
    let hash = state.passwords.hash(credentials.password).await?;
    let (account, chosen) = (session.account.id, name.clone());
    let claimed =
        state.store.write(move |connection| store::claim(connection, account, &chosen, &hash)).await;
    match claimed {
        Ok(true) => {}
        Ok(false) => return Err(ApiError::NoGuest),
        Err(StoreError::Query(error)) if store::is_conflict(&error) => return Err(ApiError::NameTaken),
        Err(error) => return Err(error.into()),
    }
    tracing::info!(account.id = %account, "`{}` is `{name}` now", session.account.name);
    state.lobby.renamed(account, name).await;
    Ok(())
}

/// Sets another password and ends all sessions but the one that asks.
pub async fn change_password(
    state: &AppState,
    session: &Session,
    change: PasswordChange,
) -> Result<(), ApiError> {
    rule::check(&change.new, &session.account.name)?;
    confirm(state, session, change.current).await?;
    let hash = state.passwords.hash(change.new).await?;
    let (account, kept) = (session.account.id, session.token.clone());
    let ended = state
        .store
        .write(move |connection| {
            store::set_password(connection, account, &hash)?;
            store::end_sessions(connection, account, Some(&kept))
        })
        .await?;
    tracing::info!(account.id = %account, "`{}` changed the password", session.account.name);
    close(state, ended).await;
    Ok(())
}

/// Deletes the account for good. Its seats in the history of others lose their name.
pub async fn delete(state: &AppState, session: Session, deletion: Deletion) -> Result<(), ApiError> {
    if !session.account.guest {
        let password = deletion.password.ok_or(ApiError::WrongPassword)?;
        confirm(state, &session, password).await?;
    }
    let account = session.account.id;
    let name = name::coined(name::DELETED, DELETED_LETTERS);
    state.store.write(move |connection| store::erase(connection, account, &name, unix_ms())).await?;
    tracing::info!(account.id = %account, "an account was deleted by its owner");
    shut_out(state, account, Refusal::SessionEnded).await;
    Ok(())
}

/// The owner proves the password once more.
async fn confirm(state: &AppState, session: &Session, password: String) -> Result<(), ApiError> {
    let account = session.account.id;
    let found = state.store.read(move |connection| store::account_by_id(connection, account)).await?;
    let hash = found.and_then(|(_, hash)| hash).ok_or(ApiError::NoPassword)?;
    let guess = Guess::Session(session.token.clone());
    if right_password(state, &guess, password, Some(hash)).await? {
        Ok(())
    } else {
        Err(ApiError::WrongPassword)
    }
}
