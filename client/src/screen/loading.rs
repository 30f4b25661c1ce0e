//! On the way into a match.

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};
use game::client::{LinkState, RoomLink, Transport};

use crate::{
    engagement::{Engagement, LeaveMatch},
    screen::Screen,
    ui::{UiSystems, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Loading)));
}

fn show(
    mut contexts: EguiContexts,
    link: Res<RoomLink>,
    engagement: Res<Engagement>,
    time: Res<Time<Real>>,
    mut leaves: MessageWriter<LeaveMatch>,
) -> Result {
    let view = View::new(&link.state, engagement.transport(), engagement.seconds_left(time.elapsed()));
    if widget::card(contexts.ctx_mut()?, "loading", 400.0, |ui| loading_ui(ui, &view)) {
        leaves.write(LeaveMatch);
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
struct View {
    doing: String,
    problem: Option<String>,
}

impl View {
    /// `seconds_left`: until a way that was lost is given up.
    fn new(state: &LinkState, transport: Transport, seconds_left: Option<u64>) -> Self {
        let by = match transport {
            Transport::Udp => "UDP",
            Transport::WebTransport => "WebTransport",
            Transport::WebSocket => "WebSocket",
        };
        let problem = match state {
            LinkState::Lost(reason) => Some(reason.clone()),
            _ => None,
        };
        let doing = match (&problem, seconds_left) {
            (_, Some(seconds)) => format!("Trying again, {seconds} s left"),
            (Some(_), None) => "Trying again…".into(),
            (None, None) => format!("Joining the room by {by}…"),
        };
        Self { doing, problem }
    }
}

/// Whether to go back.
fn loading_ui(ui: &mut egui::Ui, view: &View) -> bool {
    widget::title(ui, "Match found");
    widget::quiet(ui, &view.doing);
    if let Some(problem) = &view.problem {
        widget::problem(ui, problem);
    }
    ui.add_space(16.0);
    let width = ui.available_width();
    widget::secondary(ui, "leave", "Leave", egui::vec2(width, 48.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_way_is_counted_down_with_its_reason() {
        let lost = LinkState::Lost("The room did not answer.".into());
        let view = View::new(&lost, Transport::Udp, Some(42));
        assert_eq!(view.doing, "Trying again, 42 s left");
        assert_eq!(view.problem.as_deref(), Some("The room did not answer."));
        let view = View::new(&LinkState::Dialling, Transport::Udp, None);
        assert_eq!(view.doing, "Joining the room by UDP…");
    }
}
