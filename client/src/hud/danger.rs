//! Where the shells that hit this player came from.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Pos2, Stroke, pos2},
};
use game::{present::camera::Eye, sim::tank::Hull};
use lightyear::prelude::Controlled;

use crate::{
    hud::crosshair::arc,
    tally::Tally,
    ui::{theme, widget},
};

const SHOWS: Duration = Duration::from_millis(1200);
const RADIUS: f32 = 96.0;
/// Radians to each side.
const SPREAD: f32 = 0.45;

pub(super) fn show(
    mut contexts: EguiContexts,
    eyes: Query<(&Camera, &GlobalTransform), With<Eye>>,
    own: Query<&Hull, With<Controlled>>,
    tally: Res<Tally>,
    time: Res<Time<Real>>,
) -> Result {
    let (Some((camera, eye)), Some(hull)) = (eyes.iter().next(), own.iter().next()) else {
        return Ok(());
    };
    let Ok(centre) = camera.world_to_viewport(eye, hull.pos.extend(0.0)) else { return Ok(()) };
    let arcs = arcs(&tally.struck, time.elapsed());
    draw(contexts.ctx_mut()?, pos2(centre.x, centre.y), &arcs);
    Ok(())
}

/// Angle on screen (clockwise from the right) and opacity of each.
fn arcs(struck: &[(Duration, Vec2)], now: Duration) -> Vec<(f32, f32)> {
    struck
        .iter()
        .filter_map(|(at, from)| {
            let left = (*at + SHOWS).checked_sub(now)?;
            let opacity = left.as_secs_f32() / SHOWS.as_secs_f32();
            Some(((-from.y).atan2(from.x), opacity.min(1.0)))
        })
        .collect()
}

fn draw(ctx: &egui::Context, centre: Pos2, arcs: &[(f32, f32)]) {
    let painter = widget::below(ctx);
    for (angle, opacity) in arcs {
        let ink = theme::DANGER.gamma_multiply(*opacity);
        let points = arc(centre, RADIUS, angle - SPREAD, 2.0 * SPREAD);
        painter.line(points, Stroke::new(6.0, ink));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_from_above_shows_above_and_fades() {
        let struck = [(Duration::from_secs(10), Vec2::Y)];
        let fresh = arcs(&struck, Duration::from_secs(10));
        assert_eq!(fresh.len(), 1);
        assert!((fresh[0].0 + std::f32::consts::FRAC_PI_2).abs() < 1e-5);
        assert!(arcs(&struck, Duration::from_secs(12)).is_empty());
    }
}
