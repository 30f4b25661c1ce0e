//! What happens in one frame, apart from the match itself, in order.

use bevy::prelude::*;

/// Runs in `Update`, in this order.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FlowSystems {
    /// News of the hub arrives.
    Hear,
    /// Lobby and chat take note.
    Lobby,
    /// The room is dialled, tried again or left.
    Engage,
    /// The screen changes.
    Turn,
}

pub(crate) fn plugin(app: &mut App) {
    app.configure_sets(
        Update,
        (FlowSystems::Hear, FlowSystems::Lobby, FlowSystems::Engage, FlowSystems::Turn).chain(),
    );
}
