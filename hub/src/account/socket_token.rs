//! Tokens that sign one socket in, once, within a minute. They live in memory only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use protocol::limits::SOCKET_TOKEN_LIFE;

use crate::{
    account::{session::Session, store::Account},
    secret::{self, TokenHash},
};

/// More than honest players take in a minute; beyond it all are dropped and asked for again.
const MOST: usize = 50_000;

/// Whom a token signs in, and through which session.
#[derive(Clone, Debug)]
pub struct Grant {
    pub account: Account,
    pub session: TokenHash,
    granted: Instant,
}

/// The tokens that were given and not yet used.
#[derive(Clone, Default)]
pub struct SocketTokens {
    grants: Arc<Mutex<HashMap<TokenHash, Grant>>>,
}

impl SocketTokens {
    pub fn grant(&self, session: &Session, now: Instant) -> String {
        let token = secret::token();
        let mut grants = self.grants();
        grants.retain(|_, grant| grant.lives(now));
        if grants.len() >= MOST {
            grants.clear();
        }
        let grant = Grant { account: session.account.clone(), session: session.token.clone(), granted: now };
        grants.insert(TokenHash::of(&token), grant);
        token
    }

    /// Takes the token out: it never works twice.
    pub fn redeem(&self, token: &str, now: Instant) -> Option<Grant> {
        let grant = self.grants().remove(&TokenHash::of(token))?;
        grant.lives(now).then_some(grant)
    }

    /// Drops what a session that ended had been given.
    pub fn forget(&self, session: &TokenHash) {
        self.grants().retain(|_, grant| grant.session != *session);
    }

    fn grants(&self) -> MutexGuard<'_, HashMap<TokenHash, Grant>> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grant {
    fn lives(&self, now: Instant) -> bool {
        now.duration_since(self.granted) < SOCKET_TOKEN_LIFE
    }
}

#[cfg(test)]
mod tests {
    use protocol::{id::AccountId, text::PlayerName};
    use uuid::Uuid;

    use super::*;

    fn session() -> Session {
        let name = PlayerName::new("ann").expect("the name should be good");
        Session {
            account: Account { id: AccountId(Uuid::now_v7()), name, guest: true },
            token: TokenHash::of("session"),
        }
    }

    #[test]
    fn token_works_once() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let token = tokens.grant(&session(), now);
        assert!(tokens.redeem(&token, now).is_some());
        assert!(tokens.redeem(&token, now).is_none());
    }

    #[test]
    fn token_works_for_a_minute() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let token = tokens.grant(&session(), now);
        assert!(tokens.redeem(&token, now + SOCKET_TOKEN_LIFE).is_none());
    }

    #[test]
    fn logging_out_takes_the_tokens_along() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let session = session();
        let token = tokens.grant(&session, now);
        tokens.forget(&session.token);
        assert!(tokens.redeem(&token, now).is_none());
    }
}
