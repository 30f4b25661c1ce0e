//! The queue of all modes: pure, stepped with the time it is told.
//!
//! Groups come in order: first those whose match came to nothing, then by how long they have waited.
//! A match is formed when both sides fill with people of about equal strength, or when somebody has
//! waited long enough for bots. Nobody loses the place while no room is free.

mod draft;
mod sides;
mod telling;
mod waits;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use protocol::{
    hub::QueueNote,
    id::{AccountId, PartyId, Seat, Team},
    key::{Content, ModeId},
    limits::MOST_SEATS,
};

use crate::matchmaking::{
    mode::Modes,
    queue::{
        draft::{Drawn, draw},
        telling::Told,
        waits::Waits,
    },
};

/// Everybody who waits. Each account waits at most once.
pub struct Queue {
    modes: Modes,
    grace: Duration,
    entries: BTreeMap<Place, Entry>,
    places: BTreeMap<AccountId, Place>,
    players: BTreeMap<ModeId, u32>,
    waits: BTreeMap<ModeId, Waits>,
    /// For which contents the last step found no room, and from how many seats on.
    full: BTreeMap<Content, u8>,
    arrivals: u64,
}

/// One who waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub account: AccountId,
    /// In points.
    pub rating: f64,
    /// Set while the player has no socket.
    pub away: Option<Instant>,
}

/// Players who queue as one and stay on one side: somebody alone, or a party.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// One to as many as a side of the mode has seats.
    pub members: Vec<Waiting>,
    pub party: Option<PartyId>,
    pub mode: ModeId,
    pub content: Content,
    pub since: Instant,
    /// Their match came to nothing: they come before all others.
    pub in_front: bool,
}

/// Who plays together. A side may be empty when bots fill it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineup {
    pub mode: ModeId,
    pub content: Content,
    pub amber: Vec<Group>,
    pub azure: Vec<Group>,
}

/// What somebody who waits may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Players who wait for the same mode, this one included.
    pub waiting: u32,
    pub note: QueueNote,
    pub waited: Duration,
    /// How much longer it will probably take; `None` when nobody can know.
    pub estimate: Option<Duration>,
}

/// What a step brought about.
#[derive(Debug, Default)]
pub struct Stepped {
    /// They have left the queue, and a room is reserved for each.
    pub formed: Vec<Lineup>,
    /// They have left the queue because somebody of the group was away for too long.
    pub gone: Vec<Group>,
    /// These are to be told.
    pub tell: Vec<(AccountId, ModeId, Standing)>,
}

/// Where a group stands; smaller ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    behind: bool,
    since: Instant,
    arrival: u64,
}

struct Entry {
    group: Group,
    told: Option<Told>,
    /// Whether the last step would have formed their match if a room had been free.
    for_room: bool,
}

impl Queue {
    /// `grace` is how long somebody without a socket keeps the place.
    pub fn new(modes: Modes, grace: Duration) -> Self {
        Self {
            modes,
            grace,
            entries: BTreeMap::new(),
            places: BTreeMap::new(),
            players: BTreeMap::new(),
            waits: BTreeMap::new(),
            full: BTreeMap::new(),
            arrivals: 0,
        }
    }

    /// `false` when a member waits already, when there is no such mode, or when the group does not fit
    /// on one side of it.
    pub fn join(&mut self, group: Group) -> bool {
        let sizes = self.modes.get(&group.mode).map(|mode| 1..=mode.team_size);
        let fits = sizes.is_some_and(|sizes| sizes.contains(&group.size()));
        if !fits || group.accounts().any(|account| self.holds(account)) {
            return false;
        }
        self.insert(group);
        true
    }

    /// Puts groups whose match came to nothing before all others; the time they have waited stays.
    /// A member who waits already is left out.
    pub fn put_back(&mut self, groups: Vec<Group>) {
        for mut group in groups {
            group.members.retain(|member| !self.places.contains_key(&member.account));
            if !group.members.is_empty() {
                group.in_front = true;
                self.insert(group);
            }
        }
    }

    /// Takes out the whole group of this player.
    pub fn leave(&mut self, account: AccountId) -> Option<Group> {
        let place = *self.places.get(&account)?;
        self.remove(place)
    }

    /// The player's socket is gone.
    pub fn away(&mut self, account: AccountId, now: Instant) {
        if let Some(member) = self.member(account) {
            member.away.get_or_insert(now);
        }
    }

    /// The player has a socket, perhaps a newer one, and the group plays with what that one has.
    pub fn back(&mut self, account: AccountId, content: &Content) {
        let Some(entry) = self.entry(account) else {
            return;
        };
        entry.told = None;
        for member in entry.group.members.iter_mut().filter(|member| member.account == account) {
            member.away = None;
        }
        entry.group.content = content.clone();
    }

