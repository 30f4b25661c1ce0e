//! What was done, said on the page that follows. An address can only name one of these sentences.

use axum::{
    extract::RawQuery,
    response::{IntoResponse as _, Redirect, Response},
};

use super::asked;

/// Something a form has done.
#[derive(Clone, Copy)]
pub(super) enum Done {
    Claimed,
    PasswordChanged,
    SessionEnded,
    SignedOutEverywhere,
    PasswordReset,
    Deleted,
}

impl Done {
    const ALL: [Done; 6] = [
        Self::Claimed,
        Self::PasswordChanged,
        Self::SessionEnded,
        Self::SignedOutEverywhere,
        Self::PasswordReset,
        Self::Deleted,
    ];

    /// Leads to `page`, which is to say it.
    pub(super) fn lead_to(self, page: &str) -> Response {
        Redirect::to(&format!("{page}?done={}", self.key())).into_response()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::PasswordChanged => "password",
            Self::SessionEnded => "session",
            Self::SignedOutEverywhere => "everywhere",
            Self::PasswordReset => "reset",
            Self::Deleted => "deleted",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Claimed => "The account is yours for good: log in anywhere with this name and password.",
            Self::PasswordChanged => "Your password is changed. Use the new one from now on.",
            Self::SessionEnded => "That device is signed out.",
            Self::SignedOutEverywhere => "You are signed out everywhere.",
            Self::PasswordReset => "Your password is changed. Log in with the new one.",
            Self::Deleted => "Your account is deleted.",
        }
    }
}

/// The sentence that a page's query names.
pub(super) fn named_by(query: &RawQuery) -> Option<&'static str> {
    let key = asked(query, "done")?;
    Done::ALL.into_iter().find(|done| done.key() == key).map(Done::sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_cannot_put_words_on_a_page() {
        let query = |text: &str| RawQuery(Some(text.to_owned()));
        for done in Done::ALL {
            assert_eq!(named_by(&query(&format!("done={}", done.key()))), Some(done.sentence()));
        }
        assert_eq!(named_by(&query("done=Your+account+was+hacked")), None);
    }
}
