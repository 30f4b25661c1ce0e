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
    mut leaves: MessageWriter<LeaveMatch>,
) -> Result {
    let view = View::new(&link.state, engagement.transport());
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
    fn new(state: &LinkState, transport: Transport) -> Self {
        let by = match transport {
            Transport::Udp => "UDP",
            Transport::WebTransport => "WebTransport",
            Transport::WebSocket => "WebSocket",
        };
        match state {
            LinkState::Lost(reason) => {
                Self { doing: "Trying again…".into(), problem: Some(reason.clone()) }
            }
            _ => Self { doing: format!("Joining the room by {by}…"), problem: None },
        }
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
