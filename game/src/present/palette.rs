//! The colours of the game. There are no others.

use bevy::prelude::*;
use protocol::id::Team;

pub const DEEP: Color = Color::srgb_u8(0x0D, 0x13, 0x1E);
pub const FLOOR: Color = Color::srgb_u8(0x1B, 0x25, 0x34);
pub const WALL: Color = Color::srgb_u8(0x2C, 0x3A, 0x50);

pub const AMBER: Color = Color::srgb_u8(0xFF, 0xB0, 0x20);
pub const AZURE: Color = Color::srgb_u8(0x46, 0xA6, 0xFF);
pub const DANGER: Color = Color::srgb_u8(0xFF, 0x5A, 0x4F);
pub const GOOD: Color = Color::srgb_u8(0x5B, 0xD6, 0x8A);

pub const TEXT: Color = Color::srgb_u8(0xE8, 0xED, 0xF5);
pub const QUIET: Color = Color::srgb_u8(0x8F, 0xA0, 0xB8);
pub const PANEL: Color = Color::srgb_u8(0x14, 0x1C, 0x2A);
pub const HAIRLINE: Color = Color::srgb_u8(0x2B, 0x38, 0x4C);

/// Walls on ground that nobody of the own team sees: [`QUIET`] without its colour, at 35 %.
pub const REMEMBERED: Color = Color::srgb_u8(0x37, 0x37, 0x37);

pub fn team(team: Team) -> Color {
    match team {
        Team::Amber => AMBER,
        Team::Azure => AZURE,
    }
}
