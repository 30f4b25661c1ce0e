//! A hub that says what the experiment wants: it asks rooms for matches and tickets, and keeps no account.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use protocol::{
    frame::{decode, encode},
    id::{AccountId, Epoch, MatchId, RoomId, Seat},
    key::{MapId, ModeId},
    limits::ROOM_FRAME_BYTES,
    rating::Rating,
    registry::{Allocation, ExpectedPlayer, FromRegistry, SeatTicket, ToRegistry},
    text::PlayerName,
    ticket::RoomAddresses,
};
use tungstenite::{Bytes, Error, Message, WebSocket};
use uuid::Uuid;

use crate::{
    children::Child,
    interrupt,
    prove::wait::{Look, until},
};

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// A room that hears nothing for longer looks for another hub.
const SPEAK_EVERY: Duration = Duration::from_secs(10);

/// Long enough that no match ends while it is measured.
const MATCH_SECONDS: u16 = 600;

pub struct Hub(TcpListener);

impl Hub {
    pub fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("unable to listen")?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }

    /// The next room that registers, which is this process.
    pub fn welcome(&self, room: &mut Child, number: u128) -> Result<Line> {
        let stream = until("a room to dial", PATIENCE, || {
            room.check()?;
            Ok(match self.0.accept() {
                Ok((stream, _)) => Look::Found(stream),
                Err(error) => Look::Instead(error.to_string()),
            })
        })?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let socket =
            tungstenite::accept(stream).map_err(|error| anyhow!("the room does not shake hands: {error}"))?;
        socket.get_ref().set_read_timeout(Some(LOOK))?;
        let mut line = Line { socket, addresses: None, spoken: Instant::now() };
        let addresses = line.expect("register", |word| match word {
            ToRegistry::Register { addresses, .. } => Some(addresses),
            _ => None,
        })?;
        line.addresses = Some(addresses);
        line.say(&FromRegistry::Registered { room: RoomId(Uuid::from_u128(number)) })?;
        Ok(line)
    }
}

/// The line of one room.
pub struct Line {
    socket: WebSocket<TcpStream>,
    addresses: Option<RoomAddresses>,
    spoken: Instant,
}

impl Line {
    pub fn addresses(&self) -> Result<&RoomAddresses> {
        self.addresses.as_ref().context("a room should say where it is when it registers")
    }

    /// A match with a player in every seat, and their tickets.
    pub fn prepare(&mut self, allocation: Allocation, team_size: u8) -> Result<Vec<SeatTicket>> {
        let players = Seat::first(2 * team_size).map(|seat| -> Result<ExpectedPlayer> {
            Ok(ExpectedPlayer {
                account: account(seat),
                name: PlayerName::new(&format!("Player {}", seat.index() + 1))?,
                seat,
                rating: Rating::FIRST,
                mutes: Vec::new(),
            })
        });
        self.say(&FromRegistry::Prepare {
            allocation,
            mode: ModeId::try_from("feel".to_owned()).map_err(anyhow::Error::msg)?,
            map: MapId::try_from("crossing".to_owned()).map_err(anyhow::Error::msg)?,
            team_size,
            seed: allocation.epoch.0,
            seconds: MATCH_SECONDS,
            players: players.collect::<Result<_>>()?,
        })?;
        let answer = self.expect("prepare the match", |word| match word {
            ToRegistry::Prepared { allocation: of, tickets } if of == allocation => Some(Ok(tickets)),
            ToRegistry::Declined { allocation: of, reason } if of == allocation => Some(Err(reason)),
            _ => None,
        })?;
        answer.map_err(|reason| anyhow!("the room declines: {reason}"))
    }

    /// Another ticket for somebody who has one.
    pub fn reissue(&mut self, allocation: Allocation, seat: Seat) -> Result<SeatTicket> {
        self.say(&FromRegistry::IssueTicket { allocation, account: account(seat) })?;
        let answer = self.expect("issue a ticket", |word| match word {
            ToRegistry::TicketIssued { ticket, .. } if ticket.seat == seat => Some(Ok(ticket)),
            ToRegistry::TicketDeclined { account: of, reason, .. } if of == account(seat) => {
                Some(Err(reason))
            }
            _ => None,
        })?;
        answer.map_err(|reason| anyhow!("the room issues no ticket: {reason}"))
    }

    /// Ends the match, and waits until the room is free.
    pub fn cancel(&mut self, allocation: Allocation) -> Result<()> {
        self.say(&FromRegistry::Cancel { allocation })?;
        self.expect("be free", |word| {
            matches!(word, ToRegistry::Free { allocation: of } if of == allocation).then_some(())
        })
    }

    /// Lets the room know that somebody is there. To be called now and then.
    pub fn attend(&mut self) -> Result<()> {
        while self.hear()?.is_some() {}
        if self.spoken.elapsed() > SPEAK_EVERY {
            self.spoken = Instant::now();
            self.socket.send(Message::Ping(Bytes::new())).context("a room is gone")?;
        }
        Ok(())
    }

    fn say(&mut self, word: &FromRegistry) -> Result<()> {
        self.spoken = Instant::now();
        self.socket.send(Message::text(encode(word))).context("a room is gone")
    }

    fn expect<T>(&mut self, what: &str, mut wanted: impl FnMut(ToRegistry) -> Option<T>) -> Result<T> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            interrupt::check()?;
            if let Some(found) = self.hear()?.and_then(&mut wanted) {
                return Ok(found);
            }
        }
        bail!("the room should {what}, it does not")
    }

    /// The next word, if there is one.
    fn hear(&mut self) -> Result<Option<ToRegistry>> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Some(decode(text.as_str(), ROOM_FRAME_BYTES)?)),
            Ok(Message::Close(_)) => bail!("a room has closed its line"),
            Ok(_) => Ok(None),
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) => Err(error).context("a room is gone"),
        }
    }
}

/// The match of this number, in the room of that.
pub fn allocation(number: u64, room: u64) -> Allocation {
    let match_id = MatchId(Uuid::from_u128(u128::from(number) << 16 | u128::from(room)));
    Allocation { match_id, epoch: Epoch(number) }
}

fn account(seat: Seat) -> AccountId {
    AccountId(Uuid::from_u128(0xFEE1_0000 + u128::from(seat.index())))
}
