//! Drawing matches from those who wait.
//!
//! Every group that is still there is, in order, the first of a match, and others join it in order. So
//! the group that comes before all others is in every match that it could be in.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use protocol::{
    key::{Content, ModeId},
    limits::MOST_SEATS,
};

use crate::matchmaking::{
    mode::{Mode, Modes},
    queue::{Group, Place, sides::divide},
};

/// Seats on one side, at most.
const SIDE: usize = MOST_SEATS as usize / 2;

#[derive(Default)]
pub(super) struct Draft {
    pub matches: Vec<Drawn>,
    /// They would play if a room was free.
    pub for_room: Vec<Place>,
    /// For which contents no room was free, and from how many seats on.
    pub full: BTreeMap<Content, u8>,
}

pub(super) struct Drawn {
    pub mode: ModeId,
    pub content: Content,
    pub amber: Vec<Place>,
    pub azure: Vec<Place>,
}

/// `groups` come in order. `reserve` is asked for one room a match; where it says no, it is not asked
/// again for as many seats.
pub(super) fn draw<'a>(
    modes: &'a Modes,
    groups: impl Iterator<Item = (Place, &'a Group)>,
    now: Instant,
    reserve: &mut dyn FnMut(&Content, u8) -> bool,
) -> Draft {
    let mut pools: Vec<Pool<'a>> = Vec::new();
    let mut known = BTreeMap::new();
    let mut order = Vec::new();
    for (place, group) in groups.filter(|(_, group)| group.present()) {
        let Some(mode) = modes.get(&group.mode) else { continue };
        let pool = *known.entry((&group.mode, &group.content)).or_insert_with(|| {
            pools.push(Pool::new(mode, &group.content));
            pools.len() - 1
        });
        order.push((pool, pools[pool].add(Candidate::new(place, group, now))));
    }
    let mut draft = Draft::default();
    for (pool, first) in order {
        let pool = &mut pools[pool];
        let Some(drawn) = pool.draw(first) else { continue };
        let seats = pool.mode.seats();
        let full = draft.full.get(pool.content).is_some_and(|least| *least <= seats);
        if !full && reserve(pool.content, seats) {
            draft.matches.push(pool.seat(&drawn));
        } else {
            let least = draft.full.entry(pool.content.clone()).or_insert(seats);
            *least = seats.min(*least);
            draft.for_room.extend(drawn.into_iter().map(|index| pool.candidates[index].place));
        }
    }
    draft
}

/// Those who could meet: one mode, one content.
struct Pool<'a> {
    mode: &'a Mode,
    content: &'a Content,
    candidates: Vec<Candidate>,
    undrawn: Undrawn,
}

struct Candidate {
    place: Place,
    size: u8,
    ratings: f64,
    waited: Duration,
}

/// Which candidates are left. Each entry leads to the next one that is; the last leads to itself.
struct Undrawn(Vec<usize>);

/// How so many players on either side were first reached: by adding this candidate.
#[derive(Clone, Copy)]
struct Added {
    candidate: usize,
    to: (usize, usize),
}

/// By players on one side and on the other.
type Reached = [[Option<Added>; SIDE + 1]; SIDE + 1];

impl<'a> Pool<'a> {
    fn new(mode: &'a Mode, content: &'a Content) -> Self {
        Self { mode, content, candidates: Vec::new(), undrawn: Undrawn(vec![0]) }
    }

    fn add(&mut self, candidate: Candidate) -> usize {
        self.candidates.push(candidate);
        self.undrawn.0.push(self.candidates.len());
        self.candidates.len() - 1
    }

    /// The match that is due with this candidate, whom it takes out of the pool in order.
    fn draw(&mut self, first: usize) -> Option<Vec<usize>> {
        if !self.undrawn.holds(first) {
            return None;
        }
        let mut drawn = match self.fill(first) {
            Some(drawn) => drawn,
            None if self.bots_are_due(first) => self.gather(first),
            None => return None,
        };
        drawn.sort_unstable();
        for index in &drawn {
            self.undrawn.take(*index);
        }
        Some(drawn)
    }

