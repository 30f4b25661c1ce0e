//! What a player is told who is in a running match and has no tank yet.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, pos2},
};
use game::{
    client::{LinkState, RoomLink},
    sim::{
        scoreboard::{Phase, Scoreboard},
        tank::TankId,
    },
};
use lightyear::prelude::Controlled;

use crate::ui::{theme, widget};

/// Who holds a tank has it by then; only a newcomer waits longer.
const SOON: Duration = Duration::from_millis(700);

const TEXT: &str = "You take over a bot's tank when it next spawns";

pub(super) fn show(
    mut contexts: EguiContexts,
    link: Res<RoomLink>,
    boards: Query<&Scoreboard>,
    own: Query<&TankId, With<Controlled>>,
    time: Res<Time<Real>>,
    mut since: Local<Option<Duration>>,
) -> Result {
    let playing = boards.iter().any(|board| matches!(board.phase, Phase::Playing { .. }));
    let without = link.state == LinkState::Joined && playing && own.is_empty();
    if waits(&mut since, without, time.elapsed()) {
        draw(contexts.ctx_mut()?);
    }
    Ok(())
}

/// Whether somebody has been without a tank for long enough to be told why. `since`: when that began.
fn waits(since: &mut Option<Duration>, without: bool, now: Duration) -> bool {
    if !without {
        *since = None;
        return false;
    }
    now.saturating_sub(*since.get_or_insert(now)) >= SOON
}

fn draw(ctx: &egui::Context) {
    let painter = widget::below(ctx);
    let screen = ctx.content_rect();
    let at = pos2(screen.center().x, screen.bottom() - 48.0);
    widget::legible(&painter, at, Align2::CENTER_CENTER, TEXT, theme::LARGE, theme::TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcomer_is_told_and_an_owner_is_not() {
        let mut since = None;
        let start = Duration::from_secs(9);
        assert!(!waits(&mut since, true, start));
        assert!(!waits(&mut since, false, start + SOON / 2), "the tank has come");
        assert!(!waits(&mut since, true, start + SOON));
        assert!(waits(&mut since, true, start + SOON * 2));
    }
}
