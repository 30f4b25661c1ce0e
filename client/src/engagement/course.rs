//! The course of an engagement, without Bevy: signs in, steps out.

use std::time::Duration;

use game::{
    client::Transport,
    protocol::{
        id::{MatchId, Seat},
        rating::RatingChange,
        result::MatchResult,
        ticket::Ticket,
    },
};

use crate::{engagement::Ending, screen::Turn};

/// A lost seat is held for a minute; so long the way back is looked for.
const HELD: Duration = Duration::from_secs(60);

/// First and longest wait before another try; each is twice the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// A hub that has not sent a new ticket by then counts as a failed try.
const TICKET_PATIENCE: Duration = Duration::from_secs(5);

/// A client that has not looked for so long was asleep, and has looked for no way back meanwhile.
const ASLEEP: Duration = Duration::from_secs(10);

/// What has happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sign {
    Found(Ticket),
    /// The link is up; said again as long as it is.
    Joined,
    /// The link is down; said again as long as it is.
    Lost(String),
    Over([u16; 2]),
    Ended(MatchId, MatchResult, RatingChange),
    Void(MatchId, String),
    /// The hub has no new ticket, for this reason, and will have none.
    NoTicket(String),
    /// The hub has no new ticket yet, for this reason.
    NotYet(String),
    Left,
    Time,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Dial(Ticket, Transport),
    AskTicket(MatchId),
    HangUp,
    Show(Turn),
    /// Into the lobby's notice.
    Tell(String),
    /// The last result is history.
    Clear,
    Score(Ending),
    /// The hub's record of a match.
    Record(MatchId, MatchResult, RatingChange),
    /// A match does not count, for this reason.
    Annul(MatchId, String),
}

pub(super) struct Course {
    preferred: Transport,
    last: Transport,
    current: Option<Current>,
    /// When the time was told last.
    looked_at: Option<Duration>,
}

struct Current {
    match_id: MatchId,
    seat: Seat,
    transport: Transport,
    stage: Stage,
    /// Whether this client was ever in the match.
    entered: bool,
    /// The wait before the next try.
    pause: Duration,
    /// Since when there is no link; none while there is.
    lost_at: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Dialling,
    In,
    Pausing { until: Duration },
    Asking { since: Duration },
}

impl Course {
    pub(super) fn new(preferred: Transport) -> Self {
        Self { preferred, last: preferred, current: None, looked_at: None }
    }

    pub(super) fn seat(&self) -> Option<Seat> {
        self.current.as_ref().map(|current| current.seat)
    }

    pub(super) fn transport(&self) -> Transport {
        self.last
    }

