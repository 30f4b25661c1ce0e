//! The game socket's challenge: a speed bump that sheds scripts and old builds.
//!
//! The hub sends a fresh nonce; the client answers with HMAC-SHA-256 over version and nonce under a
//! key baked into its build. A secret in a client is no secret: accounts, limits and the room's
//! authority are the walls.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::VERSION;

/// 32 bytes, written as 64 hex digits on the wire and in files.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes32(pub [u8; 32]);

/// What the hub asks; never asked twice.
pub type Nonce = Bytes32;

/// What the client answers.
pub type Answer = Bytes32;

/// The key that hub and client builds share.
#[derive(Clone)]
pub struct ChallengeKey([u8; 32]);

impl ChallengeKey {
    /// Reads 64 hex digits; surrounding white space is ignored.
    pub fn from_hex(hex: &str) -> Result<Self, String> {
        Bytes32::try_from(hex.trim().to_owned()).map(|bytes| Self(bytes.0))
    }

    pub fn answer(&self, nonce: &Nonce) -> Answer {
        Bytes32(self.mac(nonce).finalize().into_bytes().into())
    }

    /// Compares in constant time.
    pub fn accepts(&self, nonce: &Nonce, answer: &Answer) -> bool {
        self.mac(nonce).verify_slice(&answer.0).is_ok()
    }

    fn mac(&self, nonce: &Nonce) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC should take a key of any length");
        mac.update(b"fogline game socket");
        mac.update(&VERSION.to_be_bytes());
        mac.update(&nonce.0);
        mac
    }
}

impl TryFrom<String> for Bytes32 {
    type Error = String;

    fn try_from(hex: String) -> Result<Self, String> {
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return Err(format!("expected 64 hex digits, found {}", digits.len()));
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| (d as char).to_digit(16).ok_or("expected hex digits");
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

impl From<Bytes32> for String {
    fn from(bytes: Bytes32) -> String {
        bytes.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_accepted_for_its_own_nonce_and_key_only() {
        let key = ChallengeKey([7; 32]);
        let nonce = Bytes32([1; 32]);
        let answer = key.answer(&nonce);
        assert!(key.accepts(&nonce, &answer));
        assert!(!key.accepts(&Bytes32([2; 32]), &answer));
        assert!(!ChallengeKey([8; 32]).accepts(&nonce, &answer));
    }

    #[test]
    fn hex_of_wrong_length_or_alphabet_is_refused() {
        assert!(ChallengeKey::from_hex("00").is_err());
        assert!(ChallengeKey::from_hex(&"zz".repeat(32)).is_err());
        assert!(ChallengeKey::from_hex(&format!("{}\n", "0a".repeat(32))).is_ok());
    }
}
