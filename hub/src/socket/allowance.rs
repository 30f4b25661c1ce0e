//! What an account may say on its socket. A new socket brings no new allowance.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use protocol::{hub::ToHub, id::AccountId};

use crate::socket::rate::Rate;

const MESSAGE_BURST: u32 = 20;
const MESSAGES_PER_SECOND: u32 = 10;
const CHAT_BURST: u32 = 5;
const CHATS_PER_SECOND: u32 = 1;

/// Whatever the database or a room has to work for.
const ACT_BURST: u32 = 10;
const ACTS_PER_SECOND: u32 = 2;

/// Accounts that are remembered before those who have been quiet are forgotten.
const REMEMBERED: usize = 1000;

/// The allowances of all accounts. Cheap to clone.
#[derive(Clone, Default)]
pub struct Allowances(Arc<Mutex<HashMap<AccountId, Allowance>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// The message is not done.
    Decline,
    /// The socket ends.
    Refuse,
}

struct Allowance {
    messages: Rate,
    chats: Rate,
    acts: Rate,
}

impl Allowances {
    pub fn judge(&self, account: AccountId, message: &ToHub, now: Instant) -> Verdict {
        let mut all = self.of(account, now);
        let allowance = all.entry(account).or_insert_with(|| Allowance::full(now));
        if !allowance.messages.take(now) {
            return Verdict::Refuse;
        }
        let passes = match message {
            ToHub::Chat { .. } => allowance.chats.take(now),
            ToHub::Ready { .. } => true,
            _ => allowance.acts.take(now),
        };
        if passes { Verdict::Pass } else { Verdict::Decline }
    }

    /// For a frame that says nothing: a ping, or an answer to one. `false` when it is too much.
    pub fn sign(&self, account: AccountId, now: Instant) -> bool {
        let mut all = self.of(account, now);
        all.entry(account).or_insert_with(|| Allowance::full(now)).messages.take(now)
    }

    fn of(&self, account: AccountId, now: Instant) -> MutexGuard<'_, HashMap<AccountId, Allowance>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED && !all.contains_key(&account) {
            all.retain(|_, allowance| !allowance.is_full(now));
        }
        all
    }
}

impl Allowance {
    fn full(now: Instant) -> Self {
        Self {
            messages: Rate::new(MESSAGE_BURST, MESSAGES_PER_SECOND, now),
            chats: Rate::new(CHAT_BURST, CHATS_PER_SECOND, now),
            acts: Rate::new(ACT_BURST, ACTS_PER_SECOND, now),
        }
    }

    fn is_full(&self, now: Instant) -> bool {
        [&self.messages, &self.chats, &self.acts].iter().all(|rate| rate.is_full(now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::text::ChatText;
    use uuid::Uuid;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    fn chat() -> ToHub {
        ToHub::Chat { text: ChatText::new("hello").expect("the line should be good") }
    }

    #[test]
    fn chat_too_fast_is_declined_and_a_flood_is_refused() {
        let (all, now) = (Allowances::default(), Instant::now());
        let verdicts = (0..=MESSAGE_BURST).map(|_| all.judge(account(1), &chat(), now)).collect::<Vec<_>>();
        assert_eq!(verdicts[4], Verdict::Pass);
        assert_eq!(verdicts[5], Verdict::Decline);
        assert_eq!(verdicts[19], Verdict::Decline);
        assert_eq!(verdicts[20], Verdict::Refuse);
        assert_eq!(all.judge(account(2), &chat(), now), Verdict::Pass, "others have their own");
    }

    #[test]
    fn only_the_quiet_are_forgotten() {
        let (all, now) = (Allowances::default(), Instant::now());
        for number in 0..REMEMBERED as u128 {
            assert!(all.sign(account(number), now));
        }
        let later = now + Duration::from_secs(60);
        while all.sign(account(0), later) {}
        assert!(all.sign(account(u128::MAX), later));
        assert!(!all.sign(account(0), later), "whoever has just spoken is remembered");
        assert_eq!(all.0.lock().expect("the lock should be free").len(), 2);
    }
}
