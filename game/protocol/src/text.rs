//! Words that people type, checked on the way in: a value of these types is always well formed.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::{CHAT_CHARS, NAME_CHARS};

/// Why a name or a chat line is refused; the text is shown to the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadText {
    #[error("a name has {min} to {max} characters, this one has {0}", min = NAME_CHARS.start(), max = NAME_CHARS.end())]
    NameLength(usize),
    #[error("a name cannot begin or end with a space, nor hold two in a row")]
    NameSpaces,
    #[error("the character U+{0:04X} is not allowed: it is invisible or changes the direction of text")]
    Character(u32),
    #[error("a chat line has at most {CHAT_CHARS} characters, this one has {0}")]
    ChatLength(usize),
    #[error("a chat line cannot be empty")]
    ChatEmpty,
}

/// What others call a player: 3 to 20 visible characters, single spaces inside only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct PlayerName(String);

impl PlayerName {
    pub fn new(name: &str) -> Result<Self, BadText> {
        let chars = name.chars().count();
        if !NAME_CHARS.contains(&chars) {
            return Err(BadText::NameLength(chars));
        }
        if name.trim() != name || name.contains("  ") {
            return Err(BadText::NameSpaces);
        }
        all_visible(name)?;
        Ok(Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two names with the same key are the same name: `Ann` and `ANN` cannot both exist.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// One line of lobby chat: 1 to 200 visible characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct ChatText(String);

impl ChatText {
    pub fn new(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadText::ChatEmpty);
        }
        let chars = text.chars().count();
        if chars > CHAT_CHARS {
            return Err(BadText::ChatLength(chars));
        }
        all_visible(text)?;
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_conversions {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = BadText;

            fn try_from(text: String) -> Result<Self, BadText> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_conversions!(PlayerName);
text_conversions!(ChatText);

fn all_visible(text: &str) -> Result<(), BadText> {
    match text.chars().find(|c| hidden(*c)) {
        Some(c) => Err(BadText::Character(u32::from(c))),
        None => Ok(()),
    }
}

/// Control characters, and those of Unicode that draw nothing, join others or turn the direction of
/// text (general category Cf and the blank letters that imitate it).
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD
            | 0x034F
            | 0x0600..=0x0605
            | 0x061C
            | 0x06DD
            | 0x070F
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFFB
            | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_length_is_counted_in_characters() {
        assert_eq!(PlayerName::new("ab"), Err(BadText::NameLength(2)));
        assert_eq!(PlayerName::new(&"a".repeat(21)), Err(BadText::NameLength(21)));
        assert!(PlayerName::new("äöü").is_ok());
        assert!(PlayerName::new(&"ß".repeat(20)).is_ok());
    }

    #[test]
    fn name_with_control_or_bidi_character_is_refused() {
        assert_eq!(PlayerName::new("ann\u{7}"), Err(BadText::Character(7)));
        assert_eq!(PlayerName::new("ann\u{202E}x"), Err(BadText::Character(0x202E)));
        assert_eq!(PlayerName::new("a\u{200B}nn"), Err(BadText::Character(0x200B)));
    }

    #[test]
    fn name_with_stray_spaces_is_refused() {
        for name in [" ann", "ann ", "an  n"] {
            assert_eq!(PlayerName::new(name), Err(BadText::NameSpaces));
        }
    }

    #[test]
    fn chat_over_the_limit_is_refused_with_its_length() {
        assert_eq!(ChatText::new(&"x".repeat(201)), Err(BadText::ChatLength(201)));
        assert_eq!(ChatText::new("   "), Err(BadText::ChatEmpty));
    }

    #[test]
    fn a_bad_name_does_not_come_out_of_json() {
        assert!(serde_json::from_str::<PlayerName>("\"a\"").is_err());
        assert!(serde_json::from_str::<PlayerName>("\"ann\"").is_ok());
    }
}
