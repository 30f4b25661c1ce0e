//! A line that is dead for a while, and one that comes from another port afterwards: netcode ties a player to
//! the address of the ticket, so that this one needs another ticket, and so does whoever was silent for too
//! long.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use protocol::id::Seat;

use super::{
    crew::{Felt, News},
    profile::GOOD,
    stage::{Party, Stage},
};
use crate::prove::{report::Figures, sample::worst};

const SECONDS: u64 = 80;

/// From the ticket to the tank, and from the moment the line is whole again, in milliseconds.
const BACK: f64 = 3_000.0;

/// Netcode waits five seconds for whoever is silent.
const NOTICED: f64 = 7_000.0;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let mut party = stage.gather(GOOD, SECONDS)?;
    let mut trouble = Trouble::new();
    let felt = party.play(|party| trouble.make(party))?;
    felt.note(figures);
    for episode in &trouble.episodes {
        episode.note(figures);
    }
    for episode in &trouble.episodes {
        episode.judge(&felt)?;
    }
    ensure!(felt.figure("uncorrectable")? == 0.0, "something was predicted that could not be corrected");
    Ok(())
}

/// One thing that happens to the line.
struct Episode {
    kind: Kind,
    /// From the beginning of play.
    begins: Duration,
    began: Option<Instant>,
    ended: Option<Instant>,
    lost: HashSet<(String, Seat)>,
    /// Milliseconds from the beginning until a player noticed, each time.
    noticed: Vec<f64>,
    /// Milliseconds from the ticket to the tank.
    back: Vec<f64>,
    /// Milliseconds from the end to the tank.
    back_after: Vec<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// So many seconds.
    Cut(u64),
    Rebind,
}

impl Kind {
    fn length(self) -> Duration {
        match self {
            Kind::Cut(seconds) => Duration::from_secs(seconds),
            Kind::Rebind => Duration::ZERO,
        }
    }

    fn name(self) -> String {
        match self {
            Kind::Cut(seconds) => format!("cut_{seconds}_s"),
            Kind::Rebind => "rebind".to_owned(),
        }
    }
}

impl Episode {
    fn new(kind: Kind, begins: u64) -> Self {
        Self {
            kind,
            begins: Duration::from_secs(begins),
            began: None,
            ended: None,
            lost: HashSet::new(),
            noticed: Vec::new(),
            back: Vec::new(),
            back_after: Vec::new(),
        }
    }

    fn note(&self, figures: &mut Figures) {
        let name = self.kind.name();
        figures.note(&format!("{name}_lost"), self.lost.len());
        figures.note(&format!("{name}_back"), self.back.len());
        figures.note_rounded(&format!("{name}_back_worst_ms"), worst(&self.back));
        figures.note_rounded(&format!("{name}_back_after_worst_ms"), worst(&self.back_after));
    }

    fn judge(&self, felt: &Felt) -> Result<()> {
        let (name, lost, players) = (self.kind.name(), self.lost.len(), felt.figure("players")?);
        ensure!(self.back.len() == lost, "{name}: {lost} were lost, {} came back", self.back.len());
        match self.kind {
            Kind::Cut(1) => {
                ensure!(lost == 0, "{name}: {lost} players were lost to a second's silence");
            }
            // Who is silent for just as long as netcode waits may be lost or not.
            Kind::Cut(5) => {
                ensure!(worst(&self.back) <= BACK, "{name}: somebody came back too late");
            }
            Kind::Cut(_) => {
                ensure!(lost as f64 == players, "{name}: {lost} of {players} noticed");
                ensure!(worst(&self.back_after) <= BACK, "{name}: somebody came back too late");
            }
            Kind::Rebind => {
                ensure!(lost as f64 == players, "{name}: {lost} of {players} noticed");
                ensure!(worst(&self.noticed) < NOTICED, "{name}: somebody noticed too late");
                ensure!(worst(&self.back) <= BACK, "{name}: somebody came back too late");
            }
        }
        Ok(())
    }
}

struct Trouble {
    episodes: [Episode; 4],
}

impl Trouble {
    fn new() -> Self {
        let (second, rebind) = (Episode::new(Kind::Cut(1), 6), Episode::new(Kind::Rebind, 16));
        Self { episodes: [second, rebind, Episode::new(Kind::Cut(5), 30), Episode::new(Kind::Cut(20), 46)] }
    }

    fn make(&mut self, party: &mut Party<'_>) -> Result<()> {
        let Some(played) = party.playing().map(|since| since.elapsed()) else { return Ok(()) };
        let mut now = None;
        for episode in self.episodes.iter_mut().take_while(|episode| played >= episode.begins) {
            if episode.began.is_none() {
                episode.began = Some(Instant::now());
                match episode.kind {
                    Kind::Cut(_) => party.cut(true),
                    Kind::Rebind => party.rebind()?,
                }
            }
            if episode.ended.is_none() && played >= episode.begins + episode.kind.length() {
                episode.ended = Some(Instant::now());
                party.cut(false);
            }
            now = Some(episode);
        }
        for news in party.news() {
            match (news, &mut now) {
                (News::Back { millis }, Some(episode)) => {
                    episode.back.push(millis as f64);
                    episode.back_after.push(passed(episode.ended));
                }
                (News::Lost { match_id, seat }, Some(episode)) => {
                    party.readmit(&match_id, seat)?;
                    episode.noticed.push(passed(episode.began));
                    episode.lost.insert((match_id, seat));
                }
                (_, None) => bail!("somebody was lost before anything has happened to the line"),
            }
        }
        Ok(())
    }
}

/// Milliseconds since then.
fn passed(since: Option<Instant>) -> f64 {
    since.map_or(0.0, |since| since.elapsed().as_secs_f64() * 1_000.0)
}
