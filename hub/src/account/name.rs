//! Which names may be chosen: none that is taken, none that the hub gives, none that could be
//! mistaken for one of the people who run it.

use protocol::{key::PartyCode, text::PlayerName};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

use crate::{account::store, error::ApiError, secret, state::AppState};

/// Begins the name of somebody who did not choose one.
pub const GUEST: &str = "Guest-";

/// Begins the name that is left where an account was.
pub const DELETED: &str = "Deleted-";

/// What those who run a hub call themselves; nobody may choose to look like it.
const OFFICES: [&str; 9] =
    ["admin", "administrator", "moderator", "mod", "staff", "fogline", "system", "operator", "hub"];

/// The name that somebody typed, if they may have it.
pub async fn chosen(state: &AppState, typed: &str) -> Result<PlayerName, ApiError> {
    let name = PlayerName::new(typed)?;
    let key = name.key();
    if [GUEST, DELETED].iter().any(|prefix| key.starts_with(&prefix.to_lowercase())) {
        return Err(ApiError::ReservedName);
    }
    let known = state
        .store
        .read(move |connection| Ok((store::name_taken(connection, &key)?, store::staff(connection)?)))
        .await?;
    match known {
        (true, _) => Err(ApiError::NameTaken),
        (false, staff) if looks_like_staff(&name, &staff) => Err(ApiError::StaffName),
        (false, _) => Ok(name),
    }
}

/// A name that the hub gives: `prefix` and up to 32 random letters.
pub fn coined(prefix: &str, letters: usize) -> PlayerName {
    let suffix: String = secret::random()
        .iter()
        .take(letters)
        .map(|byte| char::from(PartyCode::ALPHABET[usize::from(byte % 32)]))
        .collect();
    PlayerName::new(&format!("{prefix}{suffix}")).expect("a coined name should be well formed")
}

/// Whether a name could be mistaken for one of `staff` or for an office.
pub fn looks_like_staff(name: &PlayerName, staff: &[PlayerName]) -> bool {
    let own = looks(name.as_str());
    let mut others = OFFICES.into_iter().chain(staff.iter().map(PlayerName::as_str)).flat_map(looks);
    others.any(|other| !other.is_empty() && own.contains(&other))
}

/// What is left of a name at a glance: names that can be mistaken for each other have a look in
/// common.
///
/// Unicode's own table of confusables (UTS 39) and its compatibility forms contradict each other here
/// and there, hence two looks. The table knows neither case nor the digits that stand for letters and
/// leaves small capitals alone, which `letter` and the second round mend.
fn looks(name: &str) -> [String; 2] {
    [name.to_owned(), name.nfkd().collect()].map(|mut text| {
        for _ in 0..2 {
            text = skeleton(&text).nfkd().collect::<String>().to_lowercase();
        }
        let letters: String = text.chars().map(letter).filter(|c| c.is_alphanumeric()).collect();
        letters.replace("rn", "m").replace("vv", "w")
    })
}

/// The letter that a character is read as. Marks and separators stay and are dropped later.
fn letter(c: char) -> char {
    match c {
        '@' | '4' | 'ᴀ' | 'λ' => 'a',
        'ʙ' | '6' | '8' | 'ƅ' | 'ß' | 'в' => 'b',
        '(' | '<' | '©' => 'c',
        'ᴅ' | 'ẟ' | 'д' => 'd',
        '3' | '€' | 'ᴇ' | 'ꞓ' | 'ɜ' | 'ǝ' | 'э' => 'e',
        'ꜰ' => 'f',
        '9' | 'ɢ' => 'g',
        'ʜ' | '#' => 'h',
        'i' | 'ɪ' | 'ʟ' | '!' | '1' | '|' => 'l',
        'ᴊ' => 'j',
        'ᴋ' | 'ĸ' => 'k',
        'ᴍ' | 'ʍ' => 'm',
        'ɴ' | 'ᴎ' | 'π' | 'п' => 'n',
        '0' => 'o',
        'ᴘ' | '℗' => 'p',
        'ʀ' | 'ᴙ' | '®' => 'r',
        '$' | '5' => 's',
        '+' | '7' | 'ᴛ' => 't',
        'ц' => 'u',
        'ω' => 'w',
        'χ' => 'x',
        '2' => 'z',
        other => enclosed(other).unwrap_or(other),
    }
}

/// The letter in a filled circle, in a filled square or of a flag.
fn enclosed(c: char) -> Option<char> {
    let nth = [0x1F150, 0x1F170, 0x1F1E6]
        .into_iter()
        .filter_map(|first| u32::from(c).checked_sub(first))
        .find(|nth| *nth < 26)?;
    let plain = char::from_u32(u32::from('a') + nth)?;
    Some(if plain == 'i' { 'l' } else { plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PlayerName {
        PlayerName::new(text).expect("the name should be well formed")
    }

    #[test]
    fn coined_names_are_good_names() {
        for (prefix, letters) in [(GUEST, 4), (GUEST, 10), (DELETED, 8)] {
            assert_eq!(coined(prefix, letters).as_str().len(), prefix.len() + letters);
        }
    }

    #[test]
    fn names_that_are_read_as_an_office_look_like_staff() {
        let taken_for_staff = [
            "Admin",
            "ADM1N",
            "аdmіn",
            "Adm!n",
            "a.d.m.i.n",
            "ÁDMÍN",
            "adrnin",
            "ᴀᴅᴍɪɴ",
            "🅐🅓🅜🅘🅝",
            "ａｄｍｉｎ",
            "ⓐⓓⓜⓘⓝ",
            "M0D",
            "5y5tem",
            "STΑFF",
            "F0GL1NE",
            "0perat0r",
            "Н u b",
        ];
        for text in taken_for_staff {
            assert!(looks_like_staff(&name(text), &[]), "`{text}` should be refused");
        }
    }

    #[test]
    fn names_of_players_do_not_look_like_staff() {
        for text in ["Ann", "Adam", "Modest", "Hubert", "Мария", "艾米莉", "Administratix", "Guest-ABCD"]
        {
            assert!(!looks_like_staff(&name(text), &[name("Commander")]), "`{text}` should be free");
        }
    }
}
