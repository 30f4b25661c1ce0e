//! Health, gun and smoke at the bottom centre; when dead, by whom and for how long.

use std::f32::consts::{FRAC_PI_2, TAU};

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, Color32, Rect, Stroke, StrokeKind, pos2, vec2},
};
use game::{
    protocol::TICK_HZ,
    sim::{
        gun::{Gun, RELOAD},
        smoke::{Launcher, RECHARGE},
        tank::{FULL_HEALTH, Health},
    },
};
use lightyear::prelude::{Controlled, LocalTimeline};

use crate::{
    hud::crosshair::arc,
    tally::Tally,
    ui::{theme, widget},
};

/// Below this part of full health the bar is red.
const LOW: f32 = 0.35;

pub(super) fn show(
    mut contexts: EguiContexts,
    own: Query<(&Health, Option<&Gun>, Option<&Launcher>), With<Controlled>>,
    timeline: Res<LocalTimeline>,
    tally: Res<Tally>,
) -> Result {
    if let Some((health, gun, launcher)) = own.iter().next() {
        let killer = tally.killer.map(|killer| tally.name(killer));
        let view = View::new(*health, gun.copied(), launcher.copied(), timeline.tick().0, killer.as_deref());
        draw(contexts.ctx_mut()?, &view);
    }
    Ok(())
}

/// How far the gun has reloaded, 1 when it can fire.
pub(super) fn reloaded(gun: Option<Gun>, tick: u32) -> f32 {
    let wait = gun.map_or(0, |gun| gun.ready_at.saturating_sub(tick));
    1.0 - (wait as f32 / RELOAD as f32).min(1.0)
}

/// How far the charge for smoke has come back, 1 when it is there.
fn charged(launcher: Option<Launcher>, tick: u32) -> f32 {
    let wait = launcher.map_or(0, |launcher| launcher.ready_at.saturating_sub(tick));
    1.0 - (wait as f32 / RECHARGE as f32).min(1.0)
}

#[derive(Debug, PartialEq)]
struct View {
    points: u8,
    reloaded: f32,
    charged: f32,
    dead: Option<String>,
}

impl View {
    fn new(
        health: Health,
        gun: Option<Gun>,
        launcher: Option<Launcher>,
        tick: u32,
        killer: Option<&str>,
    ) -> Self {
        let back_in = health.back_at.saturating_sub(tick).div_ceil(TICK_HZ);
        let dead = (!health.alive()).then(|| match killer {
            Some(killer) => format!("You were hit by {killer}. Back in {back_in}"),
            None => format!("You were hit. Back in {back_in}"),
        });
        let (reloaded, charged) = (reloaded(gun, tick), charged(launcher, tick));
        Self { points: health.points, reloaded, charged, dead }
    }
}

fn draw(ctx: &egui::Context, view: &View) {
    let painter = widget::below(ctx);
    let screen = ctx.content_rect();
    if let Some(dead) = &view.dead {
        let at = pos2(screen.center().x, screen.top() + screen.height() * 0.32);
        widget::legible(&painter, at, Align2::CENTER_CENTER, dead, theme::LARGE, theme::TEXT);
        return;
    }
    let size = vec2(320.0, 56.0);
    let middle = pos2(screen.center().x, screen.bottom() - 16.0 - size.y / 2.0);
    let rect = Rect::from_center_size(middle, size);
    let hairline = Stroke::new(1.0, theme::HAIRLINE);
    painter.rect(rect, theme::CORNER, theme::PANEL, hairline, StrokeKind::Inside);

    let health = f32::from(view.points) / f32::from(FULL_HEALTH);
    let health_ink = if health < LOW { theme::DANGER } else { theme::GOOD };
    let number = pos2(rect.left() + 40.0, middle.y);
    widget::figures(&painter, number, &view.points.to_string(), theme::LARGE, health_ink);
    let bars = egui::Rangef::new(rect.left() + 80.0, rect.right() - 16.0);
    let bar = |right: f32, top: f32, height: f32, part: f32, ink: Color32| {
        let full = Rect::from_x_y_ranges(bars.min..=right, top..=top + height);
        painter.rect_filled(full, 2, theme::FLOOR);
        let filled = full.with_max_x(full.left() + full.width() * part.clamp(0.0, 1.0));
        painter.rect_filled(filled, 2, ink);
    };
    bar(bars.max, middle.y - 14.0, 14.0, health, health_ink);
    let ready = |part: f32| if part < 1.0 { theme::QUIET } else { theme::TEXT };
    bar(bars.max - 24.0, middle.y + 8.0, 6.0, view.reloaded, ready(view.reloaded));
    puff(&painter, pos2(bars.max - 8.0, middle.y + 11.0), view.charged, ready(view.charged));
}

/// The charge for smoke: a ring that closes, and a disc once it is there.
fn puff(painter: &egui::Painter, at: egui::Pos2, charged: f32, ink: Color32) {
    const RADIUS: f32 = 6.0;
    if charged >= 1.0 {
        painter.circle_filled(at, RADIUS, ink);
    } else {
        painter.circle_stroke(at, RADIUS, Stroke::new(2.0, theme::FLOOR));
        painter.line(arc(at, RADIUS, -FRAC_PI_2, TAU * charged), Stroke::new(2.0, ink));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gun_is_reloaded_when_its_tick_has_come() {
        let gun = Some(Gun { ready_at: 100 + RELOAD });
        assert_eq!(reloaded(gun, 100), 0.0);
        assert_eq!(reloaded(gun, 100 + RELOAD), 1.0);
        assert_eq!(reloaded(gun, 100 + 2 * RELOAD), 1.0);
        assert_eq!(reloaded(None, 0), 1.0);
    }

    #[test]
    fn charge_for_smoke_is_there_when_its_tick_has_come() {
        let mut launcher = Launcher::default();
        assert_eq!(charged(Some(launcher), 0), 1.0);
        launcher.ready_at = 100 + RECHARGE;
        assert_eq!(charged(Some(launcher), 100), 0.0);
        assert_eq!(charged(Some(launcher), 100 + RECHARGE), 1.0);
    }

    #[test]
    fn the_dead_are_told_by_whom_and_how_long() {
        let health = Health { points: 0, back_at: 160 };
        let view = View::new(health, None, None, 10, Some("ann"));
        assert_eq!(view.dead.as_deref(), Some("You were hit by ann. Back in 3"));
        assert_eq!(View::new(Health::FULL, None, None, 10, Some("ann")).dead, None);
    }
}
