//! Short keys that people type or files are named by, checked on the way in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::KEY_CHARS;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                $check(text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

key!(
    /// A way to play, as its file in `assets/modes` is called: `quick`, `duel`.
    ModeId,
    file_stem
);
key!(
    /// A map, as its file in `assets/maps` is called: `crossing`.
    MapId,
    file_stem
);
key!(
    /// Lets others into a party: six letters and digits without those that look alike. Typed in
    /// either case.
    PartyCode,
    party_code
);
key!(
    /// What a match is played with: 16 hex digits that change with every number and map. Only equal
    /// ones meet.
    Content,
    content
);

impl PartyCode {
    /// 32 letters: each carries five bits.
    pub const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    pub const LETTERS: usize = 6;

    /// A code from 32 random bits, of which it uses 30.
    pub fn from_random(bits: u32) -> Self {
        let letter = |place: usize| char::from(Self::ALPHABET[(bits >> (5 * place)) as usize & 31]);
        Self((0..Self::LETTERS).map(letter).collect())
    }
}

impl Content {
    /// Of the bytes that everybody in a match must have alike.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest as _, Sha256};
        Self(Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

fn file_stem(text: String) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=KEY_CHARS).contains(&text.len()) && text.chars().all(good) {
        Ok(text)
    } else {
        Err(format!("`{}` should be 1 to {KEY_CHARS} of a-z, 0-9 and -", text.escape_default()))
    }
}

fn party_code(text: String) -> Result<String, String> {
    let code = text.trim().to_ascii_uppercase();
    if code.len() == PartyCode::LETTERS && code.bytes().all(|byte| PartyCode::ALPHABET.contains(&byte)) {
        Ok(code)
    } else {
        Err(format!("`{}` is no party code: it has six letters or digits", text.escape_default()))
    }
}

fn content(text: String) -> Result<String, String> {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if text.len() == 16 && text.chars().all(hex) {
        Ok(text)
    } else {
        Err("a content version has 16 hex digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_with_other_letters_is_refused() {
        for bad in ["", "Quick", "../x", "a b", "a-name-that-is-far-too-long-for-a-key"] {
            assert!(ModeId::try_from(bad.to_owned()).is_err(), "`{bad}` should be refused");
        }
        assert!(ModeId::try_from("quick-2".to_owned()).is_ok());
    }

    #[test]
    fn party_code_is_typed_in_either_case() {
        let code = PartyCode::from_random(0x1234_5678);
        let typed = PartyCode::try_from(format!(" {} ", code.as_str().to_lowercase()));
        assert_eq!(typed, Ok(code));
        assert!(PartyCode::try_from("AB0DEF".to_owned()).is_err(), "0 looks like O");
    }

    #[test]
    fn content_changes_with_a_byte() {
        assert_ne!(Content::of(b"a"), Content::of(b"b"));
        assert!(Content::try_from(String::from(Content::of(b"a"))).is_ok());
    }
}
