//! Datagrams that are on their way.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// A datagram and where it goes.
pub struct Letter {
    pub bytes: Vec<u8>,
    pub from: Arc<UdpSocket>,
    pub to: SocketAddr,
}

#[derive(Default)]
pub struct Post {
    bag: Mutex<Bag>,
    news: Condvar,
}

#[derive(Default)]
struct Bag {
    /// By the time when they are due, then as they came.
    letters: BTreeMap<(Instant, u64), Letter>,
    taken: u64,
    closed: bool,
}

impl Post {
    pub fn take(&self, letter: Letter, due: Instant) {
        let mut bag = self.bag();
        bag.taken += 1;
        let number = bag.taken;
        bag.letters.insert((due, number), letter);
        self.news.notify_one();
    }

    /// Hands everything on when it is due, until the post is closed.
    pub fn deliver(&self) {
        let mut bag = self.bag();
        while !bag.closed {
            let now = Instant::now();
            bag = match bag.letters.first_key_value().map(|((due, _), _)| *due) {
                None => self.news.wait(bag).unwrap_or_else(PoisonError::into_inner),
                Some(due) if due > now => {
                    let waited = self.news.wait_timeout(bag, due - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    let letter = bag.letters.pop_first();
                    drop(bag);
                    if let Some((_, letter)) = letter {
                        letter.send();
                    }
                    self.bag()
                }
            };
        }
    }

    /// What is on its way is lost.
    pub fn close(&self) {
        self.bag().closed = true;
        self.news.notify_all();
    }

    fn bag(&self) -> MutexGuard<'_, Bag> {
        self.bag.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Letter {
    /// What the system does not take is lost, as it might be on the way.
    pub fn send(&self) {
        self.from.send_to(&self.bytes, self.to).ok();
    }
}
