//! The whole map small, at the bottom left, with the tanks that the team sees.

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Rect, Stroke, StrokeKind, pos2, vec2},
};
use game::{
    protocol::id::Team,
    sim::{
        arena::Arena,
        tank::{Health, Hull, TankId},
    },
};
use lightyear::prelude::Controlled;

use crate::ui::{theme, widget};

/// Width in pixels; the height follows the map.
const WIDTH: f32 = 176.0;

pub(super) fn show(
    mut contexts: EguiContexts,
    arena: Res<Arena>,
    tanks: Query<(&TankId, &Hull, &Health, Has<Controlled>)>,
) -> Result {
    let dots: Vec<_> = tanks
        .iter()
        .filter(|(_, _, health, _)| health.alive())
        .map(|(id, hull, _, own)| Dot { pos: hull.pos, team: id.team(), own })
        .collect();
    draw(contexts.ctx_mut()?, &arena, &dots);
    Ok(())
}

struct Dot {
    pos: Vec2,
    team: Team,
    own: bool,
}

fn draw(ctx: &egui::Context, arena: &Arena, dots: &[Dot]) {
    let painter = widget::below(ctx);
    let scale = WIDTH / arena.size().x;
    let size = vec2(WIDTH, arena.size().y * scale);
    let corner = ctx.content_rect().left_bottom() + vec2(16.0, -16.0);
    let rect = Rect::from_min_size(corner - vec2(0.0, size.y), size);
    let place = |pos: Vec2| pos2(rect.left() + pos.x * scale, rect.bottom() - pos.y * scale);

    painter.rect_filled(rect, theme::CORNER, theme::PANEL);
    for wall in arena.walls() {
        let wall = Rect::from_two_pos(place(wall.min), place(wall.max));
        painter.rect_filled(wall, 0, theme::SLAB);
    }
    let hairline = Stroke::new(1.0, theme::HAIRLINE);
    painter.rect_stroke(rect, theme::CORNER, hairline, StrokeKind::Outside);
    for dot in dots {
        let at = place(dot.pos);
        widget::mark(&painter, dot.team, at, 4.0);
        if dot.own {
            painter.circle_stroke(at, 6.5, Stroke::new(1.0, theme::TEXT));
        }
    }
}
