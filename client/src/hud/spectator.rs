//! Whom a player watches who has no tank to drive.

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, pos2, vec2},
};
use game::{
    present::camera::Watched,
    protocol::id::Team,
    sim::{
        scoreboard::{Phase, Scoreboard},
        tank::{Health, TankId},
    },
};

use crate::{
    tally::Tally,
    ui::{theme, widget},
};

const HINT: &str = "Fire to watch another one";

pub(super) fn show(
    mut contexts: EguiContexts,
    watched: Res<Watched>,
    boards: Query<&Scoreboard>,
    tanks: Query<(&TankId, &Health)>,
    tally: Res<Tally>,
) -> Result {
    let playing = boards.iter().any(|board| matches!(board.phase, Phase::Playing { .. }));
    let Some(tank) = watched.tank.filter(|_| playing) else { return Ok(()) };
    let mates = tanks.iter().filter(|(id, health)| id.team() == tank.team() && health.alive());
    let view =
        View { team: tank.team(), text: format!("Watching {}", tally.name(tank)), others: mates.count() > 1 };
    draw(contexts.ctx_mut()?, &view);
    Ok(())
}

struct View {
    team: Team,
    text: String,
    /// Whether there is anybody else to watch.
    others: bool,
}

/// Above the minimap, which is wide on a phone, and above what a newcomer waits for.
fn draw(ctx: &egui::Context, view: &View) {
    let painter = widget::below(ctx);
    let screen = ctx.content_rect();
    let at = pos2(screen.center().x + 10.0, screen.bottom() - 172.0);
    let place = widget::legible(&painter, at, Align2::CENTER_CENTER, &view.text, theme::NORMAL, theme::TEXT);
    widget::mark(&painter, view.team, place.left_center() - vec2(16.0, 0.0), 7.0);
    if view.others {
        let under = pos2(screen.center().x, screen.bottom() - 144.0);
        widget::legible(&painter, under, Align2::CENTER_CENTER, HINT, theme::SMALL, theme::QUIET);
    }
}
