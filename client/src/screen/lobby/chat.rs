//! What is said in the lobby.

use std::collections::VecDeque;

use bevy::prelude::*;
use bevy_egui::egui;
use game::protocol::{limits::CHAT_CHARS, text::ChatText};

use crate::{
    lobby::Said,
    ui::{theme, widget},
};

/// Height of the line that is typed and of the remark under it.
const TYPING: f32 = 72.0;

/// What is being typed.
#[derive(Resource, Default)]
pub(super) struct Draft(String);

impl Draft {
    /// Why this cannot be sent; `None` also for nothing at all.
    fn problem(&self) -> Option<String> {
        let chars = self.0.trim().chars().count();
        if chars > CHAT_CHARS {
            return Some(format!("{chars} of {CHAT_CHARS} characters: too long to send."));
        }
        match ChatText::new(&self.0) {
            Err(bad) if chars > 0 => Some(format!("This cannot be sent: {bad}.")),
            _ => None,
        }
    }
}

/// What is to be said.
pub(super) fn chat_ui(ui: &mut egui::Ui, said: &VecDeque<Said>, draft: &mut Draft) -> Option<ChatText> {
    widget::caption(ui, "Chat");
    let height = (ui.available_height() - TYPING).max(0.0);
    egui::ScrollArea::vertical()
        .id_salt("chat")
        .auto_shrink(false)
        .max_height(height)
        .stick_to_bottom(true)
        .show(ui, |ui| {
            for said in said {
                ui.horizontal_wrapped(|ui| {
                    ui.label(egui::RichText::new(&said.from).color(theme::QUIET));
                    ui.label(&said.text);
                });
            }
            if said.is_empty() {
                widget::quiet(ui, "Nothing said yet. Say hello.");
            }
        });
    let field = widget::field(ui, "Say something", &mut draft.0, false);
    let problem = draft.problem();
    if let Some(problem) = &problem {
        ui.label(egui::RichText::new(problem).color(theme::DANGER).font(theme::regular(theme::SMALL)));
    }
    if !(field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))) {
        return None;
    }
    field.request_focus();
    let text = ChatText::new(&draft.0).ok()?;
    draft.0.clear();
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_over_the_limit_says_so() {
        assert_eq!(Draft("x".repeat(200)).problem(), None);
        let problem = Draft("x".repeat(213)).problem();
        assert_eq!(problem.as_deref(), Some("213 of 200 characters: too long to send."));
        assert_eq!(Draft("  ".into()).problem(), None);
        assert!(Draft("a\u{202E}b".into()).problem().is_some());
    }
}
