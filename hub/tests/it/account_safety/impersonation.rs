//! Names that look like one of the staff (threat T32).

use std::collections::BTreeSet;

use reqwest::StatusCode;

use crate::{
    account::{make_admin, post, registered},
    support::{PASSWORD, TestHub, credentials, problem},
};

/// Whom they imitate.
const STAFF: &str = "Commander";

/// Letters of the name, and what may be written in their place.
const LETTERS: [(char, &[&str]); 8] = [
    ('C', &["С", "Ϲ", "Ⅽ", "ᴄ", "Ｃ", "ⅽ", "с", "𝐂", "(", "Ç", "ϲ"]),
    ('o', &["о", "ο", "0", "օ", "ｏ", "ø", "ö", "ᴏ", "𝗈", "ó"]),
    ('m', &["м", "ⅿ", "ｍ", "ᴍ", "rn", "𝓂", "ṃ", "ｒn"]),
    ('a', &["а", "α", "ɑ", "ａ", "@", "4", "á", "ä", "ᴀ", "å"]),
    ('n', &["п", "ｎ", "ñ", "ɴ", "ń", "𝐧", "ո"]),
    ('d', &["ԁ", "ⅾ", "ｄ", "ᴅ", "đ", "ɗ", "ḍ"]),
    ('e', &["е", "є", "3", "ｅ", "é", "ë", "ᴇ", "℮", "ε"]),
    ('r', &["г", "ｒ", "ʀ", "я", "ŕ", "ᴦ", "ř"]),
];

/// Written in another alphabet or shape as a whole, or taken apart.
const WHOLE: [&str; 9] = [
    "c.o.m.m.a.n.d.e.r",
    "Com mander",
    "_Commander_",
    "🅒🅞🅜🅜🅐🅝🅓🅔🅡",
    "🄲🄾🄼🄼🄰🄽🄳🄴🅁",
    "ⒸⓄⓂⓂⒶⓃⒹⒺⓇ",
    "ᶜᵒᵐᵐᵃⁿᵈᵉʳ",
    "ᴄᴏᴍᴍᴀɴᴅᴇʀ",
    "🇨🇴🇲🇲🇦🇳🇩🇪🇷",
];

/// Each once; none of them is the name itself in other letters of the same alphabet.
fn lookalikes() -> Vec<String> {
    let mut names: BTreeSet<String> = WHOLE.map(str::to_owned).into();
    for (letter, others) in LETTERS {
        for other in others {
            names.insert(STAFF.replacen(letter, other, 1));
            names.insert(STAFF.to_uppercase().replace(letter.to_ascii_uppercase(), other));
        }
    }
    names.into_iter().collect()
}

#[tokio::test]
async fn t32_names_that_can_be_mistaken_for_staff_are_refused() {
    let hub = TestHub::start().await;
    let staff = registered(&hub, STAFF).await;
    make_admin(&hub, staff.account).await;
    let names = lookalikes();
    assert!(names.len() >= 100, "there should be 100 of them, not {}", names.len());
    for name in &names {
        let (status, why) = problem(hub.register(name, PASSWORD).await).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "`{name}`: {why}");
        assert!(why.contains("mistaken"), "`{name}`: {why}");
    }
    let guest = hub.guest().await;
    let claimed = post(&hub, "/api/v1/claim", &guest.bearer, &credentials(&names[0], PASSWORD)).await;
    assert_eq!(claimed.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for name in ["Comma", "Commandeer", "Kommandant", "Anna"] {
        assert!(hub.register(name, PASSWORD).await.status().is_success(), "`{name}` is a good name");
    }
}
