//! Beginning a session, and a socket within it.

use std::time::Instant;

use protocol::{
    http::{Credentials, SignedIn},
    id::AccountId,
    refusal::Refusal,
    text::PlayerName,
};
use uuid::Uuid;

use crate::{
    account::{
        caller::Caller,
        limit::Guess,
        name,
        password::rule,
        session,
        socket_token::Grant,
        store::{self, Account, Candidate},
    },
    clock::unix_ms,
    error::ApiError,
    secret::{self, TokenHash},
    state::AppState,
    store::StoreError,
};

const GUEST_TRIES: usize = 8;

/// Makes an account with a password and begins a session.
pub async fn register(
    state: &AppState,
    caller: &Caller,
    credentials: Credentials,
) -> Result<SignedIn, ApiError> {
    let name = name::chosen(state, &credentials.name).await?;
    rule::check(&credentials.password, &name)?;
    state.limits.registration(caller.address)?;
    let hash = state.passwords.hash(credentials.password).await?;
    let account = create(state, name, Some(hash)).await?.ok_or(ApiError::NameTaken)?;
    tracing::info!(account.id = %account.id, "`{}` registered", account.name);
    begin_session(state, caller, account, None).await
}

/// Begins a session for somebody who knows the password.
pub async fn login(
    state: &AppState,
    caller: &Caller,
    credentials: Credentials,
) -> Result<SignedIn, ApiError> {
    let proven = prove(state, caller, credentials).await;
    match &proven {
        Ok(_) => state.metrics.login_succeeded(),
        Err(ApiError::TooMany { .. } | ApiError::Busy) => state.metrics.login_limited(),
        Err(_) => state.metrics.login_failed(),
    }
    let (account, hash) = proven?;
    begin_session(state, caller, account, Some(hash)).await
}

/// Makes an account without a password and begins a session.
pub async fn play_as_guest(state: &AppState, caller: &Caller) -> Result<SignedIn, ApiError> {
    state.limits.guest(caller.address)?;
    for attempt in 0..GUEST_TRIES {
        let letters = if attempt < GUEST_TRIES / 2 { 4 } else { 10 };
        if let Some(account) = create(state, name::coined(name::GUEST, letters), None).await? {
            tracing::info!(account.id = %account.id, "`{}` plays as guest", account.name);
            return begin_session(state, caller, account, None).await;
        }
    }
    Err(ApiError::Internal("no free guest name was found".to_owned()))
}

/// Whether the session was revoked or its account banned.
pub async fn has_ended(state: &AppState, session: &TokenHash) -> bool {
    let (now, wanted) = (unix_ms(), session.clone());
    let live = state
        .store
        .read(move |connection| store::live_session(connection, &wanted, session::oldest(now)))
        .await;
    match live {
        Ok(live) => live.is_none_or(|live| live.ban.is_some_and(|ban| ban.in_force(now))),
        Err(_) => false,
    }
}

/// Whom a socket token signs in. Asks the database again, because a session may have been ended, or
/// an account banned, by an operator's command since the token was given.
pub async fn admit_socket(state: &AppState, token: &str) -> Result<Grant, Refusal> {
    let now = unix_ms();
    let mut grant = state.socket_tokens.redeem(token, Instant::now()).ok_or(Refusal::BadSocketToken)?;
    let wanted = grant.session.clone();
    let live = state
        .store
        .read(move |connection| store::live_session(connection, &wanted, session::oldest(now)))
        .await;
    match live {
        Ok(Some(live)) => match live.ban.filter(|ban| ban.in_force(now)) {
            Some(ban) => Err(ban.refusal()),
            None => {
                grant.account = live.account;
                Ok(grant)
            }
        },
        Ok(None) => Err(Refusal::SessionEnded),
        Err(error) => {
            // The session was alive a minute ago; a database that fails keeps nobody from playing.
            tracing::warn!(%error, "unable to look a session up for a socket");
            Ok(grant)
        }
    }
}

/// Whether the password fits, if this guess may be evaluated at all.
pub(super) async fn right_password(
    state: &AppState,
    guess: &Guess,
    password: String,
    hash: Option<String>,
) -> Result<bool, ApiError> {
    state.limits.guess(guess, Instant::now())?;
    match state.passwords.verify(password, hash).await {
        Ok(true) => {
            state.limits.guessed_right(guess);
            Ok(true)
        }
        Ok(false) => Ok(false),
        Err(error) => {
            state.limits.not_guessed(guess);
            Err(error)
        }
    }
}

/// Whose name and password these are, and the hash that proves it.
///
/// The password is verified exactly once whether there is such a name or not, so that neither the
/// answer nor its time tells. Somebody who carries a session of the very account is not counted among
/// those who guess at its name; everybody else waits once there were too many wrong guesses.
async fn prove(
    state: &AppState,
    caller: &Caller,
    credentials: Credentials,
) -> Result<(Account, String), ApiError> {
    let Credentials { name, password } = credentials;
    let key = name.trim().to_lowercase();
    // What no player can be called is not looked for.
    let wanted = PlayerName::new(name.trim()).ok().map(|name| name.key());
    let (carried, now) = (caller.token.clone(), unix_ms());
    let (found, live) = state
        .store
        .read(move |connection| {
            let found = match wanted {
                Some(wanted) => store::candidate(connection, &wanted)?,
                None => None,
            };
            let live = match carried {
                Some(carried) => store::live_session(connection, &carried, session::oldest(now))?,
                None => None,
            };
            Ok((found, live))
        })
        .await?;
    let own = matches!((&found, &live), (Some(found), Some(live)) if found.account.id == live.account.id);
    let guess = match &caller.token {
        Some(token) if own => Guess::Session(token.clone()),
        _ => {
            state.limits.login(caller.address)?;
            Guess::name(&key)
        }
    };
    let hash = found.as_ref().and_then(|found| found.hash.clone());
    let right = right_password(state, &guess, password, hash).await?;
    match found {
        Some(Candidate { account, hash: Some(hash), ban }) if right => {
            match ban.filter(|ban| ban.in_force(now)) {
                Some(ban) => Err(ban.into()),
                None => Ok((account, hash)),
            }
        }
        _ => Err(ApiError::WrongLogin),
    }
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

/// Always a new token: one that was known before never becomes a session. With `proof`, the password
/// hash that was verified, none begins if the password has changed since.
async fn begin_session(
    state: &AppState,
    caller: &Caller,
    account: Account,
    proof: Option<String>,
) -> Result<SignedIn, ApiError> {
    let bearer = secret::token();
    let row = store::SessionRow::new(&TokenHash::of(&bearer), account.id, unix_ms(), &caller.device);
    let id = account.id;
    let begun = state
        .store
        .write(move |connection| {
            if let Some(proof) = proof
                && !store::has_password(connection, id, &proof)?
            {
                return Ok(false);
            }
            row.insert(connection)?;
            Ok(true)
        })
        .await?;
    if !begun {
        return Err(ApiError::WrongLogin);
    }
    Ok(SignedIn { account: account.id, name: account.name, guest: account.guest, bearer })
}
