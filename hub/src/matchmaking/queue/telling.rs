//! What those who wait are told, and when.

use std::time::{Duration, Instant};

use protocol::{hub::QueueNote, id::AccountId, key::ModeId, limits::MOST_SEATS};

use crate::matchmaking::queue::{Entry, Group, Queue, Standing};

/// Whoever waits is told again after this time at the latest, so that the estimate stays true.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Nobody is promised a match sooner than this.
const LEAST_ESTIMATE: Duration = Duration::from_secs(1);

/// What a group was told last.
#[derive(Clone, Copy)]
pub(super) struct Told {
    at: Instant,
    waiting: u32,
    note: QueueNote,
}

impl Queue {
    /// `room_free` says whether a room could take a match of this player's content and mode.
    pub fn standing(&self, account: AccountId, now: Instant, room_free: bool) -> Option<Standing> {
        let entry = self.entries.get(self.places.get(&account)?)?;
        Some(self.standing_of(entry, now, room_free))
    }

    /// Everybody who knows nothing yet, for whom something has changed, or whose estimate is old.
    pub(super) fn tell(&mut self, now: Instant) -> Vec<(AccountId, ModeId, Standing)> {
        let stale = |entry: &Entry| {
            entry.told.is_none_or(|told| {
                now.duration_since(told.at) >= TELL_EVERY
                    || told.waiting != self.waiting(&entry.group.mode)
                    || told.note != entry.note(self.room_free(&entry.group))
            })
        };
        let due = self
            .entries
            .iter()
            .filter(|(_, entry)| stale(entry))
            .map(|(place, entry)| (*place, self.standing_of(entry, now, self.room_free(&entry.group))))
            .collect::<Vec<_>>();
        let mut tell = Vec::new();
        for (place, standing) in due {
            let Some(entry) = self.entries.get_mut(&place) else { continue };
            entry.told = Some(Told { at: now, waiting: standing.waiting, note: standing.note });
            let here = entry.group.members.iter().filter(|member| member.away.is_none());
            tell.extend(here.map(|member| (member.account, entry.group.mode.clone(), standing)));
        }
        tell
    }

    fn standing_of(&self, entry: &Entry, now: Instant, room_free: bool) -> Standing {
        let group = &entry.group;
        let waited = now.duration_since(group.since);
        let note = entry.note(room_free);
        let estimate = match note {
            QueueNote::Room => None,
            QueueNote::Players => self.estimate(&group.mode, waited, room_free),
        };
        Standing { waiting: self.waiting(&group.mode), note, waited, estimate }
    }

    fn estimate(&self, mode: &ModeId, waited: Duration, room_free: bool) -> Option<Duration> {
        let usual = self.waits.get(mode).and_then(|waits| waits.left(waited));
        let bots_after = self.modes.get(mode).and_then(|mode| mode.bots_after).filter(|_| room_free);
        let bots = bots_after.map(|after| after.saturating_sub(waited));
        usual.into_iter().chain(bots).min().map(|left| left.max(LEAST_ESTIMATE))
    }

    fn room_free(&self, group: &Group) -> bool {
        let seats = self.modes.get(&group.mode).map_or(MOST_SEATS, |mode| mode.seats());
        self.full.get(&group.content).is_none_or(|least| seats < *least)
    }
}

impl Entry {
    fn note(&self, room_free: bool) -> QueueNote {
        if self.for_room && !room_free { QueueNote::Room } else { QueueNote::Players }
    }
}
