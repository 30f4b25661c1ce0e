//! What the players know of each other beside the match: when it began, and when each did what the others
//! should see.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use game::{protocol::id::MatchId, sim::tank::TankId};

/// Whoever has no tank by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long everybody waits for the last words of the room.
const REST: Duration = Duration::from_secs(8);

/// A tank of a match.
pub type Who = (MatchId, TankId);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not everybody has a tank yet.
    Gathering,
    Playing,
    Resting,
    Over,
}

pub struct Board {
    players: usize,
    length: Duration,
    opened: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ready: HashSet<Who>,
    began: Option<Instant>,
    turned: HashMap<Who, Instant>,
    fired: HashMap<Who, Instant>,
}

impl Board {
    pub fn new(players: usize, length: Duration) -> Self {
        Self { players, length, opened: Instant::now(), state: Mutex::default() }
    }

    /// This player drives. The last one to say so begins it.
    pub fn is_ready(&self, who: Who) {
        let mut state = self.state();
        state.ready.insert(who);
        if state.ready.len() == self.players && state.began.is_none() {
            state.began = Some(Instant::now());
            println!("playing");
        }
    }

    pub fn ready(&self) -> usize {
        self.state().ready.len()
    }

    pub fn was_played(&self) -> bool {
        self.state().began.is_some()
    }

    /// And how long it has been played.
    pub fn phase(&self) -> (Phase, Duration) {
        let played = self.state().began.map(|began| began.elapsed());
        let phase = match played {
            None if self.opened.elapsed() > PATIENCE => Phase::Over,
            None => Phase::Gathering,
            Some(played) if played < self.length => Phase::Playing,
            Some(played) if played < self.length + REST => Phase::Resting,
            Some(_) => Phase::Over,
        };
        (phase, played.unwrap_or_default())
    }

    /// From now on the turret of this tank should be seen to turn.
    pub fn turns(&self, who: Who) {
        self.state().turned.insert(who, Instant::now());
    }

    pub fn turned(&self, who: Who) -> Option<Instant> {
        self.state().turned.get(&who).copied()
    }

    /// The gun of this tank has fired.
    pub fn fires(&self, who: Who) {
        self.state().fired.insert(who, Instant::now());
    }

    pub fn fired(&self, who: Who) -> Option<Instant> {
        self.state().fired.get(&who).copied()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
