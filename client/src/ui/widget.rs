//! The few widgets that the panels are made of.

use bevy_egui::egui::{
    Align2, Area, Color32, Context, CursorIcon, Id, Label, LayerId, Margin, Painter, Pos2, Rect, Response,
    RichText, Sense, Shape, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, WidgetType, pos2, vec2,
};
use game::protocol::id::Team;

use crate::{
    probe::Buttons,
    ui::theme::{self, STEP},
};

/// A panel that fills `rect`.
pub(crate) fn panel<R>(
    ctx: &Context,
    name: &'static str,
    rect: Rect,
    contents: impl FnOnce(&mut Ui) -> R,
) -> R {
    let frame = theme::panel();
    let inner = (rect.size() - frame.total_margin().sum()).max(Vec2::ZERO);
    Area::new(Id::new(name))
        .fixed_pos(rect.min)
        .movable(false)
        .constrain(false)
        .show(ctx, |ui| {
            frame
                .show(ui, |ui| {
                    ui.set_width(inner.x);
                    ui.set_height(inner.y);
                    contents(ui)
                })
                .inner
        })
        .inner
}

/// A panel of this width in the middle, as high as its contents.
pub(crate) fn card<R>(
    ctx: &Context,
    name: &'static str,
    width: f32,
    contents: impl FnOnce(&mut Ui) -> R,
) -> R {
    let width = width.min(ctx.content_rect().width() - 10.0 * STEP).max(160.0);
    Area::new(Id::new(name))
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .movable(false)
        .show(ctx, |ui| {
            theme::panel()
                .show(ui, |ui| {
                    ui.set_width(width);
                    contents(ui)
                })
                .inner
        })
        .inner
}

/// The one thing to do on this screen.
pub(crate) fn primary(ui: &mut Ui, id: &str, text: &str, size: Vec2) -> bool {
    let (fill, over) = (theme::AMBER, Color32::from_rgb(0xFF, 0xC4, 0x57));
    button(ui, id, text, size, [fill, over], theme::GROUND, theme::LARGE)
}

pub(crate) fn secondary(ui: &mut Ui, id: &str, text: &str, size: Vec2) -> bool {
    button(ui, id, text, size, [theme::FLOOR, theme::SLAB], theme::TEXT, theme::NORMAL)
}

/// The one thing to do on this screen, which cannot be done now.
pub(crate) fn idle(ui: &mut Ui, text: &str, size: Vec2) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let edge = Stroke::new(1.0, theme::HAIRLINE);
    let painter = ui.painter();
    painter.rect(rect, theme::CORNER, theme::FLOOR, edge, StrokeKind::Inside);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, theme::strong(theme::LARGE), theme::QUIET);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, false, text));
}

fn button(
    ui: &mut Ui,
    id: &str,
    text: &str,
    size: Vec2,
    [fill, over]: [Color32; 2],
    ink: Color32,
    font: f32,
) -> bool {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let painter = ui.painter();
    let fill = if response.hovered() { over } else { fill };
    let edge = Stroke::new(1.0, theme::HAIRLINE);
    painter.rect(rect, theme::CORNER, fill, edge, StrokeKind::Inside);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, theme::strong(font), ink);
    if response.has_focus() {
        let ring = Stroke::new(2.0, theme::TEXT);
        painter.rect_stroke(rect.expand(2.0), theme::CORNER + 2, ring, StrokeKind::Outside);
    }
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, text));
    note_place(ui, id, rect);
    response.clicked()
}

/// Tells the probe where something is that can be pressed.
pub(crate) fn note_place(ui: &Ui, id: &str, rect: Rect) {
    let place = [rect.left(), rect.top(), rect.width(), rect.height()];
    ui.ctx().data_mut(|data| {
        data.get_temp_mut_or_default::<Buttons>(buttons_id()).0.insert(id.to_owned(), place);
    });
}

pub(crate) fn forget_buttons(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(buttons_id(), Buttons::default()));
}

pub(crate) fn drawn_buttons(ctx: &Context) -> Buttons {
    ctx.data(|data| data.get_temp(buttons_id())).unwrap_or_default()
}

fn buttons_id() -> Id {
    Id::new("buttons of the probe")
}

