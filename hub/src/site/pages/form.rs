//! Forms: what they ask for, what was typed, and what is wrong with it, said beside the field.

use axum::extract::rejection::FormRejection;
use protocol::limits::{NAME_CHARS, PASSWORD_CHARS};

use crate::error::ApiError;

/// Longest name and password that a browser lets somebody type, in UTF-16 units. Roomy, so that it is
/// the hub that says what is too long.
const NAME_INPUT: usize = 64;
const PASSWORD_INPUT: usize = 512;

/// A form's body as a handler takes it.
pub(super) type Sent<T> = Result<axum::Form<T>, FormRejection>;

/// A form as its page shows it.
pub(super) struct Form {
    pub(super) id: &'static str,
    pub(super) action: &'static str,
    pub(super) button: &'static str,
    /// The class of the button.
    pub(super) look: &'static str,
    pub(super) fields: Vec<Field>,
    /// What is wrong, when it is about no field of the form.
    pub(super) flaw: Option<String>,
}

/// One field; its kind is an input's `type`.
pub(super) struct Field {
    asks: Asks,
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) longest: usize,
    pub(super) hint: String,
    pub(super) value: String,
    pub(super) focused: bool,
    pub(super) flaw: Option<String>,
}

/// What a field asks for, which tells whether an error is about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Name,
    /// A password to have from now on.
    NewPassword,
    /// What shows that somebody may do this: the present password or a code.
    Proof,
    /// A tick.
    Consent,
}

impl Form {
    pub(super) fn new(id: &'static str, action: &'static str, button: &'static str) -> Self {
        Self { id, action, button, look: "plain", fields: Vec::new(), flaw: None }
    }

    pub(super) fn looking(mut self, look: &'static str) -> Self {
        self.look = look;
        self
    }

    pub(super) fn with(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Keeps what was typed into a field.
    pub(super) fn keep(&mut self, key: &str, typed: &str) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.key == key) {
            typed.clone_into(&mut field.value);
        }
    }

    /// Says what is wrong at the field it is about, or above the form.
    pub(super) fn refuse(&mut self, error: &ApiError) {
        let about = about(error);
        for field in &mut self.fields {
            field.focused = false;
        }
        match self.fields.iter_mut().find(|field| Some(field.asks) == about) {
            Some(field) => {
                field.flaw = Some(error.to_string());
                field.focused = true;
            }
            None => self.flaw = Some(error.to_string()),
        }
    }

    /// Says that a box has to be ticked first.
    pub(super) fn refuse_without_consent(&mut self, words: &str) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.asks == Asks::Consent) {
            field.flaw = Some(words.to_owned());
        }
    }
}

impl Field {
    /// The name somebody has.
    pub(super) fn name() -> Self {
        let (least, most) = (*NAME_CHARS.start(), *NAME_CHARS.end());
        Self {
            hint: format!("{least} to {most} characters. Others see it."),
            longest: NAME_INPUT,
            ..Self::bare(Asks::Name, "name", "Name", "text", "username")
        }
    }

    /// A password to have from now on.
    pub(super) fn new_password(key: &'static str, label: &'static str) -> Self {
        let (least, most) = (*PASSWORD_CHARS.start(), *PASSWORD_CHARS.end());
        Self {
            hint: format!("{least} to {most} characters."),
            ..Self::bare(Asks::NewPassword, key, label, "password", "new-password")
        }
    }

    /// The password somebody has.
    pub(super) fn password(key: &'static str, label: &'static str) -> Self {
        Self::bare(Asks::Proof, key, label, "password", "current-password")
    }

    /// A one-time code.
    pub(super) fn code() -> Self {
        Self::bare(Asks::Proof, "code", "Code", "text", "one-time-code")
    }

    /// A box to tick.
    pub(super) fn consent(key: &'static str, label: &'static str) -> Self {
        Self::bare(Asks::Consent, key, label, "checkbox", "off")
    }

    pub(super) fn without_hint(self) -> Self {
        Self { hint: String::new(), ..self }
    }

    pub(super) fn focused(self) -> Self {
        Self { focused: true, ..self }
    }

    fn bare(
        asks: Asks,
        key: &'static str,
        label: &'static str,
        kind: &'static str,
        autocomplete: &'static str,
    ) -> Self {
        Self {
            asks,
            key,
            label,
            kind,
            autocomplete,
            longest: PASSWORD_INPUT,
            hint: String::new(),
            value: String::new(),
            focused: false,
            flaw: None,
        }
    }
}

/// What was sent, or that it is no such form.
pub(super) fn read<T>(sent: Sent<T>) -> Result<T, ApiError> {
    match sent {
        Ok(axum::Form(typed)) => Ok(typed),
        Err(rejection) => Err(ApiError::of_body(rejection.status(), rejection.body_text())),
    }
}

fn about(error: &ApiError) -> Option<Asks> {
    match error {
        ApiError::BadName(_) | ApiError::ReservedName | ApiError::NameTaken | ApiError::StaffName => {
            Some(Asks::Name)
        }
        ApiError::PasswordLength(_) | ApiError::CommonPassword | ApiError::PasswordIsName => {
            Some(Asks::NewPassword)
        }
        ApiError::WrongLogin | ApiError::WrongPassword | ApiError::WrongCode => Some(Asks::Proof),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(form: &Form) -> Vec<(&str, bool)> {
        form.fields.iter().map(|field| (field.key, field.flaw.is_some())).collect()
    }

    #[test]
    fn error_stands_at_the_field_it_is_about() {
        let mut form = Form::new("keep", "/keep", "Keep")
            .with(Field::name())
            .with(Field::new_password("password", "Password"));
        form.refuse(&ApiError::PasswordLength(3));
        assert_eq!(flaws(&form), [("name", false), ("password", true)]);
        assert_eq!(form.flaw, None);
    }

    #[test]
    fn error_about_no_field_stands_above_the_form() {
        let mut form = Form::new("in", "/in", "Log in").with(Field::name());
        form.keep("name", "Ann");
        form.refuse(&ApiError::WrongLogin);
        assert_eq!(form.fields[0].value, "Ann");
        assert_eq!(flaws(&form), [("name", false)]);
        assert_eq!(form.flaw.as_deref(), Some("Name or password is wrong."));
    }
}
