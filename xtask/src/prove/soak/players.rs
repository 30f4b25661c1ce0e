//! People in clients without a window: they play, leave, come back, and now and then one of them dies.

use std::time::Duration;

use anyhow::Result;

use super::stage::Stage;
use crate::{
    interrupt,
    prove::{
        client::{ANSWER, Client as _, wait_for_control, wait_for_result, wait_for_screen},
        dice::Dice,
        headless::Headless,
        report::Figures,
    },
};

/// By turns, so that every door is used.
const TRANSPORTS: [&str; 4] = ["udp", "webtransport", "websocket", "udp"];

/// Between two things that they do, at most.
const PAUSE: Duration = Duration::from_millis(500);

pub struct Players {
    here: Vec<Headless>,
    /// Whether there is time to come back into a match.
    patient: bool,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    joined: u32,
    left: u32,
    returned: u32,
    killed: u32,
}

/// What somebody does in a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Stay,
    Leave,
    Return,
    Die,
}

impl Players {
    /// Everybody is in the lobby.
    pub fn gather(stage: &Stage<'_>) -> Result<Self> {
        let here: Vec<_> =
            (0..stage.scale.players).map(|number| player(stage, number)).collect::<Result<_>>()?;
        let patient = stage.scale.match_seconds >= 20;
        Ok(Self { here, patient, counts: Counts::default() })
    }

    /// One match, from the lobby to the lobby. Only the first of them is sure to see its end.
    pub fn play(&mut self, stage: &mut Stage<'_>) -> Result<()> {
        for player in &mut self.here {
            player.press_play()?;
        }
        for player in &mut self.here {
            wait_for_control(player)?;
            self.counts.joined += 1;
            player.tell("drive 1 0.3")?;
            player.tell("fire 1")?;
        }
        let mut staying = Vec::new();
        for number in 0..self.here.len() {
            let act = if number == 0 { Act::Stay } else { self.draw(&mut stage.dice) };
            interrupt::pause(stage.dice.between(Duration::ZERO, PAUSE))?;
            if self.act(number, act, stage)? {
                staying.push(number);
            }
        }
        for number in staying {
            let player = &mut self.here[number];
            wait_for_result(player)?;
            player.press_back()?;
            wait_for_screen(player, "lobby", ANSWER)?;
        }
        Ok(())
    }

    /// How often each of them has done what.
    pub fn note(&self, figures: &mut Figures) {
        figures.note("joined", self.counts.joined);
        figures.note("left", self.counts.left);
        figures.note("returned", self.counts.returned);
        figures.note("killed", self.counts.killed);
    }

    fn draw(&self, dice: &mut Dice) -> Act {
        let acts = [Act::Stay, Act::Leave, Act::Die, Act::Return];
        acts[dice.below(if self.patient { acts.len() } else { acts.len() - 1 })]
    }

    /// Whether this player will see the end of the match.
    fn act(&mut self, number: usize, act: Act, stage: &Stage<'_>) -> Result<bool> {
        let player = &mut self.here[number];
        match act {
            Act::Stay => return Ok(true),
            Act::Leave => {
                self.counts.left += 1;
                player.press_back()?;
                wait_for_screen(player, "lobby", ANSWER)?;
            }
            Act::Return => {
                self.counts.returned += 1;
                player.press_back()?;
                wait_for_screen(player, "lobby", ANSWER)?;
                player.press_play()?;
                wait_for_control(player)?;
                return Ok(true);
            }
            Act::Die => {
                self.counts.killed += 1;
                player.kill()?;
                self.here[number] = self::player(stage, number)?;
            }
        }
        Ok(false)
    }
}

fn player(stage: &Stage<'_>, number: usize) -> Result<Headless> {
    stage.visitor(&format!("player {}", number + 1), TRANSPORTS[number % TRANSPORTS.len()])
}
