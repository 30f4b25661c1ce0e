//! A player who wants to play, changes the mind, loses the line and comes back.

use std::collections::VecDeque;

use hub::{lobby::hall::Entrant, secret::TokenHash, socket::outbox::Link};
use protocol::{
    hub::FromHub,
    id::{AccountId, MatchId, ProposalId},
    key::PartyCode,
    rating::Rating,
    text::PlayerName,
};

use crate::room::content;

pub struct Player {
    pub account: AccountId,
    pub name: PlayerName,
    pub link: Option<Link>,
    pub inbox: VecDeque<FromHub>,
    pub seen: Seen,
    /// What the hub wants confirmed.
    pub proposal: Option<ProposalId>,
    pub code: Option<PartyCode>,
}

/// What the hub's last word to the player was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Lobby,
    Waiting,
    Playing(MatchId),
}

impl Player {
    pub fn new(account: AccountId, number: usize) -> Self {
        let name = PlayerName::new(&format!("player {number}")).expect("the name should be good");
        Self {
            account,
            name,
            link: None,
            inbox: VecDeque::new(),
            seen: Seen::Lobby,
            proposal: None,
            code: None,
        }
    }

    pub fn entrant(&self, rating: Rating) -> Entrant {
        Entrant {
            account: self.account,
            name: self.name.clone(),
            guest: true,
            session: TokenHash::of(self.name.as_str()),
            content: content(),
            rating,
            mutes: Vec::new(),
        }
    }

    pub fn cut(&mut self) {
        self.link = None;
        self.inbox.clear();
        self.proposal = None;
    }

    pub fn read(&mut self) {
        while let Some(message) = self.inbox.pop_front() {
            match message {
                FromHub::Queued { .. } => self.seen = Seen::Waiting,
                FromHub::Proposed { proposal, you_are_ready, .. } => {
                    self.seen = Seen::Waiting;
                    self.proposal = (!you_are_ready).then_some(proposal);
                }
                FromHub::LeftQueue { .. } => {
                    self.seen = Seen::Lobby;
                    self.proposal = None;
                }
                FromHub::MatchFound { ticket } => self.seen = Seen::Playing(ticket.match_id),
                FromHub::MatchEnded { .. } => self.seen = Seen::Lobby,
                FromHub::MatchVoid { .. } => self.seen = Seen::Waiting,
                FromHub::Party { party } => self.code = party.map(|party| party.code),
                FromHub::Refused { .. } => return self.cut(),
                _ => {}
            }
        }
    }
}
