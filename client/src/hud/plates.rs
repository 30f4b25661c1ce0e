//! Names above the tanks that can be seen.

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, pos2, vec2},
};
use game::{
    present::camera::Eye,
    protocol::id::Team,
    sim::tank::{Health, Hull, RADIUS, TankId},
};
use lightyear::prelude::Controlled;

use crate::{
    tally::Tally,
    ui::{theme, widget},
};

/// Metres above the middle of the tank.
const LIFT: f32 = RADIUS + 1.4;

pub(super) fn show(
    mut contexts: EguiContexts,
    eyes: Query<(&Camera, &GlobalTransform), With<Eye>>,
    tanks: Query<(&TankId, &Hull, &Health), Without<Controlled>>,
    tally: Res<Tally>,
) -> Result {
    let Some((camera, eye)) = eyes.iter().next() else { return Ok(()) };
    let plates: Vec<_> = tanks
        .iter()
        .filter(|(_, _, health)| health.alive())
        .filter_map(|(id, hull, _)| {
            let above = hull.pos + Vec2::Y * LIFT;
            let at = camera.world_to_viewport(eye, above.extend(0.0)).ok()?;
            Some(Plate { at: pos2(at.x, at.y), team: id.team(), name: tally.name(*id) })
        })
        .collect();
    draw(contexts.ctx_mut()?, &plates);
    Ok(())
}

struct Plate {
    at: egui::Pos2,
    team: Team,
    name: String,
}

fn draw(ctx: &egui::Context, plates: &[Plate]) {
    let painter = widget::below(ctx);
    for plate in plates {
        let name_at = plate.at + vec2(6.0, 0.0);
        let ink = theme::team(plate.team);
        let place = widget::legible(&painter, name_at, Align2::CENTER_CENTER, &plate.name, theme::SMALL, ink);
        widget::mark(&painter, plate.team, place.left_center() - vec2(10.0, 0.0), 5.0);
    }
}
