//! A new password for somebody who lost the old one, by a one-time code from an operator.

use std::time::Duration;

use protocol::{http::PasswordReset, key::PartyCode, refusal::Refusal, text::PlayerName};

use crate::{
    account::{caller::Caller, limit::Guess, password::rule, revocation::shut_out, store},
    clock::unix_ms,
    error::ApiError,
    secret::{self, TokenHash},
    state::AppState,
};

/// A code that nobody used by then is worthless.
pub const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

const GROUPS: usize = 4;
const GROUP_LETTERS: usize = 5;

/// A fresh code of 100 bits, to be read to somebody: `ABCDE-FGHJK-LMNPQ-RSTUV`.
pub fn code() -> String {
    let alphabet = PartyCode::ALPHABET;
    let letters = secret::random().map(|byte| char::from(alphabet[usize::from(byte % 32)]));
    let groups = letters.chunks(GROUP_LETTERS).take(GROUPS).map(String::from_iter);
    groups.collect::<Vec<_>>().join("-")
}

/// What the hub keeps of a code, which may be typed in either case and with or without dashes.
pub fn hash_of(code: &str) -> TokenHash {
    let plain: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    TokenHash::of(&plain.to_ascii_uppercase())
}

/// Sets the password and ends every session. Unknown names and wrong, used and old codes get the same
/// answer after the same work: the new password is hashed before anything is looked up.
pub async fn reset_password(state: &AppState, caller: &Caller, reset: PasswordReset) -> Result<(), ApiError> {
    state.limits.login(caller.address)?;
    let name = PlayerName::new(reset.name.trim()).map_err(|_| ApiError::WrongCode)?;
    rule::check(&reset.new, &name)?;
    let hash = state.passwords.hash(reset.new).await?;
    let (key, code) = (name.key(), hash_of(&reset.code));
    let account = state
        .store
        .write(move |connection| {
            let account = store::redeem_reset_code(connection, &key, &code, &hash, unix_ms())?;
            if let Some(account) = account {
                store::end_sessions(connection, account, None)?;
            }
            Ok(account)
        })
        .await?
        .ok_or(ApiError::WrongCode)?;
    tracing::info!(account.id = %account, "`{name}` has a new password by a one-time code");
    state.limits.guessed_right(&Guess::name(&name.key()));
    shut_out(state, account, Refusal::SessionEnded).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_carry_100_bits() {
        let (first, second) = (code(), code());
        assert_ne!(first, second);
        let groups = first.split('-').collect::<Vec<_>>();
        assert_eq!(groups.len(), GROUPS);
        for group in groups {
            assert_eq!(group.len(), GROUP_LETTERS);
            assert!(group.bytes().all(|letter| PartyCode::ALPHABET.contains(&letter)), "{group}");
        }
    }

    #[test]
    fn code_is_typed_in_either_case_and_without_dashes() {
        let code = code();
        assert_eq!(hash_of(&code), hash_of(&format!(" {} ", code.to_lowercase())));
        assert_eq!(hash_of(&code), hash_of(&code.replace('-', "")));
        assert_ne!(hash_of(&code), hash_of(&code[1..]));
    }
}
