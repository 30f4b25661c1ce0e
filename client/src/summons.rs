//! A match is proposed: confirmed by itself while the player can see the game, and until then asked
//! for loudly.

use bevy::{ecs::system::NonSendMarker, prelude::*, window::PrimaryWindow};
use game::protocol::hub::{FromHub, ToHub};

use crate::{lobby::Lobby, platform, schedule::FlowSystems, session::Session};

const TITLE: &str = "Fogline";
const CALL: &str = "(!) Match found";

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Watched>().add_systems(Update, confirm.in_set(FlowSystems::Engage));
}

/// Looks whether the player does; without it, the player always looks.
pub(crate) fn window_plugin(app: &mut App) {
    app.add_systems(Update, (watch, call).chain().in_set(FlowSystems::Engage).before(confirm));
}

/// Windows answer on the main thread only.
fn watch(_main: NonSendMarker, mut watched: ResMut<Watched>) {
    watched.0 = platform::watched();
}

fn call(
    _main: NonSendMarker,
    watched: Res<Watched>,
    lobby: Res<Lobby>,
    time: Res<Time<Real>>,
    mut windows: Query<&mut Window, With<PrimaryWindow>>,
) {
    let calling = !watched.0 && lobby.proposal.as_ref().is_some_and(|proposal| proposal.due(true).is_some());
    if calling {
        platform::summon();
    } else if watched.0 {
        platform::hush();
    }
    let title = if calling && time.elapsed().as_secs().is_multiple_of(2) { CALL } else { TITLE };
    for mut window in &mut windows {
        if window.title != title {
            window.title = title.into();
        }
    }
}

fn confirm(watched: Res<Watched>, session: Res<Session>, mut lobby: ResMut<Lobby>) {
    let due = lobby.proposal.as_ref().and_then(|proposal| proposal.due(watched.0));
    if let (Some(proposal), Some(open)) = (due, &mut lobby.proposal) {
        open.confirm();
        session.say(ToHub::Ready { proposal });
    }
}

/// For the session's task, which goes on where the app stands still: calls a player whose page is
/// hidden, and stops when there is nothing left to come for.
pub(crate) fn heed(message: &FromHub) {
    match message {
        FromHub::Proposed { you_are_ready: false, .. } | FromHub::MatchFound { .. }
            if !platform::watched() =>
        {
            platform::summon();
        }
        FromHub::LeftQueue { .. } | FromHub::Queued { .. } | FromHub::MatchEnded { .. } => platform::hush(),
        _ => {}
    }
}

/// Whether the player can see the game.
#[derive(Resource)]
struct Watched(bool);

impl Default for Watched {
    fn default() -> Self {
        Self(true)
    }
}
