//! What waits to be sent on one socket.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that may wait; whoever reads slower than that is disconnected.
const CAPACITY: usize = 64;

/// Names one open socket for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(u64);

impl Link {
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The sending end; never waits.
pub struct Outbox<M> {
    sender: mpsc::Sender<M>,
    cut: CancellationToken,
}

/// The socket's end.
pub struct Pending<M> {
    pub receiver: mpsc::Receiver<M>,
    /// Cancelled when the outbox overflowed.
    pub cut: CancellationToken,
}

impl<M> Outbox<M> {
    pub fn new() -> (Self, Pending<M>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let cut = CancellationToken::new();
        (Self { sender, cut: cut.clone() }, Pending { receiver, cut })
    }

    pub fn put(&self, message: M) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(message) {
            self.cut.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_reader_is_cut_off() {
        let (outbox, pending) = Outbox::new();
        for number in 0..CAPACITY {
            outbox.put(number);
        }
        assert!(!pending.cut.is_cancelled());
        outbox.put(CAPACITY);
        assert!(pending.cut.is_cancelled());
    }
}
