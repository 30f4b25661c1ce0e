//! egui on Bevy: when panels are drawn, and how they look.

pub(crate) mod theme;
pub(crate) mod widget;

use bevy::prelude::*;
use bevy_egui::{EguiContext, EguiContexts, EguiPlugin, EguiPrimaryContextPass, PrimaryEguiContext};

use crate::{probe::Buttons, screen::Screen};

pub(crate) fn plugin(app: &mut App) {
    app.add_plugins(EguiPlugin::default())
        .configure_sets(
            EguiPrimaryContextPass,
            (UiSystems::Begin, UiSystems::Hud, UiSystems::Screen, UiSystems::End).chain(),
        )
        .add_systems(Update, dress)
        .add_systems(
            EguiPrimaryContextPass,
            (
                (forget_buttons, backdrop.run_if(not(in_state(Screen::Match)))).in_set(UiSystems::Begin),
                collect_buttons.in_set(UiSystems::End),
            ),
        );
}

/// Runs in `EguiPrimaryContextPass`, in this order.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum UiSystems {
    Begin,
    Hud,
    Screen,
    End,
}

/// Before the first pass: without fonts egui cannot lay out a single letter.
fn dress(mut contexts: Query<&mut EguiContext, Added<PrimaryEguiContext>>) {
    for mut context in &mut contexts {
        theme::dress(context.get_mut());
    }
}

fn forget_buttons(mut contexts: EguiContexts) -> Result {
    widget::forget_buttons(contexts.ctx_mut()?);
    Ok(())
}

fn backdrop(mut contexts: EguiContexts) -> Result {
    widget::backdrop(contexts.ctx_mut()?);
    Ok(())
}

fn collect_buttons(mut contexts: EguiContexts, mut buttons: ResMut<Buttons>) -> Result {
    *buttons = widget::drawn_buttons(contexts.ctx_mut()?);
    Ok(())
}
