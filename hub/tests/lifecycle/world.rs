//! Everything around the state machine: the database, the wires, and a die.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use diesel::Connection as _;
use hub::{
    account::store::{Account, AccountRow},
    clock::Now,
    config::Timings,
    lobby::{
        deed::{Deed, Done},
        hall::{Effect, Hall, Input},
        memory::Memory,
    },
    matches::store::{self as matches, Settlement},
    matchmaking::{
        mode::{Mode, Modes},
        store as queue,
    },
    secret::TokenHash,
    socket::outbox::Link,
    store::connection::AnyConnection,
};
use protocol::{
    hub::{FromHub, ToHub},
    id::AccountId,
    key::{MapId, ModeId},
    rating::RatingChange,
    refusal::Refusal,
    registry::{Allocation, FromRegistry, ToRegistry},
    result::MatchResult,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use uuid::Builder;

use crate::{
    check,
    player::{Player, Seen},
    room::Room,
};

const PLAYERS: usize = 7;
const ROOMS: usize = 3;

/// Where a walk keeps its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    Memory,
    File,
}

pub struct World {
    pub players: Vec<Player>,
    pub rooms: Vec<Room>,
    pub hall: Hall,
    pub connection: AnyConnection,
    /// Every result that a room wrote into its journal.
    pub written: BTreeMap<String, (Allocation, MatchResult)>,
    /// What the hub recorded, in order.
    pub recorded: Vec<(Allocation, MatchResult, Vec<(AccountId, RatingChange)>)>,
    pub restarts: u64,
    pub faults: u64,
    /// Whom a change concerns that was written down and whose answer is lost.
    unheard: BTreeSet<AccountId>,
    deeds: VecDeque<Deed>,
    finished: VecDeque<Done>,
    die: StdRng,
    now: Now,
    file: Option<PathBuf>,
}

fn timings() -> Timings {
    Timings {
        queue_grace: Duration::from_secs(10),
        prepare: Duration::from_secs(3),
        room_rest: Duration::from_secs(5),
        room_return: Duration::from_secs(3),
        room_suspect: Duration::from_secs(3),
        room_silence: Duration::from_secs(10),
        restart_return: Duration::from_secs(15),
        ..Timings::default()
    }
}

fn modes() -> Modes {
    let mode = |id: &str, team_size, bots_after, fills_running| Mode {
        id: ModeId::try_from(id.to_owned()).expect("the mode should be named well"),
        name: id.to_owned(),
        about: "For walks.".to_owned(),
        order: 0,
        team_size,
        maps: vec![MapId::try_from("crossing".to_owned()).expect("the map should be named well")],
        match_seconds: 120,
        bots_after,
        ready: Some(Duration::from_secs(10)),
        fills_running,
        rating_window: 150.0,
        rating_window_per_second: 40.0,
    };
    let quick = mode("quick", 3, Some(Duration::from_secs(5)), true);
    let duel = mode("duel", 1, None, false);
    Modes::new(vec![quick, duel]).expect("the modes should be good")
}

fn mode(id: &str) -> ModeId {
    ModeId::try_from(id.to_owned()).expect("the mode should be named well")
}

impl World {
    pub fn new(seed: u64, storage: Storage) -> Self {
        let mut die = StdRng::seed_from_u64(seed);
        let file = (storage == Storage::File)
            .then(|| std::env::temp_dir().join(format!("fogline-walk-{}-{seed}.db", std::process::id())));
        let mut connection = match &file {
            Some(path) => connect(&path.display().to_string()),
            None => connect(":memory:"),
        };
        let now = Now { at: Instant::now() + Duration::from_secs(86_400), unix_ms: 1_800_000_000_000 };
        let players = (0..PLAYERS)
            .map(|number| {
                let bytes: [u8; 10] = die.random();
                let id = Builder::from_unix_timestamp_millis(1_700_000_000_000, &bytes).into_uuid();
                Player::new(AccountId(id), number)
            })
            .collect::<Vec<_>>();
        for player in &players {
            let account = Account { id: player.account, name: player.name.clone(), guest: true };
            AccountRow::new(&account, None, now.unix_ms)
                .insert(&mut connection)
                .expect("an account should be made");
        }
        let hall = open(&mut connection, &mut die, now);
        Self {
            players,
            rooms: (0..ROOMS).map(|_| Room::new()).collect(),
            hall,
            connection,
            written: BTreeMap::new(),
            recorded: Vec::new(),
            restarts: 0,
            faults: 0,
            unheard: BTreeSet::new(),
            deeds: VecDeque::new(),
            finished: VecDeque::new(),
            die,
            now,
            file,
        }
    }

