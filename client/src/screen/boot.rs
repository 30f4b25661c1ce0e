//! The hub is called, or does not answer.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};

use crate::{
    lobby::Lobby,
    screen::Screen,
    session::{Hub, Line, Order, Session},
    ui::{UiSystems, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Boot)));
}

fn show(
    mut contexts: EguiContexts,
    hub: Res<Hub>,
    lobby: Res<Lobby>,
    time: Res<Time<Real>>,
    session: Res<Session>,
) -> Result {
    let view = View::new(&hub, &lobby, time.elapsed());
    if widget::card(contexts.ctx_mut()?, "boot", 480.0, |ui| boot_ui(ui, &view)) {
        session.order(Order::Retry);
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
struct View {
    doing: String,
    problem: Option<String>,
    /// Something that has not been lost.
    kept: Option<&'static str>,
    /// What the player can do, in words.
    way_on: Option<&'static str>,
}

impl View {
    fn new(hub: &Hub, lobby: &Lobby, now: Duration) -> Self {
        let kept = lobby.wait.is_some().then_some("The hub keeps your place in the queue.");
        match &hub.line {
            Line::Retrying { reason, at } => {
                let left = at.saturating_sub(now);
                let doing = if left.is_zero() {
                    "Trying again…".into()
                } else {
                    format!("Trying again in {} s", left.as_secs_f32().ceil())
                };
                let way_on = (!left.is_zero()).then_some("Try again");
                Self { doing, problem: Some(reason.clone()), kept, way_on }
            }
            Line::Halted { reason, elsewhere } => {
                let way_on = Some(if *elsewhere { "Use it here" } else { "Try again" });
                Self { doing: "Not connected".into(), problem: Some(reason.clone()), kept, way_on }
            }
            Line::Connecting | Line::NeedsSignIn { .. } | Line::Online => {
                let doing = format!("Connecting to {}…", hub.address);
                Self { doing, problem: None, kept, way_on: None }
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
    if let Some(kept) = view.kept {
        widget::quiet(ui, kept);
    }
    let size = egui::vec2(ui.available_width(), 48.0);
    view.way_on.is_some_and(|way_on| widget::secondary(ui, "retry", way_on, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(line: Line, now: Duration) -> View {
        View::new(&Hub { line, ..default() }, &Lobby::default(), now)
    }

    #[test]
    fn wait_is_counted_down_in_whole_seconds() {
        let at = Duration::from_secs(10);
        let line = Line::Retrying { reason: "gone".into(), at };
        assert_eq!(view(line.clone(), Duration::from_millis(7_400)).doing, "Trying again in 3 s");
        assert!(view(line, at).doing.starts_with("Trying again…"));
    }

    #[test]
    fn halted_session_waits_for_the_player() {
        let halted = |elsewhere| Line::Halted { reason: "old build".into(), elsewhere };
        let shown = view(halted(false), Duration::ZERO);
        assert_eq!((shown.way_on, shown.problem.as_deref()), (Some("Try again"), Some("old build")));
        assert_eq!(view(halted(true), Duration::ZERO).way_on, Some("Use it here"));
    }
}
