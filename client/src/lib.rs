//! The player's side of Fogline: the session with the hub, the way into a room, what is on screen.
//!
//! A window, a browser page and a headless process run the same session and flow; only the first two
//! draw.

pub mod platform;
pub mod settings;

mod controls;
mod engagement;
mod headless;
mod hud;
mod lobby;
mod probe;
mod schedule;
mod screen;
mod session;
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
            ui::plugin,
            screen::ui_plugin,
            hud::plugin,
            controls::plugin,
        ));
    }
    app.run()
}
