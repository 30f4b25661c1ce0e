//! The crosshair: a ring that closes as the gun reloads, four strokes when a shell has hit, two when it
//! has missed.

use std::{
    f32::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU},
    time::Duration,
};

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Pos2, Stroke},
};
use game::sim::{event::Verdict, gun::Gun};
use lightyear::prelude::{Controlled, LocalTimeline};

use crate::{
    controls::Paused,
    hud::vitals::reloaded,
    tally::Tally,
    ui::{theme, widget},
};

const RADIUS: f32 = 14.0;
const VERDICT_SHOWS: Duration = Duration::from_millis(250);

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
    let verdict = tally
        .judged
        .filter(|(judged, _)| time.elapsed().saturating_sub(*judged) < VERDICT_SHOWS)
        .map(|(_, verdict)| verdict);
    let reloaded = own.iter().next().map(|gun| reloaded(Some(*gun), timeline.tick().0));
    let view = View { at, reloaded, verdict };
    draw(ctx, &view);
    Ok(())
}

struct View {
    at: Pos2,
    /// None while there is no gun.
    reloaded: Option<f32>,
    /// On a shell that the room has just judged.
    verdict: Option<Verdict>,
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
    if let Some(verdict) = view.verdict {
        let (angles, stroke) = mark(verdict);
        for angle in angles {
            let out = egui::Vec2::angled(*angle);
            painter.line_segment([view.at + out * 7.0, view.at + out * 18.0], stroke);
        }
    }
}

/// Where the strokes of a verdict point, clockwise from the right, and how they look.
fn mark(verdict: Verdict) -> (&'static [f32], Stroke) {
    const CROSS: [f32; 4] = [FRAC_PI_4, FRAC_PI_4 + FRAC_PI_2, FRAC_PI_4 + PI, FRAC_PI_4 + PI + FRAC_PI_2];
    const DASH: [f32; 2] = [0.0, PI];
    match verdict {
        Verdict::Missed => (&DASH, Stroke::new(2.0, theme::QUIET)),
        Verdict::Hit => (&CROSS, Stroke::new(2.5, theme::TEXT)),
        Verdict::Killed => (&CROSS, Stroke::new(2.5, theme::DANGER)),
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
    fn every_verdict_has_a_mark_of_its_own() {
        let [missed, hit, killed] = [Verdict::Missed, Verdict::Hit, Verdict::Killed].map(mark);
        assert_ne!(missed.0, hit.0, "a miss is told from a hit without colour");
        assert_ne!(hit.1, killed.1);
    }

    #[test]
    fn arc_begins_and_ends_where_it_should() {
        let points = arc(Pos2::ZERO, 2.0, 0.0, FRAC_PI_2);
        let last = points.last().expect("an arc should have points");
        assert!((points[0] - egui::pos2(2.0, 0.0)).length() < 1e-5);
        assert!((*last - egui::pos2(0.0, 2.0)).length() < 1e-5);
    }
}
