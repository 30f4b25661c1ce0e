//! The queue: pure, stepped with the time it is told.
//!
//! A match is formed when a full one waits, or when the first of those waiting has waited long
//! enough for bots to fill it. Nobody loses the place while no room is free.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::{hub::QueueNote, id::AccountId, limits::SEATS};

/// Who waits, in order.
pub struct Queue {
    waiting: VecDeque<Waiting>,
    bots_after: Duration,
    grace: Duration,
    told: Option<(u32, QueueNote)>,
}

struct Waiting {
    account: AccountId,
    since: Instant,
    /// Set while the player has no socket.
    away: Option<Instant>,
}

/// What the queue decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// These play together, in seat order. They have left the queue.
    Form(Vec<AccountId>),
    /// Everybody who waits is to know this.
    Tell { waiting: u32, note: QueueNote },
}

impl Queue {
    pub fn new(bots_after: Duration, grace: Duration) -> Self {
        Self { waiting: VecDeque::new(), bots_after, grace, told: None }
    }

    /// `false` when the player waits already.
    pub fn join(&mut self, account: AccountId, now: Instant) -> bool {
        if self.holds(account) {
            return false;
        }
        self.waiting.push_back(Waiting { account, since: now, away: None });
        self.told = None;
        true
    }

    /// `false` when the player did not wait.
    pub fn leave(&mut self, account: AccountId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.account != account);
        self.waiting.len() < before
    }

    /// Puts players whose match came to nothing before all others, in the given order.
    pub fn put_in_front(&mut self, accounts: &[AccountId], now: Instant) {
        for account in accounts.iter().rev() {
            self.leave(*account);
            self.waiting.push_front(Waiting { account: *account, since: now, away: None });
        }
        self.told = None;
    }

    /// The player's socket is gone.
    pub fn away(&mut self, account: AccountId, now: Instant) {
        if let Some(waiting) = self.find(account) {
            waiting.away.get_or_insert(now);
        }
    }

    /// The player's socket is back.
    pub fn back(&mut self, account: AccountId) {
        if let Some(waiting) = self.find(account) {
            waiting.away = None;
            self.told = None;
        }
    }

    pub fn holds(&self, account: AccountId) -> bool {
        self.waiting.iter().any(|waiting| waiting.account == account)
    }

    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.waiting.iter().map(|waiting| waiting.account)
    }

    /// How many wait.
    pub fn count(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    /// Decides what is due, given how many rooms could take a match.
    pub fn step(&mut self, now: Instant, free_rooms: usize) -> Vec<Decision> {
        let grace = self.grace;
        self.waiting.retain(|waiting| waiting.away.is_none_or(|since| now.duration_since(since) < grace));
        let mut decisions = Vec::new();
        let mut free_rooms = free_rooms;
        while free_rooms > 0 && self.due(now) {
            decisions.push(Decision::Form(self.take_match()));
            free_rooms -= 1;
        }
        let note = self.note(now);
        let state = (self.count(), note);
        if self.told != Some(state) {
            self.told = Some(state);
            decisions.push(Decision::Tell { waiting: state.0, note });
        }
        decisions
    }

    /// What those who wait wait for.
    pub fn note(&self, now: Instant) -> QueueNote {
        if self.due(now) { QueueNote::Room } else { QueueNote::Players }
    }

    fn due(&self, now: Instant) -> bool {
        let mut present = self.waiting.iter().filter(|waiting| waiting.away.is_none());
        let Some(first) = present.next() else {
            return false;
        };
        now.duration_since(first.since) >= self.bots_after || present.count() + 1 >= usize::from(SEATS)
    }

    fn take_match(&mut self) -> Vec<AccountId> {
        let players = self
            .waiting
            .iter()
            .filter(|waiting| waiting.away.is_none())
            .map(|waiting| waiting.account)
            .take(usize::from(SEATS))
            .collect::<Vec<_>>();
        self.waiting.retain(|waiting| !players.contains(&waiting.account));
        players
    }

    fn find(&mut self, account: AccountId) -> Option<&mut Waiting> {
        self.waiting.iter_mut().find(|waiting| waiting.account == account)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const BOTS_AFTER: Duration = Duration::from_secs(5);
    const GRACE: Duration = Duration::from_secs(10);

    fn queue() -> Queue {
        Queue::new(BOTS_AFTER, GRACE)
    }

    fn accounts(count: usize) -> Vec<AccountId> {
        (0..count).map(|_| AccountId(Uuid::now_v7())).collect()
    }

    fn formed(decisions: Vec<Decision>) -> Vec<Vec<AccountId>> {
        decisions
            .into_iter()
            .filter_map(|decision| match decision {
                Decision::Form(players) => Some(players),
                Decision::Tell { .. } => None,
            })
            .collect()
    }

    #[test]
    fn six_play_at_once_in_the_order_they_came() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(7));
        for player in &players {
            assert!(queue.join(*player, now));
        }
        assert_eq!(formed(queue.step(now, 3)), [players[..6].to_vec()]);
        assert_eq!(queue.accounts().collect::<Vec<_>>(), players[6..]);
    }

    #[test]
    fn bots_fill_up_when_the_first_has_waited_long_enough() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(2));
        queue.join(players[0], now);
        queue.join(players[1], now + Duration::from_secs(4));
        assert!(formed(queue.step(now + Duration::from_secs(4), 1)).is_empty());
        assert_eq!(formed(queue.step(now + BOTS_AFTER, 1)), [players]);
    }

    #[test]
    fn everybody_keeps_the_place_while_no_room_is_free() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(2));
        queue.join(players[0], now);
        queue.join(players[1], now);
        let later = now + BOTS_AFTER;
        let told = Decision::Tell { waiting: 2, note: QueueNote::Room };
        assert_eq!(queue.step(later, 0), [told]);
        assert!(queue.step(later, 0).is_empty(), "what did not change is not told again");
        assert_eq!(formed(queue.step(later, 1)), [players]);
    }

    #[test]
    fn nobody_waits_twice() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(1));
        assert!(queue.join(players[0], now));
        assert!(!queue.join(players[0], now));
        assert_eq!(queue.count(), 1);
    }

    #[test]
    fn the_innocent_go_to_the_front() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(3));
        queue.join(players[2], now);
        queue.put_in_front(&players[..2], now);
        assert_eq!(queue.accounts().collect::<Vec<_>>(), players);
    }

    #[test]
    fn who_is_away_too_long_has_left() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(2));
        queue.join(players[0], now);
        queue.join(players[1], now);
        queue.away(players[0], now);
        queue.away(players[1], now);
        queue.back(players[1]);
        queue.step(now + GRACE, 0);
        assert_eq!(queue.accounts().collect::<Vec<_>>(), players[1..]);
    }

    #[test]
    fn who_is_away_gets_no_seat_but_keeps_the_place() {
        let (mut queue, now, players) = (queue(), Instant::now(), accounts(2));
        queue.join(players[0], now);
        queue.join(players[1], now);
        queue.away(players[0], now + Duration::from_secs(1));
        assert_eq!(formed(queue.step(now + BOTS_AFTER, 1)), [players[1..].to_vec()]);
        assert!(queue.holds(players[0]));
    }
}