/// A choice between things of equal weight; the chosen one is underlined.
pub(crate) fn tab(ui: &mut Ui, id: &str, text: &str, chosen: bool) -> bool {
    let ink = if chosen { theme::TEXT } else { theme::QUIET };
    let galley = ui.painter().layout_no_wrap(text.into(), theme::strong(theme::NORMAL), ink);
    let size = galley.size() + vec2(0.0, STEP);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    ui.painter().galley(rect.min, galley, ink);
    if chosen || response.has_focus() {
        let line = if response.has_focus() { theme::TEXT } else { theme::AMBER };
        ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(2.0, line));
    }
    response.widget_info(|| WidgetInfo::selected(WidgetType::RadioButton, true, chosen, text));
    note_place(ui, id, rect);
    response.clicked()
}

/// Of a [`tab`] with this text.
pub(crate) fn tab_width(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.into(), theme::strong(theme::NORMAL), theme::TEXT).size().x
}

/// Text that does something when it is pressed; `hint` says what.
pub(crate) fn link(ui: &mut Ui, text: RichText, hint: &str) -> Response {
    let response = ui.add(Label::new(text).sense(Sense::click()));
    if response.hovered() || response.has_focus() {
        let ink = if response.has_focus() { theme::TEXT } else { theme::QUIET };
        ui.painter().hline(response.rect.x_range(), response.rect.bottom(), Stroke::new(1.0, ink));
    }
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint)
}

/// One line of text to be typed.
pub(crate) fn field(ui: &mut Ui, hint: &'static str, text: &mut String, hidden: bool) -> Response {
    ui.add(
        TextEdit::singleline(text)
            .id_salt(hint)
            .hint_text(RichText::new(hint).color(theme::QUIET))
            .password(hidden)
            .margin(Margin::same(8))
            .desired_width(f32::INFINITY)
            .font(theme::regular(theme::NORMAL)),
    )
}

pub(crate) fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::strong(theme::HUGE)));
}

/// A label in condensed capitals.
pub(crate) fn caption(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text.to_uppercase()).font(theme::condensed(theme::SMALL)).color(theme::QUIET));
}

pub(crate) fn quiet(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).color(theme::QUIET));
}

pub(crate) fn problem(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).color(theme::DANGER));
}

/// Paints below all panels.
pub(crate) fn below(ctx: &Context) -> Painter {
    ctx.layer_painter(LayerId::background())
}

/// Covers the match with the map table's dark grid.
pub(crate) fn backdrop(ctx: &Context) {
    let painter = below(ctx);
    let rect = ctx.viewport_rect();
    painter.rect_filled(rect, 0, theme::GROUND);
    let line = Stroke::new(1.0, theme::FLOOR.gamma_multiply(0.5));
    let cell = 6.0 * STEP;
    for column in 1..=(rect.width() / cell) as u32 {
        painter.vline(rect.left() + column as f32 * cell, rect.y_range(), line);
    }
    for row in 1..=(rect.height() / cell) as u32 {
        painter.hline(rect.x_range(), rect.top() + row as f32 * cell, line);
    }
}

/// The team's mark: a triangle for Amber, a disc for Azure.
pub(crate) fn mark(painter: &Painter, team: Team, centre: Pos2, radius: f32) {
    let fill = theme::team(team);
    match team {
        Team::Amber => {
            let corners = vec![
                centre + vec2(0.0, -radius),
                centre + vec2(radius, radius * 0.8),
                centre + vec2(-radius, radius * 0.8),
            ];
            painter.add(Shape::convex_polygon(corners, fill, Stroke::NONE));
        }
        Team::Azure => {
            painter.circle_filled(centre, radius * 0.9, fill);
        }
    }
}

/// Text that can be read on any ground.
pub(crate) fn legible(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    size: f32,
    ink: Color32,
) -> Rect {
    let shade = theme::GROUND.gamma_multiply(f32::from(ink.a()) / 255.0);
    painter.text(at + vec2(1.0, 1.0), anchor, text, theme::strong(size), shade);
    painter.text(at, anchor, text, theme::strong(size), ink)
}

/// Figures in cells of equal width, centred at `at`, so that they do not jump as they change.
pub(crate) fn figures(painter: &Painter, at: Pos2, text: &str, size: f32, ink: Color32) {
    let font = theme::condensed(size);
    let cell = painter.layout_no_wrap("0".into(), font.clone(), ink).size().x;
    let left = at.x - cell * (text.chars().count() as f32 - 1.0) / 2.0;
    for (place, figure) in text.chars().enumerate() {
        let centre = pos2(left + cell * place as f32, at.y);
        painter.text(centre, Align2::CENTER_CENTER, figure, font.clone(), ink);
    }
}
