//! A room that plays nothing but keeps the room's side of the protocol, journal included.

use std::collections::VecDeque;

use hub::{rooms::registry::Registration, socket::outbox::Link};
use protocol::{
    challenge::Bytes32,
    id::Seat,
    key::Content,
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket, ToRegistry},
    result::{MatchResult, SeatResult},
    text::PlayerName,
    ticket::{RoomAddresses, WebTransportAddress},
};
use rand::{RngExt as _, rngs::StdRng};

pub struct Room {
    pub link: Option<Link>,
    pub playing: Option<Playing>,
    /// Results on disk that the hub has not confirmed.
    pub journal: VecDeque<(Allocation, MatchResult)>,
    pub hangs: bool,
    /// The match that it let go of last.
    freed: Option<Allocation>,
    drains: bool,
    /// The hub has heard on this line that it drains.
    pub told: bool,
    /// Hub to room and room to hub, in order.
    pub inbox: VecDeque<FromRegistry>,
    pub outbox: VecDeque<ToRegistry>,
}

pub struct Playing {
    pub allocation: Allocation,
    pub players: Vec<ExpectedPlayer>,
    team_size: u8,
    over: bool,
}

impl Room {
    pub fn new() -> Self {
        Self {
            link: None,
            playing: None,
            journal: VecDeque::new(),
            hangs: false,
            freed: None,
            drains: false,
            told: false,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
        }
    }

    pub fn registration(&self) -> Registration {
        Registration {
            host: "own".to_owned(),
            official: true,
            content: content(),
            capacity: 6,
            addresses: RoomAddresses {
                udp: ([127, 0, 0, 1], 7000).into(),
                webtransport: WebTransportAddress {
                    url: "https://127.0.0.1:7001".to_owned(),
                    digest: Bytes32([0; 32]),
                },
                websocket: "ws://127.0.0.1:7002".to_owned(),
            },
            playing: self.playing.as_ref().map(|playing| playing.allocation),
        }
    }

    /// The process dies; its journal stays.
    pub fn die(&mut self) {
        self.playing = None;
        self.hangs = false;
        self.drains = false;
        self.cut();
    }

    /// Whether its operator sees it end.
    pub fn has_drained(&self) -> bool {
        self.drains && !self.hangs && self.playing.is_none() && self.journal.is_empty()
    }

    pub fn cut(&mut self) {
        self.link = None;
        self.told = false;
        self.inbox.clear();
        self.outbox.clear();
    }

    /// Reads one message of the hub.
    pub fn read(&mut self, die: &mut StdRng) {
        if self.hangs {
            return;
        }
        let Some(message) = self.inbox.pop_front() else {
            return;
        };
        match message {
            FromRegistry::Prepare { allocation, team_size, players, .. } => {
                self.prepare(allocation, team_size, players, die);
            }
            FromRegistry::IssueTicket { allocation, account } => {
                let seat = self
                    .playing
                    .as_ref()
                    .filter(|p| p.allocation == allocation && !p.over)
                    .and_then(|playing| playing.players.iter().find(|player| player.account == account));
                self.outbox.push_back(match seat {
                    Some(player) => ToRegistry::TicketIssued { allocation, ticket: ticket(player) },
                    None => ToRegistry::TicketDeclined { allocation, account, reason: "no seat".to_owned() },
                });
            }
            FromRegistry::Admit { allocation, player } => {
                let account = player.account;
                let free = self.playing.as_mut().filter(|p| p.allocation == allocation && !p.over).and_then(
                    |playing| {
                        let seat = Seat::first(2 * playing.team_size)
                            .find(|seat| playing.players.iter().all(|player| player.seat != *seat))?;
                        playing.players.push(player.seated(seat));
                        playing.players.last()
                    },
                );
                self.outbox.push_back(match free {
                    Some(player) => ToRegistry::TicketIssued { allocation, ticket: ticket(player) },
                    None => ToRegistry::TicketDeclined { allocation, account, reason: "full".to_owned() },
                });
            }
            FromRegistry::Receipt { allocation } | FromRegistry::Cancel { allocation } => {
                self.journal.retain(|(due, _)| *due != allocation);
                if self.playing.as_ref().is_some_and(|playing| playing.allocation == allocation) {
                    self.playing = None;
                    self.freed = Some(allocation);
                    self.outbox.push_back(ToRegistry::Free { allocation });
                }
            }
            FromRegistry::Refused { .. } => self.cut(),
            FromRegistry::Drain {} => self.drain(),
            FromRegistry::Registered { .. } if self.drains => {
                self.outbox.push_back(ToRegistry::Draining {});
            }
            FromRegistry::Registered { .. } | FromRegistry::Revoke { .. } => {}
        }
    }

    /// An operator wants it empty, or its host has sent a signal.
    pub fn drain(&mut self) {
        if self.hangs {
            return;
        }
        self.drains = true;
        self.outbox.push_back(ToRegistry::Draining {});
    }

    fn prepare(
        &mut self,
        allocation: Allocation,
        team_size: u8,
        players: Vec<ExpectedPlayer>,
        die: &mut StdRng,
    ) {
        match die.random_range(0..10) {
            0 => {}
            1 => self.outbox.push_back(ToRegistry::Declined { allocation, reason: "not now".to_owned() }),
            _ if self.playing.is_some() || self.drains => {
                self.outbox.push_back(ToRegistry::Declined { allocation, reason: "busy".to_owned() });
            }
            _ => {
                let tickets = players.iter().map(ticket).collect();
                self.outbox.push_back(ToRegistry::Prepared { allocation, tickets });
                self.playing = Some(Playing { allocation, players, team_size, over: false });
            }
        }
    }

    /// The match ends: journal first, then the word to the hub. Answers what was written.
    pub fn finish(&mut self, die: &mut StdRng) -> Option<(Allocation, MatchResult)> {
        if self.hangs {
            return None;
        }
        let playing = self.playing.as_mut().filter(|playing| !playing.over)?;
        playing.over = true;
        let result = result(playing, die);
        let written = (playing.allocation, result);
        self.journal.push_back(written.clone());
        Some(written)
    }

    /// Says again what the hub has not confirmed, and what is old news by now.
    pub fn repeat(&mut self) {
        if self.hangs || self.link.is_none() {
            return;
        }
        for (allocation, result) in &self.journal {
            let (allocation, result) = (*allocation, result.clone());
            self.outbox.push_back(ToRegistry::Result { allocation, result });
        }
        self.outbox.extend(self.freed.map(|allocation| ToRegistry::Free { allocation }));
        self.outbox.push_back(ToRegistry::Heartbeat { tick: 0 });
    }
}

pub fn content() -> Content {
    Content::of(b"rules")
}

fn ticket(player: &ExpectedPlayer) -> SeatTicket {
    SeatTicket { account: player.account, seat: player.seat, token: "ticket".to_owned() }
}

fn result(playing: &Playing, die: &mut StdRng) -> MatchResult {
    let seats = Seat::first(2 * playing.team_size)
        .map(|seat| {
            let player = playing.players.iter().find(|player| player.seat == seat);
            let bot = PlayerName::new("Bot").expect("a bot's name should be good");
            SeatResult {
                seat,
                account: player.map(|player| player.account),
                name: player.map_or(bot, |player| player.name.clone()),
                kills: die.random_range(0..5),
                deaths: die.random_range(0..5),
            }
        })
        .collect();
    MatchResult { amber: die.random_range(0..4), azure: die.random_range(0..4), ticks: 600, seats }
}
