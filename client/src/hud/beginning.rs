//! Before play: whom the match waits for, three, two, one, and *Go*.

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts,
    egui::{self, Align2, Rect, Stroke, StrokeKind, pos2, vec2},
};
use game::{
    protocol::TICK_HZ,
    sim::{
        schedule::ticks,
        scoreboard::{Phase, Scoreboard},
    },
};
use lightyear::prelude::LocalTimeline;

use crate::{
    tally::Tally,
    ui::{
        theme::{self, STEP},
        widget,
    },
};

/// To be read from the edge of the eye.
const DIGIT: f32 = 96.0;

/// The panel is no wider than this, in pixels.
const WIDTH: f32 = 312.0;

const APPEARS: u32 = ticks(0.12);
const LEAVES: u32 = ticks(0.08);

/// How long *Go* stays.
const GO: u32 = ticks(0.7);

pub(super) fn show(
    mut contexts: EguiContexts,
    boards: Query<&Scoreboard>,
    timeline: Res<LocalTimeline>,
    tally: Res<Tally>,
    mut starts_at: Local<Option<u32>>,
) -> Result {
    let (phase, tick) = (boards.iter().next().map(|board| board.phase), timeline.tick().0);
    *starts_at = match phase {
        Some(Phase::Countdown { starts_at }) => Some(starts_at),
        // Who comes later has nothing to get ready for.
        Some(Phase::Playing { .. }) => *starts_at,
        Some(Phase::Waiting { .. } | Phase::Over) | None => None,
    };
    let ctx = contexts.ctx_mut()?;
    if let Some(Phase::Waiting { until }) = phase {
        let names: Vec<_> = tally.away.iter().map(|tank| tally.name(*tank)).collect();
        draw_wait(ctx, &wait(&names, until.map(|until| until.saturating_sub(tick))));
    }
    if let Some(sign) = starts_at.and_then(|starts_at| sign(starts_at, tick)) {
        draw_sign(ctx, &sign);
    }
    Ok(())
}

/// Whom the match waits for, and for how many ticks at most.
fn wait(names: &[String], left: Option<u32>) -> String {
    let whom = match names {
        [] => "players".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [one, others @ ..] => format!("{one} and {} more", others.len()),
    };
    match left {
        Some(left) => format!("Waiting for {whom}, {} s", left.div_ceil(TICK_HZ)),
        None => format!("Waiting for {whom}"),
    }
}

#[derive(Debug, PartialEq)]
struct Sign {
    text: String,
    opacity: f32,
}

/// What stands in the middle. Tanks may act from the tick on in which *Go* appears.
fn sign(starts_at: u32, tick: u32) -> Option<Sign> {
    let (text, shown, left) = match starts_at.saturating_sub(tick) {
        0 => {
            let shown = tick - starts_at;
            ("Go".to_owned(), shown, GO.checked_sub(shown)?)
        }
        wait => {
            let left = (wait - 1) % TICK_HZ + 1;
            (wait.div_ceil(TICK_HZ).to_string(), TICK_HZ - left, left)
        }
    };
    let part = |ticks: u32, of: u32| (ticks as f32 / of as f32).min(1.0);
    let coming = part(shown + 1, APPEARS);
    Some(Sign { text, opacity: (coming * (2.0 - coming)).min(part(left, LEAVES)) })
}

fn draw_wait(ctx: &egui::Context, text: &str) {
    let painter = widget::below(ctx);
    let screen = ctx.content_rect();
    let width = WIDTH.min(screen.width() - 4.0 * STEP);
    let room = width - 4.0 * STEP;
    let galley = painter.layout(text.to_owned(), theme::strong(theme::NORMAL), theme::TEXT, room);
    let size = vec2(width, galley.size().y + 3.0 * STEP);
    let top = pos2(screen.center().x, screen.top() + 11.0 * STEP);
    let rect = Rect::from_min_size(top - vec2(width / 2.0, 0.0), size);
    let hairline = Stroke::new(1.0, theme::HAIRLINE);
    painter.rect(rect, theme::CORNER, theme::PANEL, hairline, StrokeKind::Inside);
    painter.galley(rect.center() - galley.size() / 2.0, galley, theme::TEXT);
}

fn draw_sign(ctx: &egui::Context, sign: &Sign) {
    let painter = widget::below(ctx);
    let at = ctx.content_rect().center();
    let ink = theme::TEXT.gamma_multiply(sign.opacity);
    widget::legible(&painter, at, Align2::CENTER_CENTER, &sign.text, DIGIT, ink);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_players_are_named_with_the_time_that_is_left() {
        let names = ["Ada".to_owned(), "Bo".to_owned(), "Cy".to_owned()];
        assert_eq!(wait(&names[..1], Some(ticks(8.5))), "Waiting for Ada, 9 s");
        assert_eq!(wait(&names[..2], Some(0)), "Waiting for Ada and Bo, 0 s");
        assert_eq!(wait(&names, Some(60)), "Waiting for Ada and 2 more, 1 s");
        assert_eq!(wait(&[], None), "Waiting for players");
    }

    #[test]
    fn three_two_one_go() {
        let start = 1_000;
        let text = |tick| sign(start, tick).map(|sign| sign.text);
        let seen = [start - 180, start - 121, start - 120, start - 60, start - 1, start].map(text);
        let expected = ["3", "3", "2", "1", "1", "Go"].map(|text| Some(text.to_owned()));
        assert_eq!(seen, expected);
        assert_eq!(text(start + GO + 1), None);
    }

    #[test]
    fn every_sign_leaves_within_80_milliseconds() {
        let opacity = |tick| sign(1_000, tick).map_or(0.0, |sign| sign.opacity);
        for end in [880, 940, 1_000, 1_000 + GO] {
            assert_eq!(opacity(end - LEAVES), 1.0, "before {end}");
            assert!(opacity(end - 1) < 0.5, "before {end}");
        }
        assert!(opacity(1_000) > 0.0, "and the next is there at once");
    }
}
