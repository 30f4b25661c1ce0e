//! The crosshair: a ring that closes as the gun reloads, and four strokes when a shell has hit.

use std::{
    f32::consts::{FRAC_PI_2, FRAC_PI_4, TAU},
    time::Duration,
};

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Pos2, Stroke},
};
use game::sim::gun::Gun;
use lightyear::prelude::{Controlled, LocalTimeline};

use crate::{
    controls::Paused,
    hud::vitals::reloaded,
    tally::Tally,
    ui::{theme, widget},
};

const RADIUS: f32 = 14.0;
const HIT_SHOWS: Duration = Duration::from_millis(250);

pub(super) fn show(
    mut contexts: EguiContexts,
    own: Query<&Gun, With<Controlled>>,
    timeline: Res<LocalTimeline>,
    tally: Res<Tally>,
    time: Res<Time<Real>>,
    paused: Res<Paused>,
) -> Result {
    if paused.0 {
        return Ok(());
    }
    let ctx = contexts.ctx_mut()?;
    let Some(at) = ctx.pointer_latest_pos() else { return Ok(()) };
    let hit = tally
        .landed
        .filter(|(landed, _)| time.elapsed().saturating_sub(*landed) < HIT_SHOWS)
        .map(|(_, kill)| kill);
    let reloaded = own.iter().next().map(|gun| reloaded(Some(*gun), timeline.tick().0));
    let view = View { at, reloaded, hit };
    draw(ctx, &view);
    Ok(())
}

struct View {
    at: Pos2,
    /// None while there is no gun.
    reloaded: Option<f32>,
    /// A shell has just hit; true if that was the end of a tank.
    hit: Option<bool>,
}

fn draw(ctx: &egui::Context, view: &View) {
    let painter = widget::below(ctx);
    painter.circle_filled(view.at, 2.0, theme::TEXT);
    match view.reloaded {
        Some(reloaded) if reloaded < 1.0 => {
            let faint = Stroke::new(2.0, theme::TEXT.gamma_multiply(0.25));
            painter.circle_stroke(view.at, RADIUS, faint);
            let ring = arc(view.at, RADIUS, -FRAC_PI_2, TAU * reloaded);
            painter.line(ring, Stroke::new(2.0, theme::QUIET));
        }
        Some(_) => {
            painter.circle_stroke(view.at, RADIUS, Stroke::new(2.0, theme::TEXT));
        }
        None => {}
    }
    if let Some(kill) = view.hit {
        let stroke = Stroke::new(2.5, if kill { theme::DANGER } else { theme::TEXT });
        for quarter in 0..4 {
            let out = egui::Vec2::angled(FRAC_PI_4 + quarter as f32 * FRAC_PI_2);
            painter.line_segment([view.at + out * 7.0, view.at + out * 18.0], stroke);
        }
    }
}

/// Points of a part of a circle; angles in radians, clockwise from the right.
pub(super) fn arc(centre: Pos2, radius: f32, from: f32, sweep: f32) -> Vec<Pos2> {
    let steps = (sweep.abs() * 12.0).ceil().max(1.0) as u32;
    (0..=steps)
        .map(|step| {
            let angle = from + sweep * step as f32 / steps as f32;
            centre + radius * egui::Vec2::angled(angle)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arc_begins_and_ends_where_it_should() {
        let points = arc(Pos2::ZERO, 2.0, 0.0, FRAC_PI_2);
        let last = points.last().expect("an arc should have points");
        assert!((points[0] - egui::pos2(2.0, 0.0)).length() < 1e-5);
        assert!((*last - egui::pos2(0.0, 2.0)).length() < 1e-5);
    }
}