    /// One thing happens.
    pub fn step(&mut self) {
        match self.die.random_range(0..1000) {
            0..=249 => self.pass_time(600),
            250..=279 => self.pass_time(4_000),
            280..=479 => self.player_acts(),
            480..=719 => self.room_acts(),
            720..=859 => self.database_works(),
            860..=979 => self.deliver(),
            980..=992 => self.fault(),
            993..=995 => self.operator_acts(),
            _ => self.restart(),
        }
    }

    /// No more faults: everybody is back, and what is due happens.
    pub fn come_to_rest(&mut self) {
        for room in &mut self.rooms {
            room.hangs = false;
        }
        for _ in 0..600 {
            for number in 0..self.players.len() {
                if self.players[number].link.is_none() {
                    self.sign_in(number);
                }
                self.confirm(number);
            }
            for number in 0..self.rooms.len() {
                self.replace_drained(number);
                if self.rooms[number].link.is_none() {
                    self.register(number);
                }
                for _ in 0..8 {
                    self.rooms[number].read(&mut self.die);
                    self.room_speaks(number);
                }
                self.rooms[number].repeat();
                self.room_speaks(number);
            }
            if self.die.random_range(0..4) == 0 {
                for number in 0..self.rooms.len() {
                    self.finish(number);
                }
            }
            while !self.deeds.is_empty() || !self.finished.is_empty() {
                self.database_works();
                self.deliver();
            }
            self.pass_time(900);
            let waiting = self.players.iter().any(|player| player.seen == Seen::Waiting);
            let busy = self.rooms.iter().any(|room| room.playing.is_some() || !room.journal.is_empty());
            let written = self.deeds.is_empty()
                && self.finished.is_empty()
                && queue::waiting(&mut self.connection).is_ok_and(|waiting| waiting.is_empty());
            let over = matches::running(&mut self.connection).is_ok_and(|running| running.is_empty());
            if !waiting && !busy && written && over {
                return;
            }
            self.leave_what_needs_an_opponent();
        }
    }

    /// A duel waits for a second player as long as it takes; nobody else may.
    fn leave_what_needs_an_opponent(&mut self) {
        if self.die.random_range(0..12) != 0 {
            return;
        }
        for number in 0..self.players.len() {
            let alone = matches::running(&mut self.connection).is_ok_and(|running| running.is_empty());
            let duel = self.hall_mode(number) == Some(mode("duel"));
            if alone
                && duel
                && let Some(link) = self.players[number].link
            {
                self.tell_hall(Input::ClientSaid { link, message: ToHub::LeaveQueue {} });
            }
        }
    }

    fn hall_mode(&mut self, number: usize) -> Option<ModeId> {
        let account = self.players[number].account;
        queue::waiting(&mut self.connection)
            .expect("who waits should be read")
            .into_iter()
            .find(|(entry, _)| entry.account == account)
            .map(|(entry, _)| entry.mode)
    }

    fn pass_time(&mut self, most: u64) {
        let mut left = self.die.random_range(1..=most);
        while left > 0 {
            let millis = left.min(500);
            left -= millis;
            self.now.at += Duration::from_millis(millis);
            self.now.unix_ms += i64::try_from(millis).expect("a step should be short");
            let effects = self.hall.step(self.now);
            self.carry_out(effects);
        }
    }

    fn player_acts(&mut self) {
        let number = self.die.random_range(0..self.players.len());
        let Some(link) = self.players[number].link else {
            return self.sign_in(number);
        };
        let message = match self.die.random_range(0..20) {
            0..=8 => ToHub::JoinQueue { mode: mode("quick") },
            9..=10 => ToHub::JoinQueue { mode: mode("duel") },
            11 => ToHub::LeaveQueue {},
            12 => ToHub::CreateParty {},
            13..=14 => {
                let code = self.players.iter().find_map(|player| player.code.clone());
                match code {
                    Some(code) => ToHub::JoinParty { code },
                    None => return,
                }
            }
            15 => ToHub::LeaveParty {},
            16 => return self.sign_in(number),
            17 => return self.hang_up(number),
            _ => return self.confirm(number),
        };
        self.tell_hall(Input::ClientSaid { link, message });
    }

