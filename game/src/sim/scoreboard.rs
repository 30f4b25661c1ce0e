//! Score, clock and phase: what everybody in the match may know.

use bevy::prelude::*;
use protocol::id::Team;
use serde::{Deserialize, Serialize};

/// One entity a match carries it.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scoreboard {
    /// Kills by team, Amber first.
    pub score: [u16; 2],
    pub phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Warm-up: for players who hold a ticket and have not come yet. Until this tick at the latest;
    /// `None` before the first of them has come.
    Waiting {
        until: Option<u32>,
    },
    /// Tanks may act from this tick on.
    Countdown {
        starts_at: u32,
    },
    Playing {
        ends_at: u32,
    },
    Over,
}

impl Scoreboard {
    pub fn of(&self, team: Team) -> u16 {
        self.score[team.index()]
    }
}
