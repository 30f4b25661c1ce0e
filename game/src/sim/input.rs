//! What a player asks of the tank in one tick.

use bevy::{ecs::entity::MapEntities, prelude::*};
use serde::{Deserialize, Serialize};

/// Six bytes of intent. Every value of every field is legal, so nothing needs to be refused; the
/// rules clamp what it can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Reflect)]
pub struct TankInput {
    /// Throttle: -127 full reverse to 127 full ahead.
    drive: i8,
    /// Steering: -127 full right to 127 full left.
    turn: i8,
    /// Where the turret should point, world angle, 65,536 steps a turn.
    aim: u16,
    pub fire: bool,
    pub smoke: bool,
}

impl TankInput {
    /// `drive` and `turn` from -1 to 1, `aim` in radians. Throws no smoke.
    pub fn new(drive: f32, turn: f32, aim: f32, fire: bool) -> Self {
        let axis = |value: f32| (value.clamp(-1.0, 1.0) * 127.0).round() as i8;
        let turns = aim / std::f32::consts::TAU;
        Self {
            drive: axis(drive),
            turn: axis(turn),
            aim: ((turns - turns.floor()) * 65_536.0) as u32 as u16,
            fire,
            smoke: false,
        }
    }

    /// The same, with the button for smoke up or down.
    pub fn throwing(self, smoke: bool) -> Self {
        Self { smoke, ..self }
    }

    /// Neither drives nor fires nor throws; the turret stays where it pointed last.
    pub fn neutral(self) -> Self {
        Self { aim: self.aim, ..Self::default() }
    }

    /// -1 to 1.
    pub fn drive(self) -> f32 {
        f32::from(self.drive.max(-127)) / 127.0
    }

    /// -1 to 1, left is positive.
    pub fn turn(self) -> f32 {
        f32::from(self.turn.max(-127)) / 127.0
    }

    /// Radians, 0 to τ.
    pub fn aim(self) -> f32 {
        f32::from(self.aim) / 65_536.0 * std::f32::consts::TAU
    }
}

impl MapEntities for TankInput {
    fn map_entities<M: EntityMapper>(&mut self, _mapper: &mut M) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_can_ask_for_more_than_full() {
        let wild = TankInput { drive: i8::MIN, turn: i8::MIN, aim: u16::MAX, fire: true, smoke: true };
        assert_eq!((wild.drive(), wild.turn()), (-1.0, -1.0));
        assert_eq!(TankInput::new(f32::INFINITY, f32::NAN, f32::NAN, false).drive(), 1.0);
    }

    #[test]
    fn aim_survives_quantising() {
        for aim in [-3.0f32, -0.1, 0.0, 1.0, 3.1, 6.2, 9.0] {
            let back = TankInput::new(0.0, 0.0, aim, false).aim();
            let error = (back - aim).rem_euclid(std::f32::consts::TAU);
            assert!(error.min(std::f32::consts::TAU - error) < 2e-4, "{aim} came back as {back}");
        }
    }
}
