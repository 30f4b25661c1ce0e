//! Tokens that sign one socket in, once, within a minute. They live in memory only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use protocol::{id::AccountId, limits::SOCKET_TOKEN_LIFE};

use crate::{
    account::{session::Session, store::Account},
    secret::{self, TokenHash},
};

/// Tokens of one session that wait to be used; a further one takes the place of the oldest. So nobody
/// can crowd out the tokens of others.
const MOST_OF_A_SESSION: usize = 4;

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
        let own = grants.iter().filter(|(_, grant)| grant.session == session.token);
        if own.clone().count() >= MOST_OF_A_SESSION {
            let oldest = own.min_by_key(|(_, grant)| grant.granted).map(|(token, _)| token.clone());
            if let Some(oldest) = oldest {
                grants.remove(&oldest);
            }
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

    /// Drops what all sessions of an account had been given.
    pub fn forget_account(&self, account: AccountId) {
        self.grants().retain(|_, grant| grant.account.id != account);
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
    use std::time::Duration;

    use protocol::text::PlayerName;
    use uuid::Uuid;

    use super::*;

    fn session(secret: &str) -> Session {
        let name = PlayerName::new("ann").expect("the name should be good");
        Session {
            account: Account { id: AccountId(Uuid::now_v7()), name, guest: true },
            token: TokenHash::of(secret),
        }
    }

    #[test]
    fn token_works_once() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let token = tokens.grant(&session("one"), now);
        assert!(tokens.redeem(&token, now).is_some());
        assert!(tokens.redeem(&token, now).is_none());
    }

    #[test]
    fn token_works_for_a_minute() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let token = tokens.grant(&session("one"), now);
        assert!(tokens.redeem(&token, now + SOCKET_TOKEN_LIFE).is_none());
    }

    #[test]
    fn logging_out_takes_the_tokens_along() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let session = session("one");
        let token = tokens.grant(&session, now);
        tokens.forget(&session.token);
        assert!(tokens.redeem(&token, now).is_none());
    }

    #[test]
    fn an_account_that_is_shut_out_loses_the_tokens_of_every_session() {
        let (tokens, now) = (SocketTokens::default(), Instant::now());
        let first = session("one");
        let second = Session { token: TokenHash::of("two"), ..first.clone() };
        let other = session("three");
        let gone = [tokens.grant(&first, now), tokens.grant(&second, now)];
        let kept = tokens.grant(&other, now);
        tokens.forget_account(first.account.id);
        assert!(gone.iter().all(|token| tokens.redeem(token, now).is_none()));
        assert!(tokens.redeem(&kept, now).is_some());
    }

    #[test]
    fn who_asks_too_often_crowds_out_only_their_own() {
        let (tokens, start) = (SocketTokens::default(), Instant::now());
        let honest = tokens.grant(&session("honest"), start);
        let greedy = session("greedy");
        let asked =
            (0..100).map(|ms| tokens.grant(&greedy, start + Duration::from_millis(ms))).collect::<Vec<_>>();
        let now = start + Duration::from_secs(1);
        assert!(tokens.redeem(&honest, now).is_some());
        let alive = asked.iter().map(|token| tokens.redeem(token, now).is_some()).collect::<Vec<_>>();
        assert_eq!(alive.iter().filter(|alive| **alive).count(), MOST_OF_A_SESSION);
        assert!(alive.ends_with(&[true; MOST_OF_A_SESSION]), "the newest should work");
    }
}
