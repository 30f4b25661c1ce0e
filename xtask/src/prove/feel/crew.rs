//! The process of the scripted players: tickets go in, figures come out.

use std::{
    collections::BTreeMap,
    io::Write as _,
    mem,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use protocol::{frame::encode, id::Seat, ticket::Ticket};

use crate::{
    children::{Child, Echo, tethered},
    interrupt,
    prove::report::Figures,
};

/// What a process said last may be so long on its way here.
const LAST_WORDS: Duration = Duration::from_millis(200);

pub struct Crew {
    process: Child,
    /// How much of the log has been read.
    read: usize,
    playing: Option<Instant>,
    figures: BTreeMap<String, f64>,
    news: Vec<News>,
    done: bool,
}

/// What a player has said while it played.
#[derive(Debug, PartialEq)]
pub enum News {
    Lost { match_id: String, seat: Seat },
    Back { millis: u64 },
}

/// What all players felt.
pub struct Felt(BTreeMap<String, f64>);

impl Felt {
    pub fn note(&self, figures: &mut Figures) {
        for (name, value) in &self.0 {
            figures.note(name, *value);
        }
    }

    pub fn figure(&self, name: &str) -> Result<f64> {
        self.0.get(name).copied().with_context(|| format!("the crew should have measured `{name}`"))
    }
}

impl Crew {
    /// One player for each ticket.
    pub fn start(binary: &Path, seconds: u64, seed: u64, tickets: &[Ticket], log: Echo) -> Result<Self> {
        let mut command = tethered(binary);
        command.args([seconds.to_string(), seed.to_string()]);
        let mut crew = Self {
            process: Child::spawn("crew", command, log)?,
            read: 0,
            playing: None,
            figures: BTreeMap::new(),
            news: Vec::new(),
            done: false,
        };
        for ticket in tickets {
            crew.hand(ticket)?;
        }
        crew.tell("")?;
        Ok(crew)
    }

    pub fn hand(&mut self, ticket: &Ticket) -> Result<()> {
        self.tell(&encode(ticket))
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.process.stdin()?;
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).context("the crew takes no tickets")
    }

    /// Once it is over.
    pub fn felt(&mut self) -> Result<Option<Felt>> {
        let ended = self.process.check();
        if ended.is_err() {
            interrupt::pause(LAST_WORDS)?;
        }
        self.listen();
        match ended {
            _ if self.done => Ok(Some(Felt(mem::take(&mut self.figures)))),
            Ok(()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn news(&mut self) -> Vec<News> {
        mem::take(&mut self.news)
    }

    pub fn playing(&self) -> Option<Instant> {
        self.playing
    }

    fn listen(&mut self) {
        let log = self.process.log();
        let lines = log.since(self.read);
        self.read += lines.len();
        for line in lines {
            match Said::read(&line) {
                Some(Said::Playing) => self.playing = Some(Instant::now()),
                Some(Said::News(news)) => self.news.push(news),
                Some(Said::Figure(name, value)) => {
                    self.figures.insert(name, value);
                }
                Some(Said::Done) => self.done = true,
                None => {}
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Said {
    Playing,
    News(News),
    Figure(String, f64),
    Done,
}

impl Said {
    /// A line of the crew's, as `game/examples/crew` documents them.
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let seat = |word: &str| Seat::try_from(word.parse::<u8>().ok()?).ok();
        match words[..] {
            ["playing"] => Some(Self::Playing),
            ["lost", match_id, place] => {
                Some(Self::News(News::Lost { match_id: match_id.to_owned(), seat: seat(place)? }))
            }
            ["back", _, _, millis] => Some(Self::News(News::Back { millis: millis.parse().ok()? })),
            ["figure", name, value] => Some(Self::Figure(name.to_owned(), value.parse().ok()?)),
            ["done"] => Some(Self::Done),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_crew_are_understood_and_others_passed_over() {
        assert_eq!(Said::read("playing"), Some(Said::Playing));
        assert_eq!(Said::read("figure error_p99_cm 4.2"), Some(Said::Figure("error_p99_cm".into(), 4.2)));
        let seat = Seat::try_from(3).expect("seat 3 should exist");
        let lost = News::Lost { match_id: "0198-7".into(), seat };
        assert_eq!(Said::read("lost 0198-7 3"), Some(Said::News(lost)));
        assert_eq!(Said::read("back 0198-7 3 412"), Some(Said::News(News::Back { millis: 412 })));
        assert_eq!(Said::read("done"), Some(Said::Done));
        assert_eq!(Said::read("2026-11-23 WARN lost in thought"), None);
    }
}
