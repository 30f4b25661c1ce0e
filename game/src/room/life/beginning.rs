//! How a match begins: it waits for its players, counts down, and is played. Who is missing then has a bot
//! drive for them, and the tank at once when they come.

use bevy::prelude::*;
use lightyear::prelude::LocalTimeline;

use crate::{
    room::{
        life::{Match, NoShow, Spawned},
        newcomer::Promised,
        seat::Occupant,
    },
    sim::{
        schedule::ticks,
        scoreboard::{Phase, Scoreboard},
        tank::Stirred,
    },
};

/// Warm-up: once its first player has come, a match waits no longer than this for the others.
pub const WARM_UP: u32 = ticks(15.0);

/// From the end of the warm-up to play.
pub const COUNTDOWN: u32 = ticks(3.0);

pub(super) fn proceed(
    timeline: Res<LocalTimeline>,
    no_show: Res<NoShow>,
    mut current: ResMut<Match>,
    mut boards: Query<&mut Scoreboard>,
    mut tanks: Query<(Entity, &Occupant, &Promised, &mut Stirred)>,
    mut commands: Commands,
) {
    let tick = timeline.tick().0;
    let Ok(mut board) = boards.single_mut() else { return };
    if matches!(board.phase, Phase::Playing { .. } | Phase::Over) {
        return;
    }
    let mut here = Here::default();
    for (entity, occupant, promised, _) in &tanks {
        let newcomer = promised.link().is_some();
        here.somebody |= newcomer || occupant.link.is_some();
        here.everybody &= !occupant.away();
        if newcomer {
            commands.trigger(Spawned { entity });
        }
    }
    let alone_from = current.prepared_at + no_show.0;
    let phase = next(board.phase, tick, here, alone_from, current.length);
    board.set_if_neq(Scoreboard { phase, ..*board });
    let from = match phase {
        Phase::Countdown { starts_at } => starts_at,
        Phase::Playing { .. } => current.first_tick.unwrap_or(tick),
        Phase::Waiting { .. } | Phase::Over => return,
    };
    if current.first_tick.is_none() {
        current.first_tick = Some(from);
        for (.., mut stirred) in &mut tanks {
            *stirred = Stirred { from, until: from + current.length };
        }
    }
    if matches!(phase, Phase::Playing { .. }) {
        info!(match_id = %current.allocation.match_id, "match started");
    }
}

/// Bots among themselves begin in tick `alone_from`, and nobody has to see them count down.
fn next(phase: Phase, tick: u32, here: Here, alone_from: u32, length: u32) -> Phase {
    match phase {
        Phase::Waiting { until: None } if !here.somebody => match tick >= alone_from {
            true => Phase::Playing { ends_at: tick + length },
            false => phase,
        },
        Phase::Waiting { until: None } if !here.everybody => Phase::Waiting { until: Some(tick + WARM_UP) },
        Phase::Waiting { until: Some(until) } if !here.everybody && tick < until => phase,
        Phase::Waiting { .. } => Phase::Countdown { starts_at: tick + COUNTDOWN },
        Phase::Countdown { starts_at } if tick >= starts_at => Phase::Playing { ends_at: starts_at + length },
        Phase::Countdown { .. } | Phase::Playing { .. } | Phase::Over => phase,
    }
}

/// Who has come.
#[derive(Clone, Copy, Debug)]
struct Here {
    somebody: bool,
    /// Everybody who holds a seat.
    everybody: bool,
}

impl Default for Here {
    fn default() -> Self {
        Self { somebody: false, everybody: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u32 = ticks(60.0);
    const ALONE_FROM: u32 = 1_000;
    const NOBODY: Here = Here { somebody: false, everybody: false };
    const SOME: Here = Here { somebody: true, everybody: false };
    const ALL: Here = Here { somebody: true, everybody: true };

    fn after(phase: Phase, tick: u32, here: Here) -> Phase {
        next(phase, tick, here, ALONE_FROM, LENGTH)
    }

    #[test]
    fn warm_up_lasts_from_the_first_arrival_for_15_seconds_at_most() {
        let before = Phase::Waiting { until: None };
        assert_eq!(after(before, 50, NOBODY), before);
        let waiting = after(before, 100, SOME);
        assert_eq!(waiting, Phase::Waiting { until: Some(100 + ticks(15.0)) });
        assert_eq!(after(waiting, 100 + WARM_UP - 1, SOME), waiting);
        assert_eq!(after(waiting, 101, NOBODY), waiting, "who leaves again may come back");
        let end = 100 + WARM_UP;
        assert_eq!(after(waiting, end, SOME), Phase::Countdown { starts_at: end + COUNTDOWN });
        assert_eq!(after(waiting, end, NOBODY), Phase::Countdown { starts_at: end + COUNTDOWN });
    }

    #[test]
    fn warm_up_ends_when_everybody_is_there() {
        let counting = Phase::Countdown { starts_at: 300 + COUNTDOWN };
        assert_eq!(after(Phase::Waiting { until: None }, 300, ALL), counting);
        assert_eq!(after(Phase::Waiting { until: Some(700) }, 300, ALL), counting);
    }

    #[test]
    fn nobody_holds_a_countdown_up() {
        let counting = Phase::Countdown { starts_at: 300 };
        for here in [NOBODY, SOME, ALL] {
            assert_eq!(after(counting, 299, here), counting);
            assert_eq!(after(counting, 300, here), Phase::Playing { ends_at: 300 + LENGTH });
        }
    }

    #[test]
    fn match_that_nobody_comes_to_begins_without_a_countdown() {
        let before = Phase::Waiting { until: None };
        assert_eq!(after(before, ALONE_FROM - 1, NOBODY), before);
        let bots_alone = Here { somebody: false, everybody: true };
        for here in [NOBODY, bots_alone] {
            assert_eq!(after(before, ALONE_FROM, here), Phase::Playing { ends_at: ALONE_FROM + LENGTH });
        }
    }
}
