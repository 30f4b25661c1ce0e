//! What is said in the lobby.

use bevy::prelude::*;
use bevy_egui::egui;
use game::protocol::{
    limits::CHAT_CHARS,
    text::{ChatText, PlayerName},
};

use super::{Action, here::name_ui};
use crate::{
    lobby::Lobby,
    session::Hub,
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

#[derive(Debug, PartialEq)]
pub(super) struct View {
    lines: Vec<Line>,
}

#[derive(Debug, PartialEq)]
struct Line {
    from: PlayerName,
    own: bool,
    muted: bool,
    text: String,
}

impl View {
    pub(super) fn new(hub: &Hub, lobby: &Lobby) -> Self {
        let lines = lobby.chat.iter().map(|said| Line {
            from: said.from.clone(),
            own: hub.name.as_ref() == Some(&said.from),
            muted: lobby.has_muted(&said.from),
            text: said.text.clone(),
        });
        Self { lines: lines.collect() }
    }
}

pub(super) fn chat_ui(ui: &mut egui::Ui, view: &View, draft: &mut Draft) -> Option<Action> {
    widget::caption(ui, "Chat");
    let height = (ui.available_height() - TYPING).max(0.0);
    let mut asked = None;
    egui::ScrollArea::vertical()
        .id_salt("chat")
        .auto_shrink(false)
        .max_height(height)
        .stick_to_bottom(true)
        .show(ui, |ui| {
            for line in &view.lines {
                ui.horizontal_wrapped(|ui| {
                    asked = asked.take().or(name_ui(ui, &line.from, line.own, line.muted));
                    let ink = if line.muted { theme::QUIET } else { theme::TEXT };
                    ui.label(egui::RichText::new(&line.text).color(ink));
                });
            }
            if view.lines.is_empty() {
                widget::quiet(ui, "Nothing said yet. Say hello.");
            }
        });
    asked.or(typing_ui(ui, draft).map(Action::Say))
}

/// What is to be said.
fn typing_ui(ui: &mut egui::Ui, draft: &mut Draft) -> Option<ChatText> {
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
