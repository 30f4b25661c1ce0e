//! Random walks: what must hold whatever happens.

use std::collections::BTreeSet;

use super::*;

const WALKS: u64 = 200;
const TURNS: u64 = 100;

/// A linear congruential generator, so that a failure is told by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }
}

struct Walk {
    seed: u64,
    dice: Dice,
    queue: Queue,
    now: Instant,
    /// Who should wait, and with whom.
    waiting: BTreeMap<AccountId, Vec<AccountId>>,
    playing: Vec<Lineup>,
    newcomers: u128,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            dice: Dice(seed),
            queue: queue(),
            now: Instant::now(),
            waiting: BTreeMap::new(),
            playing: Vec::new(),
            newcomers: 0,
        }
    }

    fn turn(&mut self) {
        match self.dice.roll(10) {
            0..=4 => self.join(),
            5 => self.leave(),
            6 => {
                if let Some(account) = self.anybody() {
                    self.queue.away(account, self.now);
                }
            }
            7 => {
                if let Some(account) = self.anybody() {
                    let content = self.content();
                    self.queue.back(account, &content);
                }
            }
            8 => self.put_back(),
            _ => {}
        }
        self.now += Duration::from_millis(self.dice.roll(2500));
        let rooms = self.dice.pick(&[0, 1, 2, u64::MAX]);
        self.step(rooms);
    }

    fn join(&mut self) {
        let (mode, team_size) = self.dice.pick(&[("quick", 3), ("duel", 1), ("squad", 4)]);
        let size = 1 + u128::from(self.dice.roll(team_size));
        let mut group = group(mode, self.newcomers..self.newcomers + size, self.now);
        self.newcomers += size;
        group.content = self.content();
        for member in &mut group.members {
            member.rating = self.dice.roll(2000) as f64;
        }
        self.expect(&group);
        assert!(self.queue.join(group), "seed {}: a newcomer should be let in", self.seed);
    }

    fn leave(&mut self) {
        if let Some(account) = self.anybody() {
            let group = self.queue.leave(account).expect("somebody who waits should be able to leave");
            self.has_left(&group);
        }
    }

    fn put_back(&mut self) {
        if let Some(lineup) = self.playing.pop() {
            let groups = lineup.into_groups();
            for group in &groups {
                self.expect(group);
            }
            self.queue.put_back(groups);
        }
    }

    fn step(&mut self, rooms: u64) {
        let mut left = rooms;
        let stepped = self.queue.step(self.now, &mut |_, _| {
            let free = left > 0;
            left -= u64::from(free);
            free
        });
        assert_eq!(rooms - left, stepped.formed.len() as u64, "seed {}: one room a match", self.seed);
        for group in &stepped.gone {
            assert!(!group.present(), "seed {}: who is here does not leave", self.seed);
            self.has_left(group);
        }
        for lineup in &stepped.formed {
            self.is_a_match(lineup);
            for group in lineup.groups() {
                self.has_left(group);
            }
        }
        self.playing.extend(stepped.formed);
        let expected = self.waiting.keys().copied().collect::<BTreeSet<_>>();
        let waiting = self.queue.groups().flat_map(Group::accounts).collect::<BTreeSet<_>>();
        assert_eq!(waiting, expected, "seed {}: nobody is lost", self.seed);
        assert_eq!(self.queue.count() as usize, expected.len(), "seed {}: counted once each", self.seed);
        if left > 0 {
            self.nobody_is_starved();
        }
    }

    fn nobody_is_starved(&mut self) {
        let due = |group: &&Group| {
            group.mode.as_str() == "quick" && group.present() && self.now - group.since >= BOTS_AFTER
        };
        let starved = self.queue.groups().find(due).cloned();
        assert_eq!(starved, None, "seed {}: a room was free", self.seed);
        let more = with_rooms(&mut self.queue, self.now).formed;
        assert!(more.is_empty(), "seed {}: all that could be formed should have been", self.seed);
    }

    fn is_a_match(&self, lineup: &Lineup) {
        let seed = self.seed;
        let players = |side: &[Group]| side.iter().map(|group| group.members.len()).sum::<usize>();
        let (amber, azure) = (players(&lineup.amber), players(&lineup.azure));
        match lineup.mode.as_str() {
            "quick" => assert!(amber <= 3 && azure <= 3, "seed {seed}: {amber} against {azure}"),
            "duel" => assert_eq!((amber, azure), (1, 1), "seed {seed}: sides should be full"),
            _ => assert_eq!((amber, azure), (4, 4), "seed {seed}: sides should be full"),
        }
        for group in lineup.groups() {
            assert!(group.present(), "seed {seed}: who is away does not play");
            assert_eq!((&group.mode, &group.content), (&lineup.mode, &lineup.content), "seed {seed}");
        }
        let seats = lineup.seats().into_iter().map(|(_, seat)| seat).collect::<BTreeSet<_>>();
        assert_eq!(seats.len(), amber + azure, "seed {seed}: everybody has a seat");
    }

    fn expect(&mut self, group: &Group) {
        let together = group.accounts().collect::<Vec<_>>();
        for account in group.accounts() {
            self.waiting.insert(account, together.clone());
        }
    }

    /// A group leaves as it came, and once.
    fn has_left(&mut self, group: &Group) {
        let together = group.accounts().collect::<Vec<_>>();
        for account in group.accounts() {
            assert_eq!(self.waiting.remove(&account).as_ref(), Some(&together), "seed {}", self.seed);
        }
    }

    fn anybody(&mut self) -> Option<AccountId> {
        let waiting = self.waiting.keys().copied().collect::<Vec<_>>();
        (!waiting.is_empty()).then(|| self.dice.pick(&waiting))
    }

    fn content(&mut self) -> Content {
        Content::of(if self.dice.roll(4) == 0 { b"old" } else { b"new" })
    }
}

#[test]
fn nobody_is_lost_doubled_split_or_starved() {
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..TURNS {
            walk.turn();
        }
        // Whoever is here at last meets whoever else is, however far their ratings are apart.
        walk.now += Duration::from_secs(3600);
        walk.step(u64::MAX);
        let mut alone = BTreeSet::new();
        for group in walk.queue.groups().filter(|group| group.mode.as_str() == "duel") {
            assert!(alone.insert(group.content.clone()), "seed {seed}: two wait for a duel");
        }
    }
}
