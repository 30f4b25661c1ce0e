//! A whole system to be broken: database, hub, rooms, and players who never rest.

use std::{
    collections::BTreeSet,
    fs,
    net::{TcpListener, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use protocol::id::MatchId;

use super::{
    Binaries, content,
    database::Database,
    journal::Journal,
    players::{Players, Underway},
    room::Room,
};
use crate::{
    children::Echo,
    interrupt,
    keys::Keys,
    layout::Layout,
    prove::{
        dial::free_port,
        dice::Dice,
        hub::{Hub, SPEED},
        visitor::Build,
        wait::{Look, until},
    },
    scratch::Scratch,
    system::{HubFlags, RoomFlags},
};

const ROOMS: usize = 4;

/// More than the rooms can take at once, so that some always wait for a room.
const PLAYERS: usize = 10;

/// One against one, a bot soon for whoever is left over, everybody asked whether they are ready.
const MODE: &str = "(
    name: \"Quick play\",
    about: \"As many matches as possible.\",
    order: 0,
    team_size: 1,
    maps: [\"crossing\"],
    match_seconds: 5,
    bots_after_seconds: Some(1),
    ready_seconds: Some(5),
    fills_running: true,
    rating_window: 10000,
    rating_window_per_second: 0,
)
";

/// One for all rooms, as on a host.
const JOURNALS: &str = "journals";

/// The longest that anything may take to come to rest.
const REST: Duration = Duration::from_secs(60);

pub struct Stage<'a> {
    pub players: Players,
    pub rooms: Vec<Room<'a>>,
    pub hub: Hub<'a>,
    pub database: Database,
    pub dice: Dice,
    /// Matches whose room was killed or stopped while they were played.
    pub doomed: BTreeSet<MatchId>,
    folder: Scratch,
}

impl<'a> Stage<'a> {
    pub fn set(
        layout: &'a Layout,
        keys: &'a Keys,
        binaries: &Binaries,
        database: Database,
        mut dice: Dice,
    ) -> Result<Self> {
        let logs = layout.prove().join("crash").join(database.name().to_lowercase());
        if logs.exists() {
            fs::remove_dir_all(&logs)?;
        }
        fs::create_dir_all(&logs).with_context(|| format!("unable to create `{}`", logs.display()))?;
        let folder = Scratch::new("fogline-crash")?;
        let modes = folder.path().join("modes");
        fs::create_dir(&modes)?;
        fs::write(modes.join("quick.ron"), MODE)?;

        let content =
            content::of_rooms(keys, &binaries.room, folder.path(), Echo::append(&logs.join("room-0.log"))?)?;
        let flags = HubFlags {
            binary: binaries.hub.clone(),
            port: free_port(&mut dice, |port| TcpListener::bind(("127.0.0.1", port)).is_ok())?,
            database: database.url(),
            folder: folder.path().to_owned(),
            modes,
        };
        let hub = Hub::start(layout, keys, flags, &SPEED, logs.join("hub.log"))?;
        let mut rooms = Vec::new();
        for number in 1..=ROOMS {
            let flags = RoomFlags {
                binary: binaries.room.clone(),
                udp_port: free_port(&mut dice, |port| UdpSocket::bind(("127.0.0.1", port)).is_ok())?,
                journal: folder.path().join(JOURNALS),
            };
            let log = logs.join(format!("room-{number}.log"));
            let mut room = Room::new(keys, format!("room {number}"), flags, log);
            room.start(hub.address())?;
            rooms.push(room);
        }
        let build = Build { key: keys.challenge()?, content };
        let players = Players::enter(PLAYERS, hub.address(), &build, &mut dice)?;
        let mut stage = Self { players, rooms, hub, database, dice, doomed: BTreeSet::new(), folder };
        stage.wait_for_rooms()?;
        stage.wait_for_matches(1)?;
        Ok(stage)
    }

    /// An error if a process has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        interrupt::check()?;
        self.hub.check()?;
        self.rooms.iter_mut().try_for_each(Room::check)
    }

    /// Until every room is registered and well.
    pub fn wait_for_rooms(&mut self) -> Result<()> {
        until("every room to be there", REST, || {
            self.check()?;
            let rooms = match self.hub.rooms() {
                Ok(rooms) => rooms,
                // A hub that has just begun to serve may not have opened its admin port yet.
                Err(error) => return Ok(Look::Instead(format!("{error:#}"))),
            };
            let all = rooms.registered() == self.rooms.len() && rooms.suspect() == 0;
            Ok(if all { Look::Found(()) } else { Look::Instead(format!("{rooms:?}")) })
        })
    }

    /// Until at least so many matches are under way, as their players know.
    pub fn wait_for_matches(&mut self, count: usize) -> Result<Vec<Underway>> {
        until(&format!("{count} matches at once"), REST, || {
            self.check()?;
            let underway = self.players.underway();
            Ok(if underway.len() >= count {
                Look::Found(underway)
            } else {
                Look::Instead(format!("{} matches; {}", underway.len(), self.players.at_a_glance()))
            })
        })
    }

    pub fn journal(&self) -> Result<Journal> {
        Journal::read(&self.folder.path().join(JOURNALS))
    }

    /// Until no room waits for a receipt; how long that took.
    pub fn wait_for_receipts(&mut self, limit: Duration) -> Result<Duration> {
        let began = Instant::now();
        until("every result to be confirmed", limit, || {
            self.check()?;
            let waiting = self.journal()?.waiting;
            Ok(if waiting == 0 { Look::Found(()) } else { Look::Instead(format!("{waiting} wait")) })
        })?;
        Ok(began.elapsed())
    }

    pub fn voids(&self) -> Result<usize> {
        self.database.count("SELECT count(*) FROM matches WHERE state = 'void'")
    }

    pub fn results(&self) -> Result<usize> {
        self.database.count("SELECT count(*) FROM matches WHERE state = 'ended'")
    }

    /// Lets everything that is under way come to its end, and nothing new begin. Then nobody may be left
    /// in a match or in the queue.
    pub fn settle(&mut self) -> Result<()> {
        self.players.rest(true);
        until("everybody to come to rest", REST, || {
            self.check()?;
            let open = self.database.rows(
                "SELECT 'match', id FROM matches WHERE state = 'running' \
                 UNION ALL SELECT 'waits', account_id FROM queue_entries",
            )?;
            let waiting = self.journal()?.waiting;
            Ok(if open.is_empty() && waiting == 0 && self.players.idle() {
                Look::Found(())
            } else {
                let players = self.players.at_a_glance();
                Look::Instead(format!(
                    "{waiting} results wait, open {open:?}, {players}; {}",
                    self.hub.words()
                ))
            })
        })
    }

    /// After [`Self::settle`].
    pub fn go_on(&mut self) {
        self.players.rest(false);
    }
}

/// Fails what an experiment has no time left for.
pub fn in_time(end: Instant, done: usize, wanted: usize) -> Result<()> {
    ensure!(Instant::now() < end, "there was time for {done} of {wanted}");
    Ok(())
}
