//! Rooms that stay from profile to profile, and the party that plays in them.

use std::{
    fs,
    net::UdpSocket,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use protocol::{id::Seat, registry::Allocation, ticket::Ticket};

use super::{
    Binaries,
    crew::{Crew, Felt, News},
    hub::{Hub, Line, allocation},
};
use crate::{
    children::{Child, Echo},
    interrupt,
    keys::Keys,
    layout::Layout,
    prove::dice::Dice,
    scratch::Scratch,
    system::RoomFlags,
    weather::{Counts, Relay, Weather},
};

/// Two rooms with four players each: the map has no places for eight in one.
const ROOMS: u64 = 2;
const TEAM_SIZE: u8 = 2;

const LOOK: Duration = Duration::from_millis(50);

pub struct Stage<'a> {
    binaries: &'a Binaries,
    rooms: Vec<Room>,
    dice: Dice,
    logs: PathBuf,
    /// Matches so far.
    matches: u64,
    _folder: Scratch,
}

struct Room {
    process: Child,
    line: Line,
    /// The last match in it.
    played: Option<Allocation>,
}

impl<'a> Stage<'a> {
    pub fn set(layout: &Layout, keys: &Keys, binaries: &'a Binaries, dice: Dice) -> Result<Self> {
        let logs = layout.prove().join("feel");
        fs::create_dir_all(&logs).with_context(|| format!("unable to create `{}`", logs.display()))?;
        let folder = Scratch::new("fogline-feel")?;
        let hub = Hub::open()?;
        let mut rooms = Vec::new();
        for number in 1..=ROOMS {
            let flags = RoomFlags {
                binary: binaries.room.clone(),
                udp_port: 0,
                journal: folder.path().join("journals"),
            };
            let log = Echo::append(&logs.join(format!("room-{number}.log")))?;
            let name = format!("room {number}");
            let mut process = Child::spawn(&name, flags.command(keys, hub.address()?)?, log)?;
            let line = hub.welcome(&mut process, u128::from(number))?;
            rooms.push(Room { process, line, played: None });
        }
        Ok(Self { binaries, rooms, dice, logs, matches: 0, _folder: folder })
    }

    /// A fresh match in every room, and players on their way to it through this weather, who will play for
    /// so many seconds.
    pub fn gather(&mut self, weather: Weather, seconds: u64) -> Result<Party<'_>> {
        self.matches += 1;
        let mut tables = Vec::new();
        let mut tickets = Vec::new();
        for (number, room) in self.rooms.iter_mut().enumerate() {
            if let Some(before) = room.played.take() {
                room.line.cancel(before)?;
            }
            let allocation = allocation(self.matches, number as u64);
            let public = UdpSocket::bind("127.0.0.1:0").context("unable to open a relay")?;
            let inside = room.line.addresses()?.udp;
            let relay = Relay::open(public, inside, weather, self.dice.another())?;
            let table = Table { allocation, relay };
            room.played = Some(allocation);
            for ticket in room.line.prepare(allocation, TEAM_SIZE)? {
                tickets.push(table.ticket(room, ticket.seat, ticket.token)?);
            }
            tables.push(table);
        }
        let log = Echo::append(&self.logs.join("crew.log"))?;
        let crew = Crew::start(&self.binaries.crew, seconds, self.dice.throw() >> 1, &tickets, log)?;
        Ok(Party { rooms: &mut self.rooms, tables, crew })
    }
}

/// One match of the party.
struct Table {
    allocation: Allocation,
    relay: Relay,
}

impl Table {
    /// Leads to the room by way of the relay.
    fn ticket(&self, room: &Room, seat: Seat, token: String) -> Result<Ticket> {
        let mut addresses = room.line.addresses()?.clone();
        addresses.udp = self.relay.address();
        Ok(Ticket { match_id: self.allocation.match_id, seat, token, addresses })
    }
}

pub struct Party<'s> {
    rooms: &'s mut [Room],
    tables: Vec<Table>,
    crew: Crew,
}

impl Party<'_> {
    /// Waits until it is over. Meanwhile `step` is called 20 times a second.
    pub fn play(&mut self, mut step: impl FnMut(&mut Self) -> Result<()>) -> Result<Felt> {
        loop {
            if let Some(felt) = self.crew.felt()? {
                return Ok(felt);
            }
            for room in self.rooms.iter_mut() {
                room.process.check()?;
                room.line.attend()?;
            }
            step(self)?;
            interrupt::pause(LOOK)?;
        }
    }

    /// What the players have said since the last time.
    pub fn news(&mut self) -> Vec<News> {
        self.crew.news()
    }

    /// Since when everybody plays.
    pub fn playing(&self) -> Option<Instant> {
        self.crew.playing()
    }

    pub fn cut(&self, cut: bool) {
        for table in &self.tables {
            table.relay.cut(cut);
        }
    }

    pub fn rebind(&self) -> Result<()> {
        self.tables.iter().try_for_each(|table| table.relay.rebind())
    }

    /// Gives somebody another ticket.
    pub fn readmit(&mut self, match_id: &str, seat: Seat) -> Result<()> {
        let mut tables = self.tables.iter().zip(self.rooms.iter_mut());
        let (table, room) = tables
            .find(|(table, _)| table.allocation.match_id.to_string() == match_id)
            .context("a player should be in one of the matches")?;
        let reissued = room.line.reissue(table.allocation, seat)?;
        let ticket = table.ticket(room, seat, reissued.token)?;
        self.crew.hand(&ticket)
    }

    /// Packets of all players.
    pub fn counts(&self) -> Counts {
        let counts = self.tables.iter().map(|table| table.relay.counts());
        counts.fold(Counts { carried: 0, lost: 0 }, |sum, counts| Counts {
            carried: sum.carried + counts.carried,
            lost: sum.lost + counts.lost,
        })
    }
}