    /// Was in the match and is not any more, for now.
    pub(super) fn interrupted(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.entered && current.stage != Stage::In)
    }

    /// How much longer the way back is looked for; none while nothing is lost.
    pub(super) fn patience(&self, now: Duration) -> Option<Duration> {
        let lost_at = self.current.as_ref()?.lost_at?;
        Some((lost_at + HELD).saturating_sub(now))
    }

    pub(super) fn step(&mut self, sign: Sign, now: Duration) -> Vec<Step> {
        match sign {
            Sign::Found(ticket) => self.found(ticket),
            Sign::Joined => self.joined(),
            Sign::Lost(reason) => self.lost(reason, now),
            Sign::Over(score) => self.over(score),
            Sign::Ended(match_id, result, rating) => self.ended(match_id, result, rating),
            Sign::Void(match_id, reason) => self.void(match_id, reason),
            Sign::NoTicket(reason) => match &self.current {
                Some(Current { stage: Stage::Asking { .. }, .. }) => self.drop_with(reason),
                _ => Vec::new(),
            },
            Sign::NotYet(reason) => match &self.current {
                Some(Current { stage: Stage::Asking { .. }, .. }) => self.pause(reason, now),
                _ => Vec::new(),
            },
            Sign::Left => match self.current.take() {
                Some(_) => vec![Step::HangUp, Step::Show(Turn::Home)],
                None => Vec::new(),
            },
            Sign::Time => self.wait(now),
        }
    }

    fn found(&mut self, ticket: Ticket) -> Vec<Step> {
        match &mut self.current {
            Some(current) if current.match_id == ticket.match_id => match current.stage {
                Stage::Dialling | Stage::In => Vec::new(),
                Stage::Pausing { .. } | Stage::Asking { .. } => {
                    current.stage = Stage::Dialling;
                    self.last = current.transport;
                    vec![Step::Dial(ticket, current.transport)]
                }
            },
            _ => {
                self.current = Some(Current {
                    match_id: ticket.match_id,
                    seat: ticket.seat,
                    transport: self.preferred,
                    stage: Stage::Dialling,
                    entered: false,
                    pause: FIRST_PAUSE,
                    lost_at: None,
                });
                self.last = self.preferred;
                vec![Step::Clear, Step::Dial(ticket, self.preferred), Step::Show(Turn::MatchFound)]
            }
        }
    }

    fn joined(&mut self) -> Vec<Step> {
        match &mut self.current {
            Some(current) if current.stage == Stage::Dialling => {
                current.stage = Stage::In;
                current.entered = true;
                current.pause = FIRST_PAUSE;
                current.lost_at = None;
                vec![Step::Show(Turn::Joined)]
            }
            _ => Vec::new(),
        }
    }

    fn lost(&mut self, reason: String, now: Duration) -> Vec<Step> {
        let Some(current) = &mut self.current else { return Vec::new() };
        match current.stage {
            Stage::Dialling if !current.entered && current.transport == Transport::WebTransport => {
                current.transport = Transport::WebSocket;
                current.stage = Stage::Asking { since: now };
                vec![Step::AskTicket(current.match_id)]
            }
            Stage::Dialling | Stage::In => self.pause(reason, now),
            Stage::Pausing { .. } | Stage::Asking { .. } => Vec::new(),
        }
    }

    fn pause(&mut self, reason: String, now: Duration) -> Vec<Step> {
        let Some(current) = &mut self.current else { return Vec::new() };
        let give_up = *current.lost_at.get_or_insert(now) + HELD;
        if now >= give_up {
            return self.drop_with(format!("You are no longer in the match. {reason}"));
        }
        current.stage = Stage::Pausing { until: (now + current.pause).min(give_up) };
        current.pause = (current.pause * 2).min(LONGEST_PAUSE);
        Vec::new()
    }

    fn wait(&mut self, now: Duration) -> Vec<Step> {
        let looked_at = self.looked_at.replace(now).unwrap_or(now);
        let Some(current) = &mut self.current else { return Vec::new() };
        let passed = now.saturating_sub(looked_at);
        if passed > ASLEEP {
            current.lost_at = current.lost_at.map(|lost_at| lost_at + passed);
        }
        match current.stage {
            Stage::Pausing { until } if now >= until => {
                current.stage = Stage::Asking { since: now };
                vec![Step::AskTicket(current.match_id)]
            }
            Stage::Asking { since } if now >= since + TICKET_PATIENCE => {
                self.pause("The hub sent no new ticket.".into(), now)
            }
            _ => Vec::new(),
        }
    }

    fn over(&mut self, score: [u16; 2]) -> Vec<Step> {
        match self.current.take() {
            Some(current) => vec![
                Step::Score(Ending {
                    match_id: current.match_id,
                    seat: current.seat,
                    score,
                    result: None,
                    rating: None,
                    void: None,
                }),
                Step::HangUp,
                Step::Show(Turn::Over),
            ],
            None => Vec::new(),
        }
    }

    /// The record may come before the room's last word, or instead of it.
    fn ended(&mut self, match_id: MatchId, result: MatchResult, rating: RatingChange) -> Vec<Step> {
        let mut steps = match &self.current {
            Some(current) if current.match_id == match_id => self.over([result.amber, result.azure]),
            _ => Vec::new(),
        };
        steps.push(Step::Record(match_id, result, rating));
        steps
    }

    fn void(&mut self, match_id: MatchId, reason: String) -> Vec<Step> {
        let cause = reason.trim_end_matches('.');
        let notice = format!("{cause}. Match void: no rating change. You are first in the queue.");
        match &self.current {
            Some(current) if current.match_id == match_id => self.drop_with(notice),
            _ => vec![Step::Annul(match_id, reason), Step::Tell(notice)],
        }
    }

    fn drop_with(&mut self, notice: String) -> Vec<Step> {
        self.current = None;
        vec![Step::HangUp, Step::Tell(notice), Step::Show(Turn::Home)]
    }
}

#[cfg(test)]
mod tests;
