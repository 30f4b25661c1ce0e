//! Fogline's client, in a window, in a browser or headless.

use bevy::app::AppExit;

fn main() -> AppExit {
    client::platform::prepare();
    client::run(client::platform::settings())
}
