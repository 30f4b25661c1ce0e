//! What a match is played with, as one short version. Rooms and clients meet only where it is equal.

use protocol::{SNAPSHOT_HZ, TICK_HZ, key::Content};

use crate::sim::{arena, gun, shell, sight, smoke, tank};

/// Changes with every rule that none of the numbers below shows.
const RULES: &str = "1";

/// Of the map and of every number that both ends of a match must have alike.
pub fn content() -> Content {
    let numbers = [
        TICK_HZ as f32,
        SNAPSHOT_HZ as f32,
        arena::CELL,
        tank::RADIUS,
        tank::SPEED,
        tank::REVERSE,
        tank::ACCELERATION,
        tank::TURN_RATE,
        tank::TURRET_RATE,
        f32::from(tank::FULL_HEALTH),
        gun::RELOAD as f32,
        gun::BARREL,
        shell::SPEED,
        shell::RANGE,
        f32::from(shell::DAMAGE),
        sight::RANGE,
        smoke::RADIUS,
        smoke::DEPTH,
        smoke::THROW,
        smoke::FUSE as f32,
        smoke::STANDS as f32,
        smoke::RECHARGE as f32,
    ];
    let mut bytes = [RULES, arena::MAP, arena::MAP_TEXT].join("\n").into_bytes();
    bytes.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    Content::of(&bytes)
}