    /// Two full sides of groups within the rating window, found with the fewest candidates.
    ///
    /// What is remembered is only which pairs of head counts can be reached, and how it was done
    /// first. A group of a size that reached nothing new is skipped until another size has.
    fn fill(&mut self, first: usize) -> Option<Vec<usize>> {
        let side = usize::from(self.mode.team_size);
        let mut reached: Reached = [[None; SIDE + 1]; SIDE + 1];
        let mut useful = [true; SIDE + 1];
        reached[usize::from(self.candidates[first].size)][0] = Some(Added { candidate: first, to: (0, 0) });
        let mut index = self.undrawn.at_or_after(0);
        while reached[side][side].is_none() {
            let size = usize::from(self.candidates.get(index)?.size);
            if index != first && useful[size] && self.are_even(first, index) {
                if reach(&mut reached, side, size, index) {
                    useful = [true; SIDE + 1];
                } else {
                    useful[size] = false;
                }
            }
            index = self.undrawn.at_or_after(index + 1);
        }
        let mut drawn = Vec::new();
        let mut players = (side, side);
        while let Some(added) = reached[players.0][players.1] {
            drawn.push(added.candidate);
            players = added.to;
        }
        Some(drawn)
    }

    /// Everybody who fits, in order: people before bots, whatever their rating.
    fn gather(&mut self, first: usize) -> Vec<usize> {
        let side = self.mode.team_size;
        let mut drawn = vec![first];
        let mut players = self.candidates[first].size;
        // A bit for every number of players that one side can have, the other having the rest.
        let mut can_have = 1_u32 << players;
        let mut index = self.undrawn.at_or_after(0);
        while players < self.mode.seats() {
            let Some(candidate) = self.candidates.get(index) else { break };
            let total = players + candidate.size;
            let allowed = (1_u32 << (side + 1)) - (1_u32 << total.saturating_sub(side).min(side + 1));
            let with = (can_have | (can_have << candidate.size)) & allowed;
            if index != first && with != 0 {
                drawn.push(index);
                players = total;
                can_have = with;
            }
            index = self.undrawn.at_or_after(index + 1);
        }
        drawn
    }

    fn bots_are_due(&self, first: usize) -> bool {
        self.mode.bots_after.is_some_and(|after| self.candidates[first].waited >= after)
    }

    fn are_even(&self, first: usize, other: usize) -> bool {
        let (first, other) = (&self.candidates[first], &self.candidates[other]);
        let waited = first.waited.max(other.waited).as_secs_f64();
        let window = self.mode.rating_window + self.mode.rating_window_per_second * waited;
        (first.rating() - other.rating()).abs() <= window
    }

    fn seat(&self, drawn: &[usize]) -> Drawn {
        let candidates = drawn.iter().map(|index| &self.candidates[*index]).collect::<Vec<_>>();
        let weights =
            candidates.iter().map(|candidate| (candidate.size, candidate.ratings)).collect::<Vec<_>>();
        let amber =
            divide(&weights, self.mode.team_size).expect("groups drawn together should fit on two sides");
        let on = |side: bool| -> Vec<Place> {
            let standing = candidates.iter().zip(&amber).filter(|(_, amber)| **amber == side);
            standing.map(|(candidate, _)| candidate.place).collect()
        };
        Drawn { mode: self.mode.id.clone(), content: self.content.clone(), amber: on(true), azure: on(false) }
    }
}

impl Candidate {
    fn new(place: Place, group: &Group, now: Instant) -> Self {
        Self {
            place,
            size: group.size(),
            ratings: group.members.iter().map(|member| member.rating).sum(),
            waited: now.duration_since(group.since),
        }
    }

    fn rating(&self) -> f64 {
        self.ratings / f64::from(self.size)
    }
}

impl Undrawn {
    fn holds(&self, index: usize) -> bool {
        self.0[index] == index
    }

    fn take(&mut self, index: usize) {
        self.0[index] = index + 1;
    }

    /// The first one left at or after this; the number of all when there is none.
    fn at_or_after(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }
}

/// Adds one group to everything reached so far, on either side; `false` when that reaches nothing new.
fn reach(reached: &mut Reached, side: usize, size: usize, candidate: usize) -> bool {
    let mut news = false;
    // From the largest down, so that the group is not added to what it has just reached.
    for one in (0..=side).rev() {
        for other in (0..=side).rev() {
            if reached[one][other].is_none() {
                continue;
            }
            for (a, b) in [(one + size, other), (one, other + size)] {
                if a <= side && b <= side && reached[a][b].is_none() {
                    reached[a][b] = Some(Added { candidate, to: (one, other) });
                    news = true;
                }
            }
        }
    }
    news
}
