//! One player: joins, confirms, plays by staying away, comes back, and writes down what it was told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use protocol::{
    hub::{FromHub, ToHub},
    id::MatchId,
    key::ModeId,
};

use super::players::Orders;
use crate::prove::{
    dice::Dice,
    http::Account,
    visitor::{Build, Heard, Visitor},
};

const MODE: &str = "quick";
const LOOK: Duration = Duration::from_millis(200);

/// After this much silence a player who neither waits nor plays asks to play (again).
const ASK_EVERY: Duration = Duration::from_millis(800);

/// What one player knows.
#[derive(Default)]
pub struct Diary {
    pub whereabouts: Whereabouts,
    pub found: BTreeMap<MatchId, Found>,
    /// Amber's and Azure's points, as the player was told.
    pub ended: BTreeMap<MatchId, (u16, u16)>,
    pub voided: BTreeMap<MatchId, Void>,
    /// How often the hub has not known this player's session any more.
    pub sessions_lost: usize,
    /// What nobody should ever be told.
    pub complaints: Vec<String>,
    /// The longest time from one match to the next, hub deaths included.
    pub longest_wait: Duration,
    waits_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whereabouts {
    /// Without a socket.
    #[default]
    Away,
    Idle,
    Waiting,
    Playing(MatchId),
}

#[derive(Clone, Copy)]
pub struct Found {
    pub at: Instant,
    /// The UDP port of the room.
    pub room: u16,
}

pub struct Void {
    pub told: Instant,
    /// When the player was told that it waits, or more, after that.
    pub back: Option<Instant>,
}

pub struct Player {
    account: Account,
    build: Build,
    diary: Arc<Mutex<Diary>>,
    orders: Arc<Orders>,
    dice: Dice,
    asked: Instant,
}

impl Player {
    pub fn new(
        account: Account,
        build: Build,
        diary: Arc<Mutex<Diary>>,
        orders: Arc<Orders>,
        dice: Dice,
    ) -> Self {
        Self { account, build, diary, orders, dice, asked: Instant::now() }
    }

    /// Until sent home. A lost connection is dialled again at once, as a client does.
    pub fn play(mut self) {
        while !self.orders.go_home.load(Ordering::Relaxed) {
            if self.attend().is_ok() {
                return;
            }
            self.diary().whereabouts = Whereabouts::Away;
            sleep(self.dice.between(Duration::from_millis(50), Duration::from_millis(250)));
        }
    }

    fn attend(&mut self) -> Result<()> {
        self.expect_session()?;
        let mut socket = Visitor::signed_in(&self.account, &self.build)?;
        self.diary().whereabouts = Whereabouts::Idle;
        // A hub that knows of a match or a place in the queue says so by itself.
        self.asked = Instant::now();
        loop {
            if self.orders.go_home.load(Ordering::Relaxed) {
                socket.0.close();
                return Ok(());
            }
            match socket.hear(LOOK)? {
                Heard::Message(message) => self.heed(*message, &mut socket)?,
                Heard::Closed => bail!("the hub is gone"),
                Heard::Nothing => {}
            }
            self.ask(&mut socket)?;
        }
    }

    /// The session that began with the account must hold for ever.
    fn expect_session(&self) -> Result<()> {
        let answer = self.account.get("/api/v1/history")?;
        if answer.status == 401 {
            let mut diary = self.diary();
            diary.sessions_lost += 1;
            bail!("the session is lost");
        }
        Ok(())
    }

    fn heed(&mut self, message: FromHub, socket: &mut Visitor) -> Result<()> {
        match message {
            FromHub::Proposed { proposal, you_are_ready, .. } => {
                self.diary().waits();
                if !you_are_ready {
                    socket.say(&ToHub::Ready { proposal })?;
                }
            }
            FromHub::Queued { .. } => self.diary().waits(),
            FromHub::LeftQueue { .. } => self.diary().leaves(),
            FromHub::MatchFound { ticket } => {
                self.diary().finds(ticket.match_id, ticket.addresses.udp.port());
            }
            FromHub::MatchEnded { match_id, result, .. } => {
                self.diary().ends(match_id, (result.amber, result.azure));
                self.asked = Instant::now() - ASK_EVERY;
            }
            FromHub::MatchVoid { match_id, .. } => {
                self.diary().voids(match_id);
                self.asked = Instant::now();
            }
            FromHub::Refused { refusal } => bail!("refused: {refusal}"),
            _ => {}
        }
        Ok(())
    }

    /// Into the queue, or out of it.
    fn ask(&mut self, socket: &mut Visitor) -> Result<()> {
        let rests = self.orders.rest.load(Ordering::Relaxed);
        let whereabouts = self.diary().whereabouts;
        if self.asked.elapsed() < ASK_EVERY {
            return Ok(());
        }
        let word = match whereabouts {
            Whereabouts::Waiting if rests => ToHub::LeaveQueue {},
            Whereabouts::Idle if !rests => {
                ToHub::JoinQueue { mode: ModeId::try_from(MODE.to_owned()).map_err(anyhow::Error::msg)? }
            }
            _ => return Ok(()),
        };
        self.asked = Instant::now();
        socket.say(&word)
    }

    fn diary(&self) -> MutexGuard<'_, Diary> {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Diary {
    fn waits(&mut self) {
        let now = Instant::now();
        self.whereabouts = Whereabouts::Waiting;
        self.waits_since.get_or_insert(now);
        self.is_back(now);
    }

    fn leaves(&mut self) {
        self.whereabouts = Whereabouts::Idle;
        self.waits_since = None;
    }

    fn finds(&mut self, match_id: MatchId, room: u16) {
        let now = Instant::now();
        if self.ended.contains_key(&match_id) || self.voided.contains_key(&match_id) {
            self.complaints.push(format!("a ticket for {match_id}, which is over"));
        }
        if let Some(since) = self.waits_since.take() {
            self.longest_wait = self.longest_wait.max(now - since);
        }
        self.is_back(now);
        self.whereabouts = Whereabouts::Playing(match_id);
        self.found.entry(match_id).or_insert(Found { at: now, room });
    }

    fn ends(&mut self, match_id: MatchId, points: (u16, u16)) {
        self.whereabouts = Whereabouts::Idle;
        if self.voided.contains_key(&match_id) {
            self.complaints.push(format!("a result of {match_id}, which is void"));
        }
        if self.ended.insert(match_id, points).is_some() {
            self.complaints.push(format!("the result of {match_id} twice"));
        }
    }

    fn voids(&mut self, match_id: MatchId) {
        self.whereabouts = Whereabouts::Idle;
        if self.ended.contains_key(&match_id) {
            self.complaints.push(format!("that {match_id} is void, which has a result"));
        }
        self.voided.entry(match_id).or_insert(Void { told: Instant::now(), back: None });
    }

    fn is_back(&mut self, now: Instant) {
        for void in self.voided.values_mut() {
            void.back.get_or_insert(now);
        }
    }
}
