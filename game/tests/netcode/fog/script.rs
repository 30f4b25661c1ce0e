//! How players drive, fire and throw smoke, and in what a hidden one can differ: all of it thrown by seed.

use game::sim::{dice::Dice, input::TankInput};

/// What one player does, tick by tick.
#[derive(Clone)]
pub struct Script {
    wheel: Whim,
    trigger: Whim,
    thumb: Whim,
}

/// What is different about a hidden enemy in the second of two matches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    pub drive: bool,
    pub fire: bool,
    pub throw: bool,
    pub die: bool,
    /// A bot's seat is promised to a newcomer.
    pub promise: bool,
}

impl Change {
    /// Each of the fifteen ways in which an enemy can differ, in turn; and a promise in every other pair.
    pub fn of(pair: u64) -> Self {
        let ways = pair % 15 + 1;
        Self {
            drive: ways & 1 != 0,
            fire: ways & 2 != 0,
            die: ways & 4 != 0,
            throw: ways & 8 != 0,
            promise: pair.is_multiple_of(2),
        }
    }
}

impl Script {
    pub fn new(seed: u64, stream: u64) -> Self {
        Self {
            wheel: Whim::new(seed, 2 * stream),
            trigger: Whim::new(seed, 2 * stream + 1),
            thumb: Whim::new(seed, 1_000 + stream),
        }
    }

    /// From now on drives, fires or throws by another script.
    pub fn take_from(&mut self, other: Script, change: Change) {
        if change.drive {
            self.wheel = other.wheel;
        }
        if change.fire {
            self.trigger = other.trigger;
        }
        if change.throw {
            self.thumb = other.thumb;
        }
    }

    pub fn at(&mut self, tick: u32) -> TankInput {
        let [drive, turn, aim] = self.wheel.at(tick);
        let [fire, ..] = self.trigger.at(tick);
        let [throw, ..] = self.thumb.at(tick);
        TankInput::new(drive * 1.5 + 0.4, turn, aim * std::f32::consts::PI, fire > 0.2).throwing(throw > 0.8)
    }
}

/// Three numbers from -1 to 1 that stay for a while and change.
#[derive(Clone)]
struct Whim {
    dice: Dice,
    until: u32,
    now: [f32; 3],
}

impl Whim {
    fn new(seed: u64, stream: u64) -> Self {
        Self { dice: Dice::new(seed, 2_000 + stream), until: 0, now: [0.0; 3] }
    }

    fn at(&mut self, tick: u32) -> [f32; 3] {
        if tick >= self.until {
            self.until = tick + 15 + self.dice.below(60) as u32;
            self.now = std::array::from_fn(|_| self.dice.spread());
        }
        self.now
    }
}
