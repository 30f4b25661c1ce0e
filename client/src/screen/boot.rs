//! The hub is called, or does not answer.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};

use crate::{
    screen::Screen,
    session::{Hub, Line, Order, Session},
    ui::{UiSystems, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Boot)));
}

fn show(mut contexts: EguiContexts, hub: Res<Hub>, time: Res<Time<Real>>, session: Res<Session>) -> Result {
    let view = View::new(&hub, time.elapsed());
    if widget::card(contexts.ctx_mut()?, "boot", 480.0, |ui| boot_ui(ui, &view)) {
        session.order(Order::Retry);
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
struct View {
    doing: String,
    problem: Option<String>,
    can_retry: bool,
}

impl View {
    fn new(hub: &Hub, now: Duration) -> Self {
        match &hub.line {
            Line::Retrying { reason, at } => {
                let left = at.saturating_sub(now);
                let doing = if left.is_zero() {
                    "Trying again…".into()
                } else {
                    format!("Trying again in {} s", left.as_secs_f32().ceil())
                };
                Self { doing, problem: Some(reason.clone()), can_retry: !left.is_zero() }
            }
            Line::Halted { reason } => {
                Self { doing: "Not connected".into(), problem: Some(reason.clone()), can_retry: true }
            }
            Line::Connecting | Line::NeedsSignIn { .. } | Line::Online => {
                Self { doing: format!("Connecting to {}…", hub.address), problem: None, can_retry: false }
            }
        }
    }
}

/// Whether to try again now.
fn boot_ui(ui: &mut egui::Ui, view: &View) -> bool {
    widget::title(ui, "Fogline");
    widget::quiet(ui, &view.doing);
    if let Some(problem) = &view.problem {
        widget::problem(ui, problem);
    }
    let width = ui.available_width();
    view.can_retry && widget::secondary(ui, "retry", "Try again", egui::vec2(width, 48.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_counted_down_in_whole_seconds() {
        let at = Duration::from_secs(10);
        let line = Line::Retrying { reason: "gone".into(), at };
        let hub = Hub { line, ..default() };
        let view = View::new(&hub, Duration::from_millis(7_400));
        assert_eq!(view.doing, "Trying again in 3 s");
        assert!(View::new(&hub, at).doing.starts_with("Trying again…"));
    }

    #[test]
    fn halted_session_waits_for_the_player() {
        let hub = Hub { line: Line::Halted { reason: "old build".into() }, ..default() };
        let view = View::new(&hub, Duration::ZERO);
        assert!(view.can_retry);
        assert_eq!(view.problem.as_deref(), Some("old build"));
    }
}
