//! A hub, a room, and people who play in it.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use protocol::{
    hub::{FromHub, ToHub},
    key::ModeId,
    ticket::Ticket,
};

use super::{Profile, gauge::Gauge};
use crate::{
    children::{Child, Echo},
    interrupt,
    keys::Keys,
    layout::Layout,
    prove::{
        client::{ANSWER, Client as _, wait_for_control, wait_for_screen},
        crash::content,
        dial::{HERE, free_port, machine},
        dice::Dice,
        headless::{Headless, Identity},
        http::Account,
        hub::Hub,
        visitor::{Build, Visitor},
        wait::{Look, until},
    },
    scratch::Scratch,
    system::{HubFlags, Output, RoomFlags},
};

/// Who plays from the beginning, and by which door. The match has six seats: one is the thief's, two are for
/// those who come later.
const PLAYERS: [&str; 3] = ["udp", "webtransport", "websocket"];

/// Long enough for everything that is done to one room.
const MODE: &str = "(
    name: \"Quick play\",
    about: \"A match that goes on while the room is attacked.\",
    order: 0,
    team_size: 3,
    maps: [\"crossing\"],
    match_seconds: 900,
    bots_after_seconds: Some(5),
    ready_seconds: None,
    fills_running: true,
    rating_window: 10000,
    rating_window_per_second: 0,
)
";

/// Everybody comes from this machine.
const FLAGS: [&str; 2] = ["--guest-per-hour=1000", "--sockets-per-address=1000"];

const PATIENCE: Duration = Duration::from_secs(60);
const NET: u8 = 40;

pub struct Binaries {
    pub hub: PathBuf,
    pub room: PathBuf,
    pub client: PathBuf,
}

pub struct Stage<'a> {
    pub dice: Dice,
    pub profile: Profile,
    pub quick: bool,
    players: Vec<Headless>,
    room: Child,
    hub: Hub<'a>,
    build: Build,
    client: PathBuf,
    output: Output,
    /// File with the address of the room's admin port.
    admin: PathBuf,
    thief: Option<Thief>,
    _folder: Scratch,
}

/// Somebody with a good ticket and no good will.
pub struct Thief {
    visitor: Visitor,
    pub ticket: Ticket,
}

impl<'a> Stage<'a> {
    /// Everybody who plays from the beginning drives already.
    pub fn set(
        layout: &'a Layout,
        keys: &'a Keys,
        binaries: &Binaries,
        profile: Profile,
        quick: bool,
        mut dice: Dice,
    ) -> Result<Self> {
        let logs = layout.prove().join("guard").join(profile.name());
        fs::create_dir_all(&logs).with_context(|| format!("unable to create `{}`", logs.display()))?;
        let folder = Scratch::new("fogline-guard")?;
        let modes = folder.path().join("modes");
        fs::create_dir(&modes)?;
        fs::write(modes.join("quick.ron"), MODE)?;
        let scout = Echo::append(&logs.join("room-0.log"))?;
        let content = content::of_rooms(keys, &binaries.room, folder.path(), scout)?;
        let hub_flags = HubFlags {
            binary: binaries.hub.clone(),
            port: free_port(&mut dice, |port| TcpListener::bind(("127.0.0.1", port)).is_ok())?,
            database: format!("sqlite://{}", folder.path().join("hub.sqlite").display()),
            folder: folder.path().to_owned(),
            modes,
        };
        let hub = Hub::start(layout, keys, hub_flags, &FLAGS, logs.join("hub.log"))?;
        let flags =
            RoomFlags { binary: binaries.room.clone(), udp_port: 0, journal: folder.path().join("journal") };
        let admin = folder.path().join("room-admin.addr");
        let mut command = flags.command(keys, hub.address())?;
        command.arg("--admin-addr-file").arg(&admin);
        let room = Child::spawn("room", command, Echo::append(&logs.join("room.log"))?)?;
        let mut stage = Self {
            dice,
            profile,
            quick,
            players: Vec::new(),
            room,
            hub,
            build: Build { key: keys.challenge()?, content },
            client: binaries.client.clone(),
            output: Output::Folder(logs),
            admin,
            thief: None,
            _folder: folder,
        };
        stage.wait_for_room()?;
        stage.begin()?;
        Ok(stage)
    }

    /// How much of something.
    pub fn count(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// An error if the hub or the room has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        interrupt::check()?;
        self.hub.check()?;
        self.room.check()
    }