    fn confirm(&mut self, number: usize) {
        let player = &mut self.players[number];
        if let (Some(link), Some(proposal)) = (player.link, player.proposal.take()) {
            self.tell_hall(Input::ClientSaid { link, message: ToHub::Ready { proposal } });
        }
    }

    fn sign_in(&mut self, number: usize) {
        let link = Link::next();
        let player = &mut self.players[number];
        player.cut();
        player.link = Some(link);
        player.seen = Seen::Lobby;
        let rating =
            matches::skill(&mut self.connection, player.account).expect("the rating should be read").points();
        let entrant = self.players[number].entrant(rating);
        self.tell_hall(Input::SignIn { link, entrant });
    }

    fn hang_up(&mut self, number: usize) {
        if let Some(link) = self.players[number].link {
            self.players[number].cut();
            self.tell_hall(Input::ClientLeft { link });
        }
    }

    fn room_acts(&mut self) {
        let number = self.die.random_range(0..self.rooms.len());
        self.replace_drained(number);
        if self.rooms[number].link.is_none() {
            return self.register(number);
        }
        match self.die.random_range(0..8) {
            0..=4 => {
                self.rooms[number].read(&mut self.die);
                self.room_speaks(number);
            }
            5..=6 => {
                self.rooms[number].repeat();
                self.room_speaks(number);
            }
            _ => self.finish(number),
        }
    }

    fn finish(&mut self, number: usize) {
        if let Some((allocation, result)) = self.rooms[number].finish(&mut self.die) {
            self.written.insert(format!("{allocation:?}"), (allocation, result));
            self.rooms[number].repeat();
            self.room_speaks(number);
        }
    }

    /// Says what it has to say; now and then twice.
    fn room_speaks(&mut self, number: usize) {
        let Some(link) = self.rooms[number].link else {
            return;
        };
        while let Some(message) = self.rooms[number].outbox.pop_front() {
            if self.die.random_range(0..20) == 0 {
                self.tell_hall(Input::RoomSaid { link, message: message.clone() });
            }
            let told = message == ToRegistry::Draining {};
            self.tell_hall(Input::RoomSaid { link, message });
            // What the hub has answered may have cut the line.
            let room = &mut self.rooms[number];
            room.told |= told && room.link == Some(link);
        }
    }

    fn register(&mut self, number: usize) {
        if self.rooms[number].hangs {
            return;
        }
        let link = Link::next();
        self.rooms[number].link = Some(link);
        let registration = self.rooms[number].registration();
        self.tell_hall(Input::RoomRegistered { link, registration });
    }

    /// Ends somebody's sessions, bans somebody for a moment, or drains a room, by the hub or by a signal.
    fn operator_acts(&mut self) {
        let number = self.die.random_range(0..self.players.len());
        let Player { account, ref name, .. } = self.players[number];
        let session = TokenHash::of(name.as_str());
        match self.die.random_range(0..4) {
            0 => self.tell_hall(Input::EndSession { session }),
            1 => self.tell_hall(Input::EndAccount { account, why: Refusal::SessionEnded }),
            2 => {
                let room = number % self.rooms.len();
                self.rooms[room].drain();
                self.room_speaks(room);
            }
            _ => {
                let rooms = self.hall.overview(self.now).rooms_listed;
                if let Some(listed) = rooms.get(number % rooms.len().max(1)) {
                    self.tell_hall(Input::DrainRoom { room: listed.id });
                }
            }
        }
    }

    /// A room that has drained ends, and its host starts another.
    fn replace_drained(&mut self, number: usize) {
        let link = self.rooms[number].link;
        if self.rooms[number].has_drained() {
            self.rooms[number].die();
            if let Some(link) = link {
                self.tell_hall(Input::RoomLeft { link });
            }
        }
    }

    fn fault(&mut self) {
        self.faults += 1;
        let number = self.die.random_range(0..self.rooms.len());
        let link = self.rooms[number].link;
        match self.die.random_range(0..4) {
            0 => self.rooms[number].die(),
            1 => self.rooms[number].cut(),
            2 => return self.rooms[number].hangs = true,
            _ => return self.rooms[number].hangs = false,
        }
        if let Some(link) = link {
            self.tell_hall(Input::RoomLeft { link });
        }
    }

