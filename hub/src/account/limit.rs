//! Who may ask how often. Everything here is on by default and kept in memory only.
//!
//! Nothing here ends a session: somebody who is signed in stays so, whatever others try, and proves
//! the password again without being counted among those who guess from elsewhere.

mod failures;
mod meter;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};

use crate::{
    account::{
        address::Address,
        limit::{failures::Failures, meter::Meter},
    },
    error::ApiError,
    secret::TokenHash,
    state::AppState,
};

const SECOND: Duration = Duration::from_secs(1);
const TEN_MINUTES: Duration = Duration::from_secs(10 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How much is too much. Counts of 0 are taken for 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Accounts that one address may register, all of them at once.
    pub register_per_hour: u32,
    /// Guests that one address may become, half of them at once.
    pub guest_per_hour: u32,
    /// Passwords and reset codes that one address may try, all of them at once.
    pub login_per_10_min: u32,
    /// Calls of the API and forms that one address may send, two seconds' worth of them at once.
    pub requests_per_second: u32,
    /// Wrong passwords for one account before the next one has to wait.
    pub failures_before_pause: u32,
    /// Whether the hub stands behind a proxy that writes `X-Forwarded-For`.
    pub trusted_proxy: bool,
}

/// Counts and decides. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Counts>);

/// What a password is tried on: nobody's session keeps its owner from trying elsewhere, and nobody
/// elsewhere keeps the owner from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Guess {
    /// The hash of a name's key; the name may not exist.
    Name(TokenHash),
    /// Somebody signed in proves the password once more.
    Session(TokenHash),
}

struct Counts {
    trusted_proxy: bool,
    requests: Meter,
    registrations: Meter,
    guests: Meter,
    logins: Meter,
    guesses: Mutex<Failures<Guess>>,
}

/// The layer before the API and all forms: 429 for an address that sends too much.
pub async fn throttle(
    State(state): State<AppState>,
    address: Address,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if counts(request.method(), request.uri().path()) {
        state.limits.request(address)?;
    }
    Ok(next.run(request).await)
}

/// Pages and files are read freely: a page of ours asks for many at once.
fn counts(method: &Method, path: &str) -> bool {
    path.starts_with("/api/") || !matches!(*method, Method::GET | Method::HEAD)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            register_per_hour: 5,
            guest_per_hour: 20,
            login_per_10_min: 20,
            requests_per_second: 30,
            failures_before_pause: 5,
            trusted_proxy: false,
        }
    }
}

impl Guess {
    /// `key` is a player name's key, or what somebody typed in its place.
    pub fn name(key: &str) -> Self {
        Self::Name(TokenHash::of(key))
    }
}

impl Gate {
    pub fn new(limits: Limits) -> Self {
        let requests = limits.requests_per_second.saturating_mul(2);
        Self(Arc::new(Counts {
            trusted_proxy: limits.trusted_proxy,
            requests: Meter::new(limits.requests_per_second, SECOND, requests),
            registrations: Meter::new(limits.register_per_hour, HOUR, limits.register_per_hour),
            guests: Meter::new(limits.guest_per_hour, HOUR, limits.guest_per_hour / 2),
            logins: Meter::new(limits.login_per_10_min, TEN_MINUTES, limits.login_per_10_min),
            guesses: Mutex::new(Failures::new(limits.failures_before_pause)),
        }))
    }

    pub fn trusted_proxy(&self) -> bool {
        self.0.trusted_proxy
    }

    pub fn request(&self, address: Address) -> Result<(), ApiError> {
        self.0.requests.take(address)
    }

    pub fn registration(&self, address: Address) -> Result<(), ApiError> {
        self.0.registrations.take(address)
    }

    pub fn guest(&self, address: Address) -> Result<(), ApiError> {
        self.0.guests.take(address)
    }

    pub fn login(&self, address: Address) -> Result<(), ApiError> {
        self.0.logins.take(address)
    }

    /// Whether this guess may be evaluated. It counts as wrong until [`Gate::guessed_right`], so that
    /// many guesses at once are no way around the pause.
    pub fn guess(&self, guess: &Guess, now: Instant) -> Result<(), ApiError> {
        let attempt = self.guesses().attempt(guess.clone(), now);
        attempt.map_err(|retry_after| ApiError::TooMany { retry_after })
    }

    /// The guess was right; what went before is forgotten.
    pub fn guessed_right(&self, guess: &Guess) {
        self.guesses().forget(guess);
    }

    /// The guess was not evaluated after all.
    pub fn not_guessed(&self, guess: &Guess) {
        self.guesses().withdraw(guess);
    }

    fn guesses(&self) -> MutexGuard<'_, Failures<Guess>> {
        self.0.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(last: u8) -> Address {
        Address(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn an_address_registers_five_accounts_an_hour() {
        let gate = Gate::new(Limits::default());
        for _ in 0..5 {
            assert!(gate.registration(address(1)).is_ok());
        }
        assert!(matches!(gate.registration(address(1)),
            Err(ApiError::TooMany { retry_after }) if retry_after > TEN_MINUTES && retry_after < HOUR));
        assert!(gate.registration(address(2)).is_ok(), "another address has its own count");
    }

    #[test]
    fn ten_guests_come_at_once_from_one_address() {
        let gate = Gate::new(Limits::default());
        let taken = (0..30).filter(|_| gate.guest(address(1)).is_ok()).count();
        assert_eq!(taken, 10);
    }

    #[test]
    fn limits_of_nothing_let_one_through() {
        let nothing = Limits { guest_per_hour: 0, register_per_hour: 0, ..Limits::default() };
        let gate = Gate::new(nothing);
        assert!(gate.guest(address(1)).is_ok());
        assert!(gate.registration(address(1)).is_ok());
        assert!(gate.registration(address(1)).is_err());
    }

    #[test]
    fn guesses_at_a_name_do_not_count_against_its_owner() {
        let gate = Gate::new(Limits::default());
        let (name, now) = (Guess::name("ann"), Instant::now());
        while gate.guess(&name, now).is_ok() {}
        assert!(gate.guess(&Guess::Session(TokenHash::of("ann's own")), now).is_ok());
    }

    #[test]
    fn reading_pages_is_free_and_calls_and_forms_count() {
        assert!(!counts(&Method::GET, "/play/client.wasm"));
        assert!(!counts(&Method::HEAD, "/"));
        assert!(counts(&Method::GET, "/api/v1/history"));
        assert!(counts(&Method::POST, "/login"));
    }
}
