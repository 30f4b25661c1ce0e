//! Password hashes: argon2id, a few at a time, never on the async threads.

use std::{sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::{sync::Semaphore, time::timeout};

use crate::error::ApiError;

/// OWASP's figures for argon2id: memory in KiB, passes, lanes.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// At 19 MiB each, this bounds what a crowd at the door costs.
const AT_ONCE: usize = 2;
const PATIENCE: Duration = Duration::from_secs(10);

/// A hash that no password has, verified where there is none to verify.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Zm9nbGluZS1ub2JvZHkx$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    gate: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { gate: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.at_the_gate(move || hash(&password)).await?
    }

    /// Takes the same time whether there is a hash or not; without one the answer is `false`.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.at_the_gate(move || verify(&password, hash.as_deref())).await
    }

    async fn at_the_gate<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = timeout(PATIENCE, self.gate.clone().acquire_owned())
            .await
            .map_err(|_| ApiError::Busy)?
            .map_err(|error| ApiError::Internal(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = permit;
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
}