    /// `kill -9` of the hub: of what it had decided, the database has seen only a beginning.
    fn restart(&mut self) {
        self.restarts += 1;
        let done = self.die.random_range(0..=self.deeds.len());
        for _ in 0..done {
            self.database_works();
        }
        self.deeds.clear();
        for done in std::mem::take(&mut self.finished) {
            self.not_heard(&done);
        }
        check::at_restart(self);
        for player in &mut self.players {
            player.cut();
        }
        for room in &mut self.rooms {
            room.cut();
        }
        if let Some(path) = &self.file {
            self.connection = connect(&path.display().to_string());
        }
        self.now.at += Duration::from_millis(700);
        self.now.unix_ms += 700;
        self.hall = open(&mut self.connection, &mut self.die, self.now);
    }

    /// Of what was written down the hub knows nothing, nor do its players.
    fn not_heard(&mut self, done: &Done) {
        match done {
            Done::Dequeued { accounts, .. } => self.unheard.extend(accounts),
            Done::Settled { allocation, .. } => {
                let ended = matches::detail(&mut self.connection, allocation.match_id);
                if let Some(ended) = ended.expect("a match should be read") {
                    self.unheard.extend(ended.seats.iter().filter_map(|seat| seat.account));
                }
            }
            _ => {}
        }
    }

    /// Whoever is among them may have been told something else than what is written down. A restart
    /// settles that.
    pub fn take_unheard(&mut self) -> BTreeSet<AccountId> {
        std::mem::take(&mut self.unheard)
    }

    /// The next deed is done, or fails and leaves nothing behind, or is done and its answer is lost.
    fn database_works(&mut self) {
        let Some(deed) = self.deeds.pop_front() else {
            return;
        };
        let chance = self.die.random_range(0..50);
        if chance < 2 {
            self.finished.push_back(Done::Failed(deed));
            return;
        }
        let (now, asked) = (self.now.unix_ms, deed.clone());
        let done = self
            .connection
            .transaction(|connection| deed.perform(connection, now))
            .expect("a deed should be possible");
        if let Done::Settled { allocation, result, settlement: Settlement::Recorded(changes), .. } = &done {
            self.recorded.push((*allocation, result.clone(), changes.clone()));
        }
        if chance == 2 {
            self.not_heard(&done);
            self.finished.push_back(Done::Failed(asked));
        } else {
            self.finished.push_back(done);
        }
    }

    fn deliver(&mut self) {
        if let Some(done) = self.finished.pop_front() {
            self.tell_hall(Input::Done(done));
        }
    }

    fn tell_hall(&mut self, input: Input) {
        let effects = self.hall.take(input, self.now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Player { link, message } => {
                    let refused = matches!(message, FromHub::Refused { .. });
                    let Some(player) = self.players.iter_mut().find(|player| player.link == Some(link))
                    else {
                        continue;
                    };
                    player.inbox.push_back(message);
                    player.read();
                    if refused {
                        self.tell_hall(Input::ClientLeft { link });
                    }
                }
                Effect::Room { link, message } => {
                    if let Some(room) = self.rooms.iter_mut().find(|room| room.link == Some(link)) {
                        let match_for_it = matches!(message, FromRegistry::Prepare { .. });
                        assert!(!(room.told && match_for_it), "a room that drains was given a match");
                        room.inbox.push_back(message);
                    }
                }
                Effect::Write(deed) => self.deeds.push_back(deed),
                Effect::RoomLost(_) => {}
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(path) = &self.file {
            for end in ["", "-wal", "-shm"] {
                fs::remove_file(format!("{}{end}", path.display())).ok();
            }
        }
    }
}

fn connect(path: &str) -> AnyConnection {
    hub::store::connect(&format!("sqlite://{path}")).expect("the database should open")
}

fn open(connection: &mut AnyConnection, die: &mut StdRng, now: Now) -> Hall {
    let memory = connection.transaction(Memory::recall).expect("what was going on should be read");
    Hall::new(memory, modes(), timings(), StdRng::from_seed(die.random()), now)
}
