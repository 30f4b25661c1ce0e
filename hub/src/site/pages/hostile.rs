//! Markup that somebody may try to bring onto a page, for the tests of the pages.

use askama::Template;

use super::html;

const MARKUP: &str = include_str!("../../../tests/it/site_safety/markup.txt");

/// Every line holds a character that HTML gives a meaning.
pub(super) fn markup() -> impl Iterator<Item = &'static str> {
    MARKUP.lines()
}

/// Fails unless `page` shows `text` as text only.
pub(super) fn assert_shown_as_text(page: &impl Template, text: &str) {
    let page = html(page).expect("the page should be rendered");
    assert!(!page.contains(text), "`{text}` should not be markup in {page}");
    let escaped: String = text.chars().map(escaped).collect();
    assert!(page.contains(&escaped), "`{escaped}` should be shown by {page}");
}

fn escaped(letter: char) -> String {
    match letter {
        '<' | '>' | '&' | '"' | '\'' => format!("&#{};", u32::from(letter)),
        letter => letter.to_string(),
    }
}
