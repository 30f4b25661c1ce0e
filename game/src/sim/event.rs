//! What happens in a match, told once, reliably and in order, to those who may know it.

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::sim::tank::TankId;

/// Room to client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MatchEvent {
    /// Who sits where, in seat order. Sent on joining and when a seat changes hands.
    Roster(Vec<RosterLine>),
    /// A gun fired, told to teams that see the tank.
    Fired { tank: TankId, muzzle: Vec2, dir: Vec2 },
    /// A shell struck here, told to teams that see the place. `normal` points away from the surface.
    Impact { pos: Vec2, normal: Vec2, tank: bool },
    /// Told to the one who is hit: where the shell came from, as a unit vector.
    Struck { from: Vec2 },
    /// Told to the one who fired: what became of the shell that was fired in this tick.
    Spent { fired: u32, verdict: Verdict },
    /// Told to all: the kill feed.
    Killed { victim: TankId, by: TankId },
    /// Told to teams that see it: a tank blew up here.
    Wrecked { tank: TankId, pos: Vec2 },
    /// The last event of a match. Amber first.
    Over { score: [u16; 2] },
}

/// What became of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It struck no enemy, or nothing counts any more.
    Missed,
    /// It struck an enemy. Of one that the shooter's team does not see, nothing more is said.
    Hit,
    /// It destroyed an enemy that the shooter's team sees.
    Killed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterLine {
    pub tank: TankId,
    pub name: String,
    pub driver: Driver,
}

/// Who drives a tank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Driver {
    /// The player who is named.
    Player,
    /// The bot that is named.
    Bot,
    /// A bot, until the player who is named comes, or comes back.
    Substitute,
}

/// On a client: an event has arrived.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct Heard(pub MatchEvent);
