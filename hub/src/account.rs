//! Accounts and sessions: who somebody is, and how they prove it.
//!
//! A guest is an account without a password. One session token serves as cookie and as bearer.

pub mod password;
pub mod routes;
pub mod session;
pub mod socket_token;
pub mod store;

use protocol::{
    http::{Credentials, SignedIn},
    id::AccountId,
    limits::PASSWORD_CHARS,
    text::PlayerName,
};
use uuid::Uuid;

use crate::{
    account::{session::Session, store::Account},
    clock::unix_ms,
    error::ApiError,
    secret::{self, TokenHash},
    state::AppState,
    store::StoreError,
};

const GUEST_PREFIX: &str = "Guest-";
const GUEST_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const GUEST_TRIES: usize = 8;

/// Makes an account with a password and begins a session.
pub async fn register(state: &AppState, credentials: Credentials) -> Result<SignedIn, ApiError> {
    let name = PlayerName::new(&credentials.name)?;
    if name.key().starts_with(&GUEST_PREFIX.to_lowercase()) {
        return Err(ApiError::ReservedName);
    }
    let chars = credentials.password.chars().count();
    if !PASSWORD_CHARS.contains(&chars) {
        return Err(ApiError::PasswordLength(chars));
    }
    let hash = state.passwords.hash(credentials.password).await?;
    let account = create(state, name, Some(hash)).await?.ok_or(ApiError::NameTaken)?;
    tracing::info!(account.id = %account.id, "`{}` registered", account.name);
    begin_session(state, account).await
}

/// Begins a session for somebody who knows the password.
pub async fn login(state: &AppState, credentials: Credentials) -> Result<SignedIn, ApiError> {
    let key = credentials.name.trim().to_lowercase();
    let found = state.store.read(move |connection| store::account_by_key(connection, &key)).await?;
    let (account, hash) = match found {
        Some((account, hash)) => (Some(account), hash),
        None => (None, None),
    };
    // Verified even for an unknown name, so that the time of the answer does not tell.
    let right = state.passwords.verify(credentials.password, hash).await?;
    match account {
        Some(account) if right => begin_session(state, account).await,
        _ => Err(ApiError::WrongLogin),
    }
}

/// Makes an account without a password and begins a session.
pub async fn play_as_guest(state: &AppState) -> Result<SignedIn, ApiError> {
    for attempt in 0..GUEST_TRIES {
        let letters = if attempt < GUEST_TRIES / 2 { 4 } else { 10 };
        if let Some(account) = create(state, guest_name(letters)?, None).await? {
            tracing::info!(account.id = %account.id, "`{}` plays as guest", account.name);
            return begin_session(state, account).await;
        }
    }
    Err(ApiError::Internal("no free guest name was found".to_owned()))
}

/// Ends the session everywhere: cookie, bearer, sockets and tokens for sockets.
pub async fn log_out(state: &AppState, session: Session) -> Result<(), ApiError> {
    let token = session.token.clone();
    state.store.write(move |connection| store::end_session(connection, &token)).await?;
    state.socket_tokens.forget(&session.token);
    state.lobby.end_session(session.token).await;
    Ok(())
}

async fn create(
    state: &AppState,
    name: PlayerName,
    password_hash: Option<String>,
) -> Result<Option<Account>, ApiError> {
    let account = Account { id: AccountId(Uuid::now_v7()), name, guest: password_hash.is_none() };
    let row = store::AccountRow::new(&account, password_hash, unix_ms());
    match state.store.write(move |connection| row.insert(connection)).await {
        Ok(created) => Ok(created.then_some(account)),
        Err(StoreError::Query(error)) if store::is_conflict(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn begin_session(state: &AppState, account: Account) -> Result<SignedIn, ApiError> {
    let bearer = secret::token();
    let row = store::SessionRow::new(&TokenHash::of(&bearer), account.id, unix_ms());
    state.store.write(move |connection| row.insert(connection)).await?;
    Ok(SignedIn { account: account.id, name: account.name, guest: account.guest, bearer })
}

fn guest_name(letters: usize) -> Result<PlayerName, ApiError> {
    let suffix = secret::random()
        .iter()
        .take(letters)
        .map(|byte| char::from(GUEST_LETTERS[usize::from(byte % 32)]))
        .collect::<String>();
    Ok(PlayerName::new(&format!("{GUEST_PREFIX}{suffix}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_names_are_good_names() {
        for letters in [4, 10] {
            let name = guest_name(letters).expect("a guest name should be well formed");
            assert_eq!(name.as_str().len(), GUEST_PREFIX.len() + letters);
        }
    }
}
