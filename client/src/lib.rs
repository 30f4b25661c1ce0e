#![doc = include_str!("../README.md")]

pub mod platform;
pub mod settings;

mod controls;
mod developer;
mod engagement;
mod headless;
mod hud;
mod lobby;
mod probe;
mod rating;
mod schedule;
mod screen;
mod session;
mod summons;
mod tally;
mod ui;
mod window;

use bevy::prelude::*;

use crate::settings::Settings;

/// Runs until the window closes or, headless, until standard input ends.
pub fn run(settings: Settings) -> AppExit {
    let mut app = App::new();
    app.set_error_handler(bevy::ecs::error::warn);
    if settings.headless {
        app.add_plugins(headless::base);
    } else {
        app.add_plugins(window::base);
    }
    app.insert_resource(settings.clone()).add_plugins((
        game::client::plugin,
        schedule::plugin,
        session::plugin,
        lobby::plugin,
        summons::plugin,
        engagement::plugin,
        screen::plugin,
        tally::plugin,
        probe::plugin,
    ));
    if settings.headless {
        app.add_plugins(headless::plugin);
    } else {
        app.add_plugins((
            game::present::plugin,
            summons::window_plugin,
            ui::plugin,
            screen::ui_plugin,
            hud::plugin,
            controls::plugin,
            developer::plugin,
        ));
    }
    app.run()
}
