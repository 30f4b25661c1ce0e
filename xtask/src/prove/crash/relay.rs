//! Stands between rooms and hub and carries whole messages: each twice, each late, in any order.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use tungstenite::{Error, Message, WebSocket};

use crate::prove::{
    dial::{self, HERE},
    dice::Dice,
};

const LOOK: Duration = Duration::from_millis(2);
const HANDSHAKE: Duration = Duration::from_secs(5);

/// First words, which open a connection and have nothing to be reordered with.
const OPENING: [&str; 3] = ["\"type\":\"register\"", "\"type\":\"registered\"", "\"type\":\"refused\""];

/// Dropping it cuts every connection.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    carried: AtomicUsize,
    repeated: AtomicUsize,
    overtaken: AtomicUsize,
}

/// Messages of both directions.
pub struct Counts {
    pub carried: usize,
    pub repeated: usize,
    /// Handed on after a later one.
    pub overtaken: usize,
}

impl Relay {
    pub const LONGEST_DELAY: Duration = Duration::from_millis(500);

    pub fn start(hub: SocketAddr, mut dice: Dice) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("unable to listen")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let ours = shared.clone();
        let thread = thread::spawn(move || {
            let mut lines = Vec::new();
            while !ours.over.load(Ordering::Relaxed) {
                if let Ok((stream, _)) = listener.accept() {
                    let (shared, dice) = (ours.clone(), dice.another());
                    lines.push(thread::spawn(move || {
                        // A broken line is a room's or the hub's to notice.
                        carry(stream, hub, dice, &shared).ok();
                    }));
                }
                sleep(Duration::from_millis(20));
            }
            for line in lines {
                line.join().ok();
            }
        });
        Ok(Self { address, shared, thread: Some(thread) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn counts(&self) -> Counts {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let Shared { carried, repeated, overtaken, .. } = &*self.shared;
        Counts { carried: count(carried), repeated: count(repeated), overtaken: count(overtaken) }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// One line, until an end of it closes.
fn carry(room: TcpStream, hub: SocketAddr, mut dice: Dice, shared: &Shared) -> Result<()> {
    room.set_nonblocking(false)?;
    room.set_nodelay(true)?;
    room.set_read_timeout(Some(HANDSHAKE))?;
    let mut room = tungstenite::accept(room).map_err(|error| anyhow!("no handshake: {error}"))?;
    let stream = dial::connect(HERE, hub)?;
    stream.set_read_timeout(Some(HANDSHAKE))?;
    let (mut hub, _response) = tungstenite::client(format!("ws://{hub}/socket/room"), stream)
        .map_err(|error| anyhow!("no handshake: {error}"))?;
    for socket in [&room, &hub] {
        socket.get_ref().set_read_timeout(Some(LOOK))?;
        socket.get_ref().set_write_timeout(Some(HANDSHAKE))?;
    }
    let mut up = Lane::new(dice.another());
    let mut down = Lane::new(dice.another());
    while !shared.over.load(Ordering::Relaxed) {
        up.take_from(&mut room, shared)?;
        down.take_from(&mut hub, shared)?;
        up.hand_to(&mut hub, shared)?;
        down.hand_to(&mut room, shared)?;
    }
    Ok(())
}

/// One direction.
struct Lane {
    dice: Dice,
    held: Vec<Held>,
    taken: usize,
    latest: usize,
}

struct Held {
    number: usize,
    due: Instant,
    text: String,
}

impl Lane {
    fn new(dice: Dice) -> Self {
        Self { dice, held: Vec::new(), taken: 0, latest: 0 }
    }

    fn take_from(&mut self, socket: &mut WebSocket<TcpStream>, shared: &Shared) -> Result<()> {
        match socket.read() {
            Ok(Message::Text(text)) => self.take(text.as_str(), Instant::now(), shared),
            Ok(Message::Close(_)) => bail!("closed"),
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn take(&mut self, text: &str, now: Instant, shared: &Shared) {
        self.taken += 1;
        shared.carried.fetch_add(1, Ordering::Relaxed);
        let opening = OPENING.iter().any(|opening| text.contains(opening));
        let copies = if opening { 1 } else { 2 };
        shared.repeated.fetch_add(copies - 1, Ordering::Relaxed);
        for _ in 0..copies {
            let delay = if opening {
                Duration::ZERO
            } else {
                self.dice.between(Duration::ZERO, Relay::LONGEST_DELAY)
            };
            self.held.push(Held { number: self.taken, due: now + delay, text: text.to_owned() });
        }
        self.held.sort_by_key(|held| held.due);
    }

    fn hand_to(&mut self, socket: &mut WebSocket<TcpStream>, shared: &Shared) -> Result<()> {
        let now = Instant::now();
        let due = self.held.iter().take_while(|held| held.due <= now).count();
        for held in self.held.drain(..due) {
            shared.overtaken.fetch_add(usize::from(held.number < self.latest), Ordering::Relaxed);
            self.latest = self.latest.max(held.number);
            socket.send(Message::text(held.text))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_held_twice_and_a_registration_once() {
        let (mut lane, shared) = (Lane::new(Dice::new(3)), Shared::default());
        let now = Instant::now();
        lane.take(r#"{"type":"register","protocol":2}"#, now, &shared);
        assert_eq!((lane.held.len(), lane.held[0].due), (1, now));
        for tick in 0..10 {
            lane.take(&format!(r#"{{"type":"heartbeat","tick":{tick}}}"#), now, &shared);
        }
        assert_eq!(lane.held.len(), 21);
        assert!(lane.held.iter().all(|held| held.due <= now + Relay::LONGEST_DELAY));
        assert!(!lane.held.is_sorted_by_key(|held| held.number), "some should overtake others");
    }
}