    pub fn set_rating(&mut self, account: AccountId, rating: f64) {
        if let Some(member) = self.member(account) {
            member.rating = rating;
        }
    }

    pub fn holds(&self, account: AccountId) -> bool {
        self.places.contains_key(&account)
    }

    pub fn group_of(&self, account: AccountId) -> Option<&Group> {
        let place = self.places.get(&account)?;
        self.entries.get(place).map(|entry| &entry.group)
    }

    /// In the order they are considered.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.entries.values().map(|entry| &entry.group)
    }

    /// How many players wait, in all modes.
    pub fn count(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    /// How many players wait for this mode.
    pub fn waiting(&self, mode: &ModeId) -> u32 {
        self.players.get(mode).copied().unwrap_or(0)
    }

    /// Does what is due. `reserve` takes one free room of this content with at least so many seats, or
    /// says no.
    pub fn step(&mut self, now: Instant, reserve: &mut dyn FnMut(&Content, u8) -> bool) -> Stepped {
        let gone = self.take_gone(now);
        let groups = self.entries.iter().map(|(place, entry)| (*place, &entry.group));
        let draft = draw(&self.modes, groups, now, reserve);
        self.full = draft.full;
        for entry in self.entries.values_mut() {
            entry.for_room = false;
        }
        for place in draft.for_room {
            if let Some(entry) = self.entries.get_mut(&place) {
                entry.for_room = true;
            }
        }
        let formed = draft.matches.into_iter().map(|drawn| self.form(drawn, now)).collect();
        Stepped { formed, gone, tell: self.tell(now) }
    }

    fn take_gone(&mut self, now: Instant) -> Vec<Group> {
        let grace = self.grace;
        let left = |member: &Waiting| member.away.is_some_and(|since| now.duration_since(since) >= grace);
        let places = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.group.members.iter().any(left))
            .map(|(place, _)| *place)
            .collect::<Vec<_>>();
        places.into_iter().filter_map(|place| self.remove(place)).collect()
    }

    fn form(&mut self, drawn: Drawn, now: Instant) -> Lineup {
        let Drawn { mode, content, amber, azure } = drawn;
        let mut take = |places: Vec<Place>| {
            places.into_iter().filter_map(|place| self.remove(place)).collect::<Vec<_>>()
        };
        let lineup = Lineup { amber: take(amber), azure: take(azure), mode, content };
        let waits = self.waits.entry(lineup.mode.clone()).or_default();
        // Who was put back has waited through a whole match; that says nothing to others.
        for group in lineup.groups().filter(|group| !group.in_front) {
            waits.record(now.duration_since(group.since));
        }
        lineup
    }

    fn insert(&mut self, group: Group) {
        let place = Place { behind: !group.in_front, since: group.since, arrival: self.arrivals };
        self.arrivals += 1;
        for account in group.accounts() {
            self.places.insert(account, place);
        }
        *self.players.entry(group.mode.clone()).or_default() += u32::from(group.size());
        self.entries.insert(place, Entry { group, told: None, for_room: false });
    }

    fn remove(&mut self, place: Place) -> Option<Group> {
        let Entry { group, .. } = self.entries.remove(&place)?;
        for account in group.accounts() {
            self.places.remove(&account);
        }
        if let Some(players) = self.players.get_mut(&group.mode) {
            *players -= u32::from(group.size());
        }
        Some(group)
    }

    fn entry(&mut self, account: AccountId) -> Option<&mut Entry> {
        self.entries.get_mut(self.places.get(&account)?)
    }

    fn member(&mut self, account: AccountId) -> Option<&mut Waiting> {
        self.entry(account)?.group.members.iter_mut().find(|member| member.account == account)
    }
}

impl Group {
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.members.iter().map(|member| member.account)
    }

    /// Whether every member has a socket.
    pub fn present(&self) -> bool {
        self.members.iter().all(|member| member.away.is_none())
    }

    /// How many members it has.
    pub fn size(&self) -> u8 {
        u8::try_from(self.members.len()).unwrap_or(u8::MAX)
    }
}

impl Lineup {
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.amber.iter().chain(&self.azure)
    }

    pub fn into_groups(self) -> Vec<Group> {
        self.amber.into_iter().chain(self.azure).collect()
    }

    pub fn accounts(&self) -> Vec<AccountId> {
        self.groups().flat_map(Group::accounts).collect()
    }

    /// Amber gets the even seats and azure the odd ones, each from the lowest on.
    pub fn seats(&self) -> Vec<(AccountId, Seat)> {
        let sides = [(Team::Amber, &self.amber), (Team::Azure, &self.azure)];
        sides
            .into_iter()
            .flat_map(|(team, groups)| {
                groups.iter().flat_map(Group::accounts).zip(Seat::of_team(team, MOST_SEATS))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
