//! The link's round trip at the top left, red when it is bad.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, vec2},
};
use game::client::RoomLink;

use crate::{
    session::{Hub, Line},
    ui::{theme, widget},
};

const BAD: Duration = Duration::from_millis(150);

pub(super) fn show(mut contexts: EguiContexts, link: Res<RoomLink>, hub: Res<Hub>) -> Result {
    let view = View::new(link.rtt, &hub.line);
    draw(contexts.ctx_mut()?, &view);
    Ok(())
}

#[derive(Debug, PartialEq)]
struct View {
    ping: String,
    bad: bool,
    hub_gone: bool,
}

impl View {
    fn new(rtt: Duration, line: &Line) -> Self {
        Self { ping: format!("{} ms", rtt.as_millis()), bad: rtt > BAD, hub_gone: *line != Line::Online }
    }
}

fn draw(ctx: &egui::Context, view: &View) {
    let painter = widget::below(ctx);
    let at = ctx.content_rect().left_top() + vec2(16.0, 16.0);
    let ink = if view.bad { theme::DANGER } else { theme::QUIET };
    let under = widget::legible(&painter, at, Align2::LEFT_TOP, &view.ping, theme::SMALL, ink);
    if view.hub_gone {
        let text = "The hub is not connected. The match goes on.";
        let at = under.left_bottom() + vec2(0.0, 8.0);
        widget::legible(&painter, at, Align2::LEFT_TOP, text, theme::SMALL, theme::QUIET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_link_is_bad() {
        assert!(!View::new(Duration::from_millis(150), &Line::Online).bad);
        let view = View::new(Duration::from_millis(151), &Line::Connecting);
        assert!(view.bad && view.hub_gone);
    }
}
