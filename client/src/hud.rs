//! What lies over the match: how it begins, score and clock, health and gun, names, warnings.
//!
//! Everything is painted, nothing can be clicked, so that the pointer stays the gunner's.

mod beginning;
mod crosshair;
mod danger;
mod feed;
mod minimap;
mod net;
mod newcomer;
mod plates;
mod scoreline;
mod spectator;
mod vitals;

use bevy::prelude::*;
use bevy_egui::EguiPrimaryContextPass;

use crate::{screen::Screen, ui::UiSystems};

pub(crate) fn plugin(app: &mut App) {
    app.add_systems(
        EguiPrimaryContextPass,
        (
            plates::show,
            danger::show,
            scoreline::show,
            vitals::show,
            newcomer::show,
            spectator::show,
            beginning::show,
            feed::show,
            minimap::show,
            net::show,
            crosshair::show,
        )
            .chain()
            .in_set(UiSystems::Hud)
            .run_if(in_state(Screen::Match)),
    );
}
