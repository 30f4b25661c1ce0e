//! How much time one turn of the room's loop lives through.
//!
//! Netcode counts how long a player has been silent before it reads what the player has sent, so a room
//! that stood still for seconds, or whose clock leapt, would drop everybody who waits in its sockets.
//! The room is told what this says has passed, not what the clock says.

use std::time::Duration;

use crate::sim::schedule::TICK;

/// The most that one turn lives through: four ticks. What arrives meanwhile is read between the turns.
pub const CATCH_UP: Duration = TICK.saturating_mul(4);

/// The most that is made up for, and far below the silence after which a player counts as gone. The
/// room skips what it has missed beyond that, and its clients follow.
pub const ARREARS: Duration = Duration::from_millis(250);

/// The room's own time: it never leaps, and it slips when the machine cannot keep up.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    arrears: Duration,
}

/// What one turn is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// At most [`CATCH_UP`].
    pub lived: Duration,
    /// Never to be made up for.
    pub skipped: Duration,
}

impl Clock {
    /// The next turn, `passed` after the last one by a clock that never goes back.
    pub fn turn(&mut self, passed: Duration) -> Turn {
        let missed = self.arrears.saturating_add(passed);
        let owed = missed.min(ARREARS);
        let lived = owed.min(CATCH_UP);
        self.arrears = owed - lived;
        Turn { lived, skipped: missed - owed }
    }

    /// How far the room is behind. While it is, the next turn follows at once.
    pub fn arrears(&self) -> Duration {
        self.arrears
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_comes_on_time_is_lived_as_it_comes() {
        let mut clock = Clock::default();
        for _ in 0..600 {
            assert_eq!(clock.turn(TICK), Turn { lived: TICK, skipped: Duration::ZERO });
        }
        assert_eq!(clock.arrears(), Duration::ZERO);
    }

    #[test]
    fn f18_short_stall_is_made_up_for_four_ticks_a_turn() {
        let mut clock = Clock::default();
        let mut lived = clock.turn(10 * TICK).lived;
        assert_eq!(lived, CATCH_UP);
        while clock.arrears() > Duration::ZERO {
            let turn = clock.turn(Duration::ZERO);
            assert!(turn.lived <= CATCH_UP);
            lived += turn.lived;
        }
        assert_eq!(lived, 10 * TICK, "nothing of it is lost");
    }

    #[test]
    fn f18_room_that_cannot_keep_up_slips_and_never_owes_more() {
        let mut clock = Clock::default();
        for _ in 0..100 {
            let turn = clock.turn(10 * TICK);
            assert_eq!(turn.lived, CATCH_UP);
            assert!(clock.arrears() < ARREARS);
        }
    }

    #[test]
    fn f13_leap_of_an_hour_is_skipped() {
        let mut clock = Clock::default();
        let turn = clock.turn(Duration::from_secs(3600));
        assert_eq!(turn.lived, CATCH_UP);
        assert_eq!(turn.lived + clock.arrears() + turn.skipped, Duration::from_secs(3600));
        assert_eq!(clock.arrears() + turn.lived, ARREARS);
        assert_eq!(Clock::default().turn(Duration::MAX).lived, CATCH_UP);
    }
}
