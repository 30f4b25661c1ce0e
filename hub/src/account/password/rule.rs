//! Which passwords may be chosen.

use protocol::{limits::PASSWORD_CHARS, text::PlayerName};

use crate::error::ApiError;

/// The passwords that are tried first everywhere, lower case, one a line.
const COMMON: &str = include_str!("common.txt");

/// Long enough, not among the most common ones, not the player's own name.
pub fn check(password: &str, name: &PlayerName) -> Result<(), ApiError> {
    let chars = password.chars().count();
    if !PASSWORD_CHARS.contains(&chars) {
        return Err(ApiError::PasswordLength(chars));
    }
    let lower = password.to_lowercase();
    if COMMON.lines().any(|common| common == lower) {
        return Err(ApiError::CommonPassword);
    }
    if lower.trim() == name.key() {
        return Err(ApiError::PasswordIsName);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(password: &str) -> Result<(), ApiError> {
        check(password, &PlayerName::new("Annabelle").expect("the name should be good"))
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(matches!(checked("äöüäöüä"), Err(ApiError::PasswordLength(7))));
        assert!(matches!(checked(&"x".repeat(129)), Err(ApiError::PasswordLength(129))));
        assert!(checked("äöüäöüäö").is_ok());
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for password in ["password", "PassW0rd", "12345678", "qwertyuiop", "iloveyou"] {
            assert!(matches!(checked(password), Err(ApiError::CommonPassword)), "`{password}`");
        }
    }

    #[test]
    fn own_name_is_no_password() {
        for password in ["Annabelle", "ANNABELLE "] {
            assert!(matches!(checked(password), Err(ApiError::PasswordIsName)), "`{password}`");
        }
    }

    #[test]
    fn common_passwords_are_listed_once_and_as_they_are_compared() {
        let mut seen = std::collections::HashSet::new();
        for common in COMMON.lines() {
            assert_eq!(common, common.to_lowercase());
            assert!(PASSWORD_CHARS.contains(&common.chars().count()), "`{common}` is refused for its length");
            assert!(seen.insert(common), "`{common}` is listed twice");
        }
        assert!(seen.len() >= 100);
    }
}
