//! Password hashes: argon2id, a few at a time, a few more waiting, never on the async threads.

pub mod rule;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::{sync::Semaphore, time::timeout};

use crate::error::ApiError;

/// OWASP's figures for argon2id: memory in KiB, passes, lanes.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// At 19 MiB each, this bounds what a crowd at the door costs.
const AT_ONCE: usize = 2;

/// Beyond these the answer is 503 at once: who comes later would wait for longer than it takes to
/// try again.
const WAITING: usize = 32;
const PATIENCE: Duration = Duration::from_secs(10);

/// A hash that no password has, verified where there is none to verify.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Zm9nbGluZS1ub2JvZHkx$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    queue: Arc<Semaphore>,
    gate: Arc<Semaphore>,
    count: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            gate: Arc::new(Semaphore::new(AT_ONCE)),
            count: Arc::default(),
        }
    }
}

impl Passwords {
    /// [`ApiError::Busy`] when too many wait already, and after ten seconds of waiting.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.in_turn(move || hash(&password)).await?
    }

    /// Takes the same time whether there is a hash or not; without one the answer is `false`.
    /// [`ApiError::Busy`] as for [`Passwords::hash`].
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.in_turn(move || verify(&password, hash.as_deref())).await
    }

    /// How many passwords were hashed or verified since the start.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.queue.clone().try_acquire_owned().map_err(|_| ApiError::Busy)?;
        let permit = timeout(PATIENCE, self.gate.clone().acquire_owned())
            .await
            .map_err(|_| ApiError::Busy)?
            .map_err(|error| ApiError::Internal(error.to_string()))?;
        let count = self.count.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, permit);
            count.fetch_add(1, Ordering::Relaxed);
            work()
        });
        done.await.map_err(|error| ApiError::Internal(error.to_string()))
    }
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(MEMORY, PASSES, LANES, None).expect("the parameters should be within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Result<String, ApiError> {
    let hash: PasswordHash =
        argon2().hash_password(password.as_bytes()).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    let right = argon2().verify_password(password.as_bytes(), hash.unwrap_or(NOBODY)).is_ok();
    right && hash.is_some()
}

#[cfg(test)]
mod tests {
    use tokio::task::{JoinSet, yield_now};

    use super::*;

    #[test]
    fn only_the_right_password_is_accepted() {
        let hash = hash("correct horse").expect("hashing should work");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("correct hors", Some(&hash)));
    }

    #[test]
    fn an_unknown_name_costs_as_much_as_a_wrong_password() {
        let nobody = PasswordHash::new(NOBODY).expect("the stand-in should be a hash");
        let real = hash("correct horse").expect("hashing should work");
        let real = PasswordHash::new(&real).expect("a fresh hash should be a hash");
        assert_eq!(nobody.params, real.params);
        assert!(!verify("anything", None));
    }

    #[tokio::test]
    async fn t18_a_crowd_at_the_door_is_sent_away_at_once() {
        let passwords = Passwords::default();
        let hashing = passwords.gate.clone().acquire_many_owned(AT_ONCE as u32).await;
        let hashing = hashing.expect("the gate should be open");
        let mut crowd = JoinSet::new();
        for _ in 0..AT_ONCE + WAITING {
            let passwords = passwords.clone();
            crowd.spawn(async move { passwords.in_turn(|| ()).await });
        }
        while passwords.queue.available_permits() > 0 {
            yield_now().await;
        }
        assert!(matches!(passwords.in_turn(|| ()).await, Err(ApiError::Busy)));
        assert_eq!(passwords.count(), 0, "nothing should be hashed for those who are sent away");

        drop(hashing);
        while let Some(served) = crowd.join_next().await {
            assert!(matches!(served, Ok(Ok(()))), "who waits should be served");
        }
        assert!(passwords.in_turn(|| ()).await.is_ok(), "there should be room again");
    }
}
