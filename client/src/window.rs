//! Bevy with a window, or with the page's canvas.

use bevy::{asset::AssetMetaCheck, log::LogPlugin, prelude::*};

/// Quiet but for ourselves; `RUST_LOG` overrides it.
pub(crate) const LOG_FILTER: &str =
    "info,wgpu=error,naga=warn,winit=warn,calloop=warn,lightyear=warn,aeronet=warn,bevy_replicon=warn";

pub(crate) fn base(app: &mut App) {
    app.insert_resource(ClearColor(Color::srgb_u8(0x0D, 0x13, 0x1E))).add_plugins(
        DefaultPlugins
            .set(WindowPlugin {
                primary_window: Some(Window {
                    title: "Fogline".into(),
                    resolution: (1280, 720).into(),
                    canvas: Some("#fogline".into()),
                    fit_canvas_to_parent: true,
                    prevent_default_event_handling: true,
                    ..default()
                }),
                ..default()
            })
            .set(AssetPlugin { meta_check: AssetMetaCheck::Never, ..default() })
            .set(LogPlugin { filter: LOG_FILTER.into(), ..default() }),
    );
}
