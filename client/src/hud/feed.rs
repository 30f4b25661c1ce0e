//! Who destroyed whom: four lines at the top right, fading.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, vec2},
};
use game::{protocol::id::Team, sim::tank::TankId};

use crate::{
    tally::Tally,
    ui::{theme, widget},
};

const LINES: usize = 4;
const STAYS: Duration = Duration::from_secs(6);
const FADES: Duration = Duration::from_secs(1);

pub(super) fn show(mut contexts: EguiContexts, tally: Res<Tally>, time: Res<Time<Real>>) -> Result {
    draw(contexts.ctx_mut()?, &lines(&tally, time.elapsed()));
    Ok(())
}

#[derive(Debug, PartialEq)]
struct KillLine {
    by: (Team, String),
    victim: (Team, String),
    /// 1 fresh to 0 gone.
    opacity: f32,
}

/// The newest first.
fn lines(tally: &Tally, now: Duration) -> Vec<KillLine> {
    let named = |tank: TankId| (tank.team(), tally.name(tank));
    tally
        .kills
        .iter()
        .rev()
        .take(LINES)
        .map(|kill| {
            let left = (kill.at + STAYS).saturating_sub(now);
            KillLine {
                by: named(kill.by),
                victim: named(kill.victim),
                opacity: (left.as_secs_f32() / FADES.as_secs_f32()).min(1.0),
            }
        })
        .filter(|line| line.opacity > 0.0)
        .collect()
}

fn draw(ctx: &egui::Context, lines: &[KillLine]) {
    let painter = widget::below(ctx);
    let mut at = ctx.content_rect().right_top() + vec2(-16.0, 24.0);
    for line in lines {
        let paint = |at, (team, name): &(Team, String)| {
            let ink = theme::team(*team).gamma_multiply(line.opacity);
            widget::legible(&painter, at, Align2::RIGHT_CENTER, name, theme::SMALL, ink)
        };
        let victim = paint(at, &line.victim);
        let arrow = victim.left_center() - vec2(8.0, 0.0);
        let ink = theme::QUIET.gamma_multiply(line.opacity);
        painter.arrow(arrow - vec2(20.0, 0.0), vec2(20.0, 0.0), (1.5, ink));
        paint(arrow - vec2(28.0, 0.0), &line.by);
        at.y += 24.0;
    }
}

#[cfg(test)]
mod tests {
    use game::protocol::id::Seat;

    use super::*;
    use crate::tally::Kill;

    #[test]
    fn four_newest_kills_show_until_they_fade() {
        let tank = |seat| TankId(Seat::try_from(seat).expect("the seat should exist"));
        let kills = (0..6)
            .map(|second| Kill { at: Duration::from_secs(second), victim: tank(1), by: tank(0) })
            .collect();
        let tally = Tally { kills, ..default() };
        assert_eq!(lines(&tally, Duration::from_secs(5)).len(), LINES);
        let fading = lines(&tally, Duration::from_millis(10_500));
        assert_eq!(fading.len(), 1);
        assert_eq!(fading[0].opacity, 0.5);
    }
}
