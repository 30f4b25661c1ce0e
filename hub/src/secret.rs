//! Random secrets, and what is kept of them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// 32 bytes from the operating system.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system should give random bytes");
    bytes
}

/// A fresh 256-bit token as text.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random())
}

/// The hash of a token, which is all the hub keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    pub fn of(token: &str) -> Self {
        Self(digest(token).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A hash as the database keeps it.
    pub fn stored(hex: String) -> Self {
        Self(hex)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Compares two secrets in a time that tells nothing about either.
pub fn same(left: &str, right: &str) -> bool {
    digest(left).ct_eq(&digest(right)).into()
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_carry_256_bits() {
        let (first, second) = (token(), token());
        assert_ne!(first, second);
        assert_eq!(first.len(), 43, "32 bytes are 43 letters of base64");
    }

    #[test]
    fn only_the_same_secret_compares_equal() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd"));
        assert!(!same("abc", "abcd"));
    }
}
