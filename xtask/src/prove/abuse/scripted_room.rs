//! A room that plays nothing: it says what it is told to say.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use protocol::{
    VERSION,
    challenge::Bytes32,
    frame::{decode, encode},
    id::Seat,
    limits::ROOM_FRAME_BYTES,
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket, ToRegistry},
    result::{MatchResult, SeatResult},
    text::PlayerName,
    ticket::{RoomAddresses, WebTransportAddress},
};

use super::stage::Stage;
use crate::prove::socket::{Received, Socket};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct ScriptedRoom(Socket);

/// What the hub wants of a room.
#[derive(Clone)]
pub struct Prepare {
    pub allocation: Allocation,
    pub team_size: u8,
    pub players: Vec<ExpectedPlayer>,
}

impl ScriptedRoom {
    /// Registers with the operator's key.
    pub fn register(stage: &Stage<'_>) -> Result<Self> {
        let mut room = Self(Socket::open(stage.address(), "/socket/room")?);
        room.say(&ToRegistry::Register {
            protocol: VERSION,
            content: stage.build.content.clone(),
            host_key: stage.host_key.clone(),
            capacity: 6,
            addresses: RoomAddresses {
                udp: ([127, 0, 0, 1], 7000).into(),
                webtransport: WebTransportAddress {
                    url: "https://127.0.0.1:7001".to_owned(),
                    digest: Bytes32([0; 32]),
                },
                websocket: "ws://127.0.0.1:7002".to_owned(),
            },
            playing: None,
        })?;
        room.expect("that the room is registered", |word| {
            matches!(word, FromRegistry::Registered { .. }).then_some(())
        })?;
        Ok(room)
    }

    pub fn say(&mut self, message: &ToRegistry) -> Result<()> {
        self.0.send(encode(message))
    }

    /// The next message; `None` if there is none in this time.
    pub fn hear(&mut self, limit: Duration) -> Result<Option<FromRegistry>> {
        match self.0.receive(limit)? {
            Received::Text(text) => Ok(Some(decode(&text, ROOM_FRAME_BYTES)?)),
            Received::Nothing => Ok(None),
            Received::Closed => bail!("the hub has closed the line of a room"),
        }
    }

    /// The first message that `wanted` takes. Beats meanwhile.
    pub fn expect<T>(&mut self, what: &str, mut wanted: impl FnMut(FromRegistry) -> Option<T>) -> Result<T> {
        let began = Instant::now();
        let mut tick = 0;
        while began.elapsed() < PATIENCE {
            match self.hear(Duration::from_millis(500))? {
                Some(FromRegistry::Refused { refusal }) => bail!("the hub should say {what}: {refusal}"),
                Some(word) => {
                    if let Some(found) = wanted(word) {
                        return Ok(found);
                    }
                }
                None => {
                    tick += 30;
                    self.say(&ToRegistry::Heartbeat { tick })?;
                }
            }
        }
        bail!("the hub should say {what}, it does not")
    }

    /// Takes the next match, with a ticket for everybody.
    pub fn prepare(&mut self) -> Result<Prepare> {
        let asked = self.expect("which match to prepare", |word| match word {
            FromRegistry::Prepare { allocation, team_size, players, .. } => {
                Some(Prepare { allocation, team_size, players })
            }
            _ => None,
        })?;
        let tickets = asked.players.iter().map(|player| SeatTicket {
            account: player.account,
            seat: player.seat,
            token: "ticket".to_owned(),
        });
        self.say(&ToRegistry::Prepared { allocation: asked.allocation, tickets: tickets.collect() })?;
        Ok(asked)
    }
}

impl Prepare {
    /// A result that fits, with these points.
    pub fn result(&self, amber: u16, azure: u16) -> Result<MatchResult> {
        let bot = PlayerName::new("Bot")?;
        let seats = Seat::first(2 * self.team_size).map(|seat| {
            let player = self.players.iter().find(|player| player.seat == seat);
            SeatResult {
                seat,
                account: player.map(|player| player.account),
                name: player.map_or_else(|| bot.clone(), |player| player.name.clone()),
                kills: 1,
                deaths: 1,
            }
        });
        Ok(MatchResult { amber, azure, ticks: 300, seats: seats.collect() })
    }
}
