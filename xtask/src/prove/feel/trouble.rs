//! A line that is dead for a second, and one that comes from another port afterwards: netcode ties a player
//! to the address of the ticket, so that this one needs another ticket.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{
    crew::News,
    profile::GOOD,
    stage::{Party, Stage},
};
use crate::prove::{report::Figures, sample};

const SECONDS: u64 = 40;

/// From the beginning of play.
const CUT: Duration = Duration::from_secs(6);
const WHOLE: Duration = Duration::from_secs(7);
const REBIND: Duration = Duration::from_secs(16);

/// Netcode waits five seconds for whoever is silent.
const NOTICED: Duration = Duration::from_secs(7);

/// From the ticket to the tank.
const BACK: f64 = 3_000.0;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let mut party = stage.gather(GOOD, SECONDS)?;
    let mut trouble = Trouble::default();
    let felt = party.play(|party| trouble.make(party))?;
    felt.note(figures);

    let players = felt.figure("players")?;
    let noticed: Vec<f64> = trouble.noticed.iter().map(Duration::as_secs_f64).collect();
    figures.note("lost_after_the_cut", trouble.lost_early);
    figures.note_rounded("rebind_noticed_worst_seconds", sample::worst(&noticed));
    figures.note("back_with_another_ticket", trouble.back.len());
    figures.note("back_worst_ms", sample::worst(&trouble.back));
    ensure!(trouble.lost_early == 0, "{} players were lost to a second's silence", trouble.lost_early);
    ensure!(noticed.len() as f64 == players, "{} of {players} noticed the other port", noticed.len());
    ensure!(trouble.noticed.iter().all(|after| *after < NOTICED), "somebody noticed it too late");
    ensure!(trouble.back.len() == noticed.len(), "only {} came back", trouble.back.len());
    ensure!(sample::worst(&trouble.back) <= BACK, "somebody came back too late");
    ensure!(felt.figure("uncorrectable")? == 0.0, "something was predicted that could not be corrected");
    Ok(())
}

#[derive(Default)]
struct Trouble {
    cut: bool,
    rebound: Option<Instant>,
    lost_early: usize,
    /// How long after the rebind each player did.
    noticed: Vec<Duration>,
    /// Milliseconds.
    back: Vec<f64>,
}

impl Trouble {
    fn make(&mut self, party: &mut Party<'_>) -> Result<()> {
        let Some(played) = party.playing().map(|since| since.elapsed()) else { return Ok(()) };
        let cut = (CUT..WHOLE).contains(&played);
        if cut != self.cut {
            self.cut = cut;
            party.cut(cut);
        }
        if played > REBIND && self.rebound.is_none() {
            party.rebind()?;
            self.rebound = Some(Instant::now());
        }
        for news in party.news() {
            match (news, self.rebound) {
                (News::Back { millis }, _) => self.back.push(millis as f64),
                (News::Lost { match_id, seat }, Some(rebound)) => {
                    self.noticed.push(rebound.elapsed());
                    party.readmit(&match_id, seat)?;
                }
                (News::Lost { .. }, None) => self.lost_early += 1,
            }
        }
        Ok(())
    }
}
