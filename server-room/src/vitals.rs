//! How the room does, for those who ask from another thread.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bevy::prelude::Resource;

/// A simulation that has stood still for longer is taken for dead; a hub gives such a room no match
/// either.
const STILL: Duration = Duration::from_secs(3);

/// Signs of life of one room. Cheap to clone; clones show the same room.
#[derive(Resource, Clone, Default)]
pub struct Vitals(Arc<Signs>);

struct Signs {
    began: Instant,
    tick: AtomicU32,
    /// Milliseconds from `began` to the last tick.
    advanced: AtomicU64,
    listening: AtomicBool,
    registered: AtomicBool,
    draining: AtomicBool,
    lines_lost: AtomicU64,
}

/// What keeps a room from what it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The simulation has stood for so long.
    Still(Duration),
    /// The sockets are not open yet.
    Deaf,
    /// The hub does not know the room.
    Alone,
    Draining,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Still(time) => write!(f, "the simulation has stood still for {} s", time.as_secs()),
            Self::Deaf => f.write_str("the room does not listen yet"),
            Self::Alone => f.write_str("there is no line to the hub"),
            Self::Draining => f.write_str("the room takes no match any more"),
        }
    }
}

impl Vitals {
    /// The simulation is at this tick.
    pub fn beat(&self, tick: u32) {
        if self.0.tick.swap(tick, Relaxed) != tick {
            let since = self.0.began.elapsed().as_millis();
            self.0.advanced.store(u64::try_from(since).unwrap_or(u64::MAX), Relaxed);
        }
    }

    /// All three sockets are open.
    pub fn listens(&self) {
        self.0.listening.store(true, Relaxed);
    }

    /// The hub knows the room.
    pub fn registered(&self) {
        self.0.registered.store(true, Relaxed);
    }

    /// There is no line to the hub, or none any more.
    pub fn alone(&self) {
        if self.0.registered.swap(false, Relaxed) {
            self.0.lines_lost.fetch_add(1, Relaxed);
        }
    }

    /// The room takes no match any more.
    pub fn drains(&self) {
        self.0.draining.store(true, Relaxed);
    }

    pub fn tick(&self) -> u32 {
        self.0.tick.load(Relaxed)
    }

    pub fn is_registered(&self) -> bool {
        self.0.registered.load(Relaxed)
    }

    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Relaxed)
    }

    /// How often a line to the hub was lost after the room had registered on it.
    pub fn lines_lost(&self) -> u64 {
        self.0.lines_lost.load(Relaxed)
    }

    /// # Errors
    ///
    /// Why the process should be started anew.
    pub fn alive(&self) -> Result<(), Unfit> {
        let advanced = Duration::from_millis(self.0.advanced.load(Relaxed));
        judge(self.0.began.elapsed().saturating_sub(advanced))
    }

    /// # Errors
    ///
    /// Why the room cannot take a match now. One that has a match is ready nevertheless.
    pub fn ready(&self) -> Result<(), Unfit> {
        self.alive()?;
        if !self.0.listening.load(Relaxed) {
            return Err(Unfit::Deaf);
        }
        if !self.is_registered() {
            return Err(Unfit::Alone);
        }
        if self.is_draining() {
            return Err(Unfit::Draining);
        }
        Ok(())
    }
}

impl Default for Signs {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            tick: AtomicU32::new(0),
            advanced: AtomicU64::new(0),
            listening: AtomicBool::new(false),
            registered: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            lines_lost: AtomicU64::new(0),
        }
    }
}

fn judge(still: Duration) -> Result<(), Unfit> {
    if still > STILL { Err(Unfit::Still(still)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulation_that_stands_still_is_not_alive() {
        assert_eq!(judge(STILL), Ok(()));
        let why = judge(STILL + Duration::from_secs(1)).expect_err("it has stood still");
        assert_eq!(why.to_string(), "the simulation has stood still for 4 s");
    }

    #[test]
    fn room_is_ready_when_it_listens_and_the_hub_knows_it() {
        let vitals = Vitals::default();
        assert_eq!(vitals.ready(), Err(Unfit::Deaf));
        vitals.listens();
        assert_eq!(vitals.ready(), Err(Unfit::Alone));
        vitals.registered();
        assert_eq!(vitals.ready(), Ok(()));
        vitals.clone().drains();
        assert_eq!(vitals.ready(), Err(Unfit::Draining));
    }

    #[test]
    fn line_that_never_stood_was_not_lost() {
        let vitals = Vitals::default();
        vitals.alone();
        assert_eq!(vitals.lines_lost(), 0);
        vitals.registered();
        vitals.alone();
        vitals.alone();
        assert_eq!(vitals.lines_lost(), 1);
    }
}
