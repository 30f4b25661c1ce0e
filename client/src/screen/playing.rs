//! In the match: the menu behind Escape, and the cursor that makes room for the crosshair.

use bevy::{
    prelude::*,
    window::{CursorOptions, PrimaryWindow},
};
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};

use crate::{
    controls::Paused,
    developer::Developer,
    engagement::LeaveMatch,
    screen::Screen,
    ui::{UiSystems, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, hide_cursor)
        .add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Match)));
}

fn hide_cursor(
    screen: Res<State<Screen>>,
    paused: Res<Paused>,
    developer: Res<Developer>,
    mut cursors: Query<&mut CursorOptions, With<PrimaryWindow>>,
) {
    let visible = *screen.get() != Screen::Match || paused.0 || developer.open;
    for mut cursor in &mut cursors {
        if cursor.visible != visible {
            cursor.visible = visible;
        }
    }
}

fn show(
    mut contexts: EguiContexts,
    mut paused: ResMut<Paused>,
    mut leaves: MessageWriter<LeaveMatch>,
) -> Result {
    if !paused.0 {
        return Ok(());
    }
    match widget::card(contexts.ctx_mut()?, "menu", 320.0, menu_ui) {
        Some(Action::Continue) => paused.0 = false,
        Some(Action::Leave) => {
            leaves.write(LeaveMatch);
        }
        None => {}
    }
    Ok(())
}

enum Action {
    Continue,
    Leave,
}

fn menu_ui(ui: &mut egui::Ui) -> Option<Action> {
    let size = egui::vec2(ui.available_width(), 48.0);
    widget::title(ui, "Menu");
    widget::quiet(ui, "The match goes on.");
    ui.add_space(16.0);
    if widget::primary(ui, "continue", "Continue", size) {
        return Some(Action::Continue);
    }
    widget::secondary(ui, "leave", "Leave match", size).then_some(Action::Leave)
}
