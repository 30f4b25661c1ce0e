//! The hub: who is here, the way into a match, and chat.

mod chat;

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};
use game::protocol::{
    hub::{QueueNote, ToHub},
    text::ChatText,
};

use crate::{
    lobby::{Lobby, Wait},
    screen::Screen,
    session::{Hub, Session},
    ui::{UiSystems, theme, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<chat::Draft>()
        .add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Lobby)));
}

const MARGIN: f32 = 24.0;
const GAP: f32 = 16.0;

fn show(
    mut contexts: EguiContexts,
    hub: Res<Hub>,
    time: Res<Time<Real>>,
    session: Res<Session>,
    mut lobby: ResMut<Lobby>,
    mut draft: ResMut<chat::Draft>,
) -> Result {
    let ctx = contexts.ctx_mut()?;
    let [left, middle, right] = zones(ctx.content_rect().shrink(MARGIN));
    let view = View::new(&hub, &lobby, time.elapsed());
    widget::panel(ctx, "here", left, |ui| here_ui(ui, &view));
    let said = widget::panel(ctx, "chat", right, |ui| chat::chat_ui(ui, &lobby.chat, &mut draft));
    let asked = widget::panel(ctx, "queue", middle, |ui| queue_ui(ui, &view));
    match asked.or(said.map(Action::Say)) {
        Some(Action::Play) => {
            lobby.notice = None;
            session.say(ToHub::JoinQueue {});
        }
        Some(Action::Cancel) => session.say(ToHub::LeaveQueue {}),
        Some(Action::Say(text)) => session.say(ToHub::Chat { text }),
        None => {}
    }
    Ok(())
}

enum Action {
    Play,
    Cancel,
    Say(ChatText),
}

/// Left, middle and right.
fn zones(rect: egui::Rect) -> [egui::Rect; 3] {
    let left = (rect.width() * 0.2).clamp(120.0, 260.0);
    let right = (rect.width() * 0.3).clamp(160.0, 400.0);
    let column = |from: f32, to: f32| egui::Rect::from_x_y_ranges(from..=to.max(from), rect.y_range());
    [
        column(rect.left(), rect.left() + left),
        column(rect.left() + left + GAP, rect.right() - right - GAP),
        column(rect.right() - right, rect.right()),
    ]
}

#[derive(Debug, PartialEq)]
struct View {
    name: String,
    guest: bool,
    online: u32,
    names: Vec<String>,
    /// Names that the hub did not send.
    more: u32,
    queue: Option<QueueView>,
    notice: Option<String>,
}

#[derive(Debug, PartialEq)]
struct QueueView {
    elapsed: String,
    waiting: String,
    note: &'static str,
}

impl View {
    fn new(hub: &Hub, lobby: &Lobby, now: Duration) -> Self {
        let names = u32::try_from(lobby.names.len()).unwrap_or(u32::MAX);
        Self {
            name: hub.name.as_ref().map(ToString::to_string).unwrap_or_default(),
            guest: hub.guest,
            online: lobby.online,
            names: lobby.names.clone(),
            more: lobby.online.saturating_sub(names),
            queue: lobby.queue.as_ref().map(|wait| QueueView::new(wait, now)),
            notice: lobby.notice.clone(),
        }
    }
}

impl QueueView {
    fn new(wait: &Wait, now: Duration) -> Self {
        let seconds = now.saturating_sub(wait.since).as_secs();
        Self {
            elapsed: format!("{}:{:02}", seconds / 60, seconds % 60),
            waiting: match wait.waiting {
                0 | 1 => "Only you are waiting".into(),
                waiting => format!("{waiting} players are waiting"),
            },
            note: match wait.note {
                QueueNote::Players => "Bots fill the match soon.",
                QueueNote::Room => "All rooms are taken. The next free one is yours.",
            },
        }
    }
}

fn here_ui(ui: &mut egui::Ui, view: &View) {
    widget::caption(ui, &format!("Here now: {}", view.online));
    egui::ScrollArea::vertical().auto_shrink(false).id_salt("here").show(ui, |ui| {
        for name in &view.names {
            let ink = if *name == view.name { theme::AMBER } else { theme::TEXT };
            ui.label(egui::RichText::new(name).color(ink));
        }
        if view.more > 0 {
            widget::quiet(ui, &format!("and {} more", view.more));
        }
        if view.online <= 1 {
            widget::quiet(ui, "Nobody else yet. Press Play: bots will join you.");
        }
    });
}

fn queue_ui(ui: &mut egui::Ui, view: &View) -> Option<Action> {
    let mut asked = None;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.18).max(0.0));
        widget::title(ui, "Fogline");
        let kind = if view.guest { " (guest)" } else { "" };
        widget::quiet(ui, &format!("{}{kind}", view.name));
        ui.add_space(32.0);
        let wide = ui.available_width().min(320.0);
        match &view.queue {
            None => {
                if widget::primary(ui, "play", "Play", egui::vec2(wide, 80.0)) {
                    asked = Some(Action::Play);
                }
            }
            Some(queue) => {
                widget::caption(ui, "Looking for a match");
                let clock = egui::RichText::new(&queue.elapsed);
                ui.label(clock.font(theme::condensed(theme::HUGE)));
                ui.label(&queue.waiting);
                widget::quiet(ui, queue.note);
                ui.add_space(16.0);
                if widget::secondary(ui, "cancel", "Cancel", egui::vec2(wide, 48.0)) {
                    asked = Some(Action::Cancel);
                }
            }
        }
        if let Some(notice) = &view.notice {
            ui.add_space(24.0);
            ui.label(notice);
        }
        ui.add_space(32.0);
        widget::quiet(
            ui,
            "Drive with W A S D or the arrows. Aim with the mouse, fire with its button or Space.",
        );
    });
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_reads_as_minutes_and_seconds() {
        let since = Duration::from_secs(5);
        let wait = Wait { since, waiting: 2, note: QueueNote::Players };
        let view = QueueView::new(&wait, since + Duration::from_secs(65));
        assert_eq!((view.elapsed.as_str(), view.waiting.as_str()), ("1:05", "2 players are waiting"));
    }

    #[test]
    fn names_that_were_not_sent_are_counted() {
        let lobby = Lobby { names: vec!["ann".into()], online: 4, ..default() };
        assert_eq!(View::new(&Hub::default(), &lobby, Duration::ZERO).more, 3);
    }

    #[test]
    fn zones_do_not_overlap_on_a_small_page() {
        let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(640.0, 400.0));
        let [left, middle, right] = zones(rect);
        assert!(left.right() < middle.left() && middle.right() < right.left());
    }
}
