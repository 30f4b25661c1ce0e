//! Score and clock at the top centre, and under them what is wrong, or that time is up.

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, Stroke, StrokeKind, pos2, vec2},
};
use game::{
    protocol::id::Team,
    sim::scoreboard::{Phase, Scoreboard},
};
use lightyear::prelude::LocalTimeline;

use crate::{
    engagement::Engagement,
    probe::seconds_left,
    ui::{theme, widget},
};

/// The clock turns red when this many seconds are left.
const LAST_SECONDS: u32 = 10;

pub(super) fn show(
    mut contexts: EguiContexts,
    boards: Query<&Scoreboard>,
    timeline: Res<LocalTimeline>,
    engagement: Res<Engagement>,
    time: Res<Time<Real>>,
) -> Result {
    let own = engagement.seat().map(|seat| seat.team());
    let trouble = engagement.trouble(time.elapsed());
    let view = View::new(boards.iter().next(), timeline.tick().0, own, trouble);
    draw(contexts.ctx_mut()?, &view);
    Ok(())
}

#[derive(Debug, PartialEq)]
struct View {
    score: [u16; 2],
    clock: String,
    hurry: bool,
    own: Option<Team>,
    remark: Option<String>,
    trouble: bool,
}

impl View {
    /// `trouble`: what is wrong with the link.
    fn new(board: Option<&Scoreboard>, tick: u32, own: Option<Team>, trouble: Option<String>) -> Self {
        let seconds = board.and_then(|board| match board.phase {
            Phase::Over => Some(0),
            _ => seconds_left(board, tick),
        });
        // The room writes the result down before it says the last word.
        let remark = (seconds == Some(0)).then_some("Time is up");
        Self {
            score: board.map_or([0, 0], |board| board.score),
            clock: seconds.map_or("-:--".into(), clock),
            hurry: seconds.is_some_and(|seconds| seconds <= LAST_SECONDS),
            own,
            trouble: trouble.is_some(),
            remark: trouble.or(remark.map(Into::into)),
        }
    }
}

fn clock(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn draw(ctx: &egui::Context, view: &View) {
    let painter = widget::below(ctx);
    let screen = ctx.content_rect();
    let size = vec2(312.0, 56.0);
    let middle = pos2(screen.center().x, screen.top() + 16.0 + size.y / 2.0);
    let rect = egui::Rect::from_center_size(middle, size);
    let hairline = Stroke::new(1.0, theme::HAIRLINE);
    painter.rect(rect, theme::CORNER, theme::PANEL, hairline, StrokeKind::Inside);

    let clock_ink = if view.hurry { theme::DANGER } else { theme::TEXT };
    widget::figures(&painter, middle, &view.clock, theme::LARGE, clock_ink);
    for (team, side) in [(Team::Amber, -1.0), (Team::Azure, 1.0)] {
        let at = |x: f32| middle + vec2(side * x, 0.0);
        let score = view.score[team.index()].to_string();
        widget::mark(&painter, team, at(132.0), 9.0);
        widget::figures(&painter, at(88.0), &score, theme::HUGE, theme::team(team));
        if view.own == Some(team) {
            let edge = middle.x + side * size.x / 2.0;
            let inner = middle.x + side * 56.0;
            let line = Stroke::new(2.0, theme::team(team));
            painter.hline(edge.min(inner)..=edge.max(inner), rect.bottom() - 1.0, line);
        }
    }
    if let Some(remark) = &view.remark {
        let at = rect.center_bottom() + vec2(0.0, 24.0);
        let ink = if view.trouble { theme::DANGER } else { theme::TEXT };
        widget::legible(&painter, at, Align2::CENTER_TOP, remark, theme::LARGE, ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_reads_as_minutes_and_seconds() {
        assert_eq!(clock(65), "1:05");
        assert_eq!(clock(0), "0:00");
    }

    #[test]
    fn score_stays_until_the_room_has_said_the_last_word() {
        let over = [Phase::Over, Phase::Playing { ends_at: 60 }];
        for phase in over {
            let board = Scoreboard { score: [3, 1], phase };
            let view = View::new(Some(&board), 99, Some(Team::Amber), None);
            assert_eq!((view.score, view.clock.as_str()), ([3, 1], "0:00"));
            assert_eq!(view.remark.as_deref(), Some("Time is up"));
        }
    }

    #[test]
    fn trouble_comes_before_other_remarks() {
        let view = View::new(None, 0, None, Some("Lost".into()));
        assert_eq!((view.remark.as_deref(), view.trouble), (Some("Lost"), true));
    }
}
