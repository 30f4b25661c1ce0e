//! Rooms are killed, or stand still and wake, with matches in them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{
    players::Underway,
    room::Room,
    stage::{Stage, in_time},
};
use crate::{
    interrupt,
    prove::{
        report::Figures,
        sample::{median, worst},
        wait::{Look, until},
    },
};

/// Rooms that die at once; the others take the players.
const AT_ONCE: usize = 2;

/// How old a match is when its room dies: begun, and far from its end.
const AGE: std::ops::Range<Duration> = Duration::from_millis(300)..Duration::from_millis(3500);

/// Goals in seconds.
const NOTICED: f64 = 3.0;
const BACK_AFTER_KILL: f64 = 5.0;
const BACK_AFTER_HANG: f64 = 12.0;

/// The longest that one death is watched.
const WATCH: Duration = Duration::from_secs(20);

pub fn kill(stage: &mut Stage<'_>, figures: &mut Figures, count: usize, end: Instant) -> Result<()> {
    let mut times = Times::default();
    while times.back.len() < count {
        in_time(end, times.back.len(), count)?;
        let victims = victims(stage, count - times.back.len())?;
        let registered = stage.hub.rooms()?.registered();
        let died = Instant::now();
        for victim in &victims {
            room(stage, victim)?.kill()?;
        }
        let watched = times
            .notice(stage, died, |stage| Ok(stage.hub.rooms()?.registered() + victims.len() <= registered))
            .and_then(|()| times.watch(stage, died, &victims));
        let hub = stage.hub.address();
        for victim in &victims {
            room(stage, victim)?.start(hub)?;
        }
        watched?;
        stage.wait_for_rooms()?;
    }
    times.conclude(stage, figures, BACK_AFTER_KILL)
}

pub fn hang(stage: &mut Stage<'_>, figures: &mut Figures, count: usize, end: Instant) -> Result<()> {
    let mut times = Times::default();
    while times.back.len() < count {
        in_time(end, times.back.len(), count)?;
        let victims = victims(stage, count - times.back.len())?;
        let died = Instant::now();
        for victim in &victims {
            room(stage, victim)?.hang();
        }
        let watched = times
            .notice(stage, died, |stage| Ok(stage.hub.rooms()?.suspect() >= victims.len()))
            .and_then(|()| times.watch(stage, died, &victims));
        for victim in &victims {
            room(stage, victim)?.wake();
        }
        watched?;
        stage.wait_for_rooms()?;
    }
    times.conclude(stage, figures, BACK_AFTER_HANG)
}

/// Seconds from a death until the hub knows of it, and until every player of the match is back.
#[derive(Default)]
struct Times {
    noticed: Vec<f64>,
    told: Vec<f64>,
    back: Vec<f64>,
}

impl Times {
    fn notice(
        &mut self,
        stage: &mut Stage<'_>,
        died: Instant,
        mut noticed: impl FnMut(&mut Stage<'_>) -> Result<bool>,
    ) -> Result<()> {
        while !noticed(stage)? {
            ensure!(died.elapsed() < WATCH, "the hub does not notice that a room is dead");
            interrupt::pause(Duration::from_millis(20))?;
        }
        self.noticed.push(died.elapsed().as_secs_f64());
        Ok(())
    }

    fn watch(&mut self, stage: &mut Stage<'_>, died: Instant, victims: &[Underway]) -> Result<()> {
        for victim in victims {
            let what = format!("the players of {} to be back", victim.match_id);
            let (told, back) = until(&what, WATCH, || {
                interrupt::check()?;
                Ok(match stage.players.back_from(victim) {
                    Some(times) => Look::Found(times),
                    None => Look::Instead(stage.players.at_a_glance()),
                })
            })?;
            self.told.push(told.saturating_duration_since(died).as_secs_f64());
            self.back.push(back.saturating_duration_since(died).as_secs_f64());
        }
        Ok(())
    }

    fn conclude(self, stage: &mut Stage<'_>, figures: &mut Figures, goal: f64) -> Result<()> {
        stage.settle()?;
        stage.go_on();
        let (noticed, back) = (worst(&self.noticed), worst(&self.back));
        figures.note("room_deaths", self.back.len());
        figures.note_rounded("seconds_until_noticed_median", median(&self.noticed));
        figures.note_rounded("seconds_until_noticed_worst", noticed);
        figures.note_rounded("seconds_until_told_worst", worst(&self.told));
        figures.note_rounded("seconds_until_back_in_front_median", median(&self.back));
        figures.note_rounded("seconds_until_back_in_front_worst", back);
        ensure!(noticed <= NOTICED, "a dead room was noticed after {noticed:.2} s, {NOTICED} is allowed");
        ensure!(back <= goal, "players were back after {back:.2} s, {goal} is allowed");
        Ok(())
    }
}

/// Matches whose rooms are to die: one, or two if as many are in the right moment.
fn victims(stage: &mut Stage<'_>, wanted: usize) -> Result<Vec<Underway>> {
    let mut victims = until("a match in the right moment", WATCH, || {
        stage.check()?;
        let mut underway = stage.players.underway();
        underway.retain(|candidate| AGE.contains(&candidate.since.elapsed()));
        Ok(if underway.is_empty() {
            Look::Instead(stage.players.at_a_glance())
        } else {
            Look::Found(underway)
        })
    })?;
    while victims.len() > wanted.min(AT_ONCE) {
        let spared = stage.dice.below(victims.len());
        victims.remove(spared);
    }
    stage.doomed.extend(victims.iter().map(|victim| victim.match_id));
    Ok(victims)
}

fn room<'s, 'a>(stage: &'s mut Stage<'a>, victim: &Underway) -> Result<&'s mut Room<'a>> {
    stage
        .rooms
        .iter_mut()
        .find(|room| room.port() == victim.room)
        .with_context(|| format!("no room listens on port {}", victim.room))
}
