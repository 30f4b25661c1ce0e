//! Who wished for what in which tick.

use bevy::prelude::*;
use protocol::id::Seat;

use crate::sim::{dice::Dice, golden::SEATS, input::TankInput};

/// Seeds the dice by which the tanks misjudge their aim, by at most so many radians.
const SEED: u64 = 2_026;
const ERROR: f32 = 0.02;

/// The kept inputs, and where in them the match is.
#[derive(Resource)]
pub(super) struct Script {
    lines: Vec<(u32, Seat, Wish)>,
    next: usize,
    wishes: [Wish; SEATS as usize],
    dice: Vec<Dice>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    drive: f32,
    turn: f32,
    aim: f32,
    fire: bool,
    smoke: bool,
}

impl Script {
    /// The error names the line.
    pub fn read(inputs: &str) -> Result<Self, String> {
        let mut lines: Vec<(u32, Seat, Wish)> = Vec::new();
        for (number, line) in inputs.lines().enumerate() {
            let read = read_line(line).ok_or_else(|| format!("line {}: `{line}`", number + 1))?;
            if lines.last().is_some_and(|last| last.0 > read.0) {
                return Err(format!("line {}: ticks should ascend", number + 1));
            }
            lines.push(read);
        }
        let dice = (0..SEATS).map(|seat| Dice::new(SEED, u64::from(seat))).collect();
        Ok(Self { lines, next: 0, wishes: Default::default(), dice })
    }

    /// Ticks may only ascend.
    pub fn turn_to(&mut self, tick: u32) {
        while let Some((_, seat, wish)) = self.lines.get(self.next).filter(|line| line.0 <= tick) {
            self.wishes[usize::from(seat.index())] = *wish;
            self.next += 1;
        }
    }

    pub fn input(&mut self, seat: Seat) -> TankInput {
        let seat = usize::from(seat.index());
        let Wish { drive, turn, aim, fire, smoke } = self.wishes[seat];
        TankInput::new(drive, turn, aim + self.dice[seat].spread() * ERROR, fire).throwing(smoke)
    }
}

fn read_line(line: &str) -> Option<(u32, Seat, Wish)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [tick, seat, drive, turn, aim, fire, smoke] = words[..] else { return None };
    let seat = seat.parse::<u8>().ok().filter(|seat| *seat < SEATS)?;
    let wish = Wish {
        drive: drive.parse().ok()?,
        turn: turn.parse().ok()?,
        aim: aim.parse().ok()?,
        fire: button(fire)?,
        smoke: button(smoke)?,
    };
    Some((tick.parse().ok()?, Seat::try_from(seat).ok()?, wish))
}

fn button(word: &str) -> Option<bool> {
    match word {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}