    pub fn gauge(&self) -> Result<Gauge> {
        Gauge::read(&self.admin)
    }

    /// A mark in the room's log.
    pub fn mark(&self) -> usize {
        self.room.log().mark()
    }

    /// The room's words since `mark`.
    pub fn since(&self, mark: usize) -> Vec<String> {
        self.room.log().since(mark)
    }

    /// An error if one of those who played from the beginning has lost the tank, were it for a moment.
    pub fn expect_everybody(&mut self, mark: usize) -> Result<()> {
        let left = self.left(mark);
        ensure!(left.is_empty(), "{} players were dropped: {left:?}", left.len());
        for player in &mut self.players {
            let seat = player.state()?.and_then(|state| state.seat());
            ensure!(seat.is_some(), "{} has no tank any more", player.name());
        }
        Ok(())
    }

    /// A client in the lobby, which will play over this transport.
    pub fn visitor(&self, name: &str, transport: &'static str) -> Result<Headless> {
        let hub = self.hub.address();
        Headless::start_by(transport, name, &self.client, hub, &Identity::Guest, &self.output)
    }

    /// One of those who played from the beginning leaves, and comes back. How long that took, from *Play* to
    /// the tank.
    pub fn come_back(&mut self) -> Result<Duration> {
        let mark = self.mark();
        let player = self.players.last_mut().context("somebody should play")?;
        player.press_back()?;
        wait_for_screen(player, "lobby", ANSWER)?;
        let pressed = Instant::now();
        player.press_play()?;
        wait_for_control(player)?;
        let took = pressed.elapsed();
        player.tell("drive 1 0.3")?;
        let left = self.left(mark);
        ensure!(left.len() == 1, "more players than one have left: {left:?}");
        Ok(took)
    }

    /// Somebody who was given a seat in the match and never comes.
    pub fn thief(&mut self) -> Result<&mut Thief> {
        let thief = match self.thief.take() {
            Some(thief) => thief,
            None => self.hire()?,
        };
        Ok(self.thief.insert(thief))
    }

    fn hire(&self) -> Result<Thief> {
        let account = Account::guest_from(self.hub.address(), machine(NET, 1))?;
        let mut visitor = Visitor::signed_in(&account, &self.build)?;
        let mode = ModeId::try_from("quick".to_owned()).map_err(anyhow::Error::msg)?;
        visitor.say(&ToHub::JoinQueue { mode })?;
        let ticket = ticket(&mut visitor)?;
        Ok(Thief { visitor, ticket })
    }

    /// What the room has said since `mark` of players who were gone.
    fn left(&self, mark: usize) -> Vec<String> {
        self.since(mark).into_iter().filter(|line| line.contains("player left")).collect()
    }

    fn wait_for_room(&mut self) -> Result<()> {
        until("the room to be there", PATIENCE, || {
            self.check()?;
            Ok(match self.hub.rooms() {
                Ok(rooms) if rooms.registered() == 1 && self.admin.exists() => Look::Found(()),
                Ok(rooms) => Look::Instead(format!("{rooms:?}")),
                Err(error) => Look::Instead(format!("{error:#}")),
            })
        })
    }

    fn begin(&mut self) -> Result<()> {
        for (number, transport) in (1..).zip(PLAYERS) {
            let player = self.visitor(&format!("player {number}"), transport)?;
            self.players.push(player);
        }
        for player in &mut self.players {
            player.press_play()?;
        }
        for player in &mut self.players {
            wait_for_control(player)?;
            player.tell("drive 1 0.3")?;
        }
        Ok(())
    }
}

impl Thief {
    /// A ticket that has all its time before it.
    pub fn renew(&mut self) -> Result<()> {
        self.visitor.say(&ToHub::ReissueTicket { match_id: self.ticket.match_id })?;
        self.ticket = ticket(&mut self.visitor)?;
        Ok(())
    }

    /// A socket that sends to the room.
    pub fn socket(&self) -> Result<UdpSocket> {
        let socket = UdpSocket::bind((HERE, 0))?;
        socket.connect(self.ticket.addresses.udp)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

fn ticket(visitor: &mut Visitor) -> Result<Ticket> {
    visitor.expect("where to play", |message| match message {
        FromHub::MatchFound { ticket } => Some(ticket),
        _ => None,
    })
}
