//! Colours, type and spacing. Panels take theirs from here only.

use std::sync::Arc;

use bevy_egui::egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Frame, Margin, Stroke,
    Style, TextStyle, Theme, epaint::Shadow, vec2,
};
use game::protocol::id::Team;

/// #0D131E
pub(crate) const GROUND: Color32 = Color32::from_rgb(0x0D, 0x13, 0x1E);
/// #1B2534
pub(crate) const FLOOR: Color32 = Color32::from_rgb(0x1B, 0x25, 0x34);
/// #2C3A50
pub(crate) const SLAB: Color32 = Color32::from_rgb(0x2C, 0x3A, 0x50);
/// #141C2A at 92 %
pub(crate) const PANEL: Color32 = Color32::from_rgba_unmultiplied_const(0x14, 0x1C, 0x2A, 235);
/// #2B384C
pub(crate) const HAIRLINE: Color32 = Color32::from_rgb(0x2B, 0x38, 0x4C);
/// #E8EDF5
pub(crate) const TEXT: Color32 = Color32::from_rgb(0xE8, 0xED, 0xF5);
/// #8FA0B8
pub(crate) const QUIET: Color32 = Color32::from_rgb(0x8F, 0xA0, 0xB8);
/// #FFB020
pub(crate) const AMBER: Color32 = Color32::from_rgb(0xFF, 0xB0, 0x20);
/// #46A6FF
pub(crate) const AZURE: Color32 = Color32::from_rgb(0x46, 0xA6, 0xFF);
/// #FF5A4F
pub(crate) const DANGER: Color32 = Color32::from_rgb(0xFF, 0x5A, 0x4F);
/// #5BD68A
pub(crate) const GOOD: Color32 = Color32::from_rgb(0x5B, 0xD6, 0x8A);

/// The grid that everything sits on.
pub(crate) const STEP: f32 = 8.0;
pub(crate) const CORNER: u8 = 4;

pub(crate) const SMALL: f32 = 14.0;
pub(crate) const NORMAL: f32 = 18.0;
pub(crate) const LARGE: f32 = 24.0;
pub(crate) const HUGE: f32 = 40.0;

const STRONG: &str = "strong";
const CONDENSED: &str = "condensed";

pub(crate) fn team(team: Team) -> Color32 {
    match team {
        Team::Amber => AMBER,
        Team::Azure => AZURE,
    }
}

pub(crate) fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

pub(crate) fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// For labels in capitals and for figures.
pub(crate) fn condensed(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(CONDENSED.into()))
}

pub(crate) fn panel() -> Frame {
    Frame::new()
        .fill(PANEL)
        .stroke(Stroke::new(1.0, HAIRLINE))
        .corner_radius(CornerRadius::same(CORNER))
        .inner_margin(Margin::same(24))
}

/// Gives a new context our fonts and colours.
pub(crate) fn dress(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.set_theme(Theme::Dark);
    ctx.all_styles_mut(style);
}

fn fonts() -> FontDefinitions {
    let faces: [(&str, &'static [u8], FontFamily); 3] = [
        ("Barlow", include_bytes!("../../../assets/fonts/Barlow-Regular.ttf"), FontFamily::Proportional),
        (
            "Barlow SemiBold",
            include_bytes!("../../../assets/fonts/Barlow-SemiBold.ttf"),
            FontFamily::Name(STRONG.into()),
        ),
        (
            "Barlow Condensed SemiBold",
            include_bytes!("../../../assets/fonts/BarlowCondensed-SemiBold.ttf"),
            FontFamily::Name(CONDENSED.into()),
        ),
    ];
    let mut fonts = FontDefinitions::empty();
    fonts.families.insert(FontFamily::Monospace, vec!["Barlow".into()]);
    for (name, bytes, family) in faces {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
        fonts.families.insert(family, vec![name.into()]);
    }
    fonts
}

fn style(style: &mut Style) {
    style.text_styles = [
        (TextStyle::Small, regular(SMALL)),
        (TextStyle::Body, regular(NORMAL)),
        (TextStyle::Button, strong(NORMAL)),
        (TextStyle::Heading, strong(LARGE)),
        (TextStyle::Monospace, regular(NORMAL)),
    ]
    .into();
    style.animation_time = 0.12;
    style.interaction.selectable_labels = false;
    style.spacing.item_spacing = vec2(STEP, STEP);

    let visuals = &mut style.visuals;
    visuals.override_text_color = Some(TEXT);
    visuals.weak_text_color = Some(QUIET);
    visuals.panel_fill = PANEL;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, HAIRLINE);
    visuals.window_shadow = Shadow::NONE;
    visuals.popup_shadow = Shadow::NONE;
    visuals.extreme_bg_color = GROUND;
    visuals.selection.bg_fill = SLAB;
    visuals.selection.stroke = Stroke::new(1.0, AMBER);
    visuals.text_cursor.stroke = Stroke::new(2.0, AMBER);
    let widgets = &mut visuals.widgets;
    for (widget, edge) in [
        (&mut widgets.noninteractive, HAIRLINE),
        (&mut widgets.inactive, HAIRLINE),
        (&mut widgets.hovered, QUIET),
        (&mut widgets.active, AMBER),
        (&mut widgets.open, QUIET),
    ] {
        widget.corner_radius = CornerRadius::same(CORNER);
        widget.bg_stroke = Stroke::new(1.0, edge);
        widget.expansion = 0.0;
    }
}
