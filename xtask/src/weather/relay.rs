//! Carries datagrams between players and one port of a room, as the weather has it.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use super::{
    Weather,
    post::{Letter, Post},
};
use crate::prove::dice::Dice;

/// The longest datagram there is.
const LONGEST: usize = 65_535;

/// How often a thread that waits for datagrams looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// A player who has sent nothing for so long is gone, and so is the lane.
const SILENCE: Duration = Duration::from_secs(30);

/// Dropping it cuts everybody off.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    room: SocketAddr,
    weather: Weather,
    /// What players send to.
    public: Arc<UdpSocket>,
    lanes: Mutex<Lanes>,
    post: Post,
    over: AtomicBool,
    cut: AtomicBool,
    carried: AtomicUsize,
    lost: AtomicUsize,
}

struct Lanes {
    /// By the player's address.
    open: HashMap<SocketAddr, Lane>,
    dice: Dice,
}

/// One player's way to the room.
struct Lane {
    /// What the room hears from.
    socket: Arc<UdpSocket>,
    dice: Dice,
    /// When the player has last sent something.
    heard: Instant,
}

/// Datagrams of both directions.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub carried: usize,
    pub lost: usize,
}

impl Relay {
    /// Takes what comes to `public` to `room`, and the answers back.
    pub fn open(public: UdpSocket, room: SocketAddr, weather: Weather, dice: Dice) -> Result<Self> {
        public.set_read_timeout(Some(LOOK))?;
        let address = public.local_addr()?;
        let shared = Arc::new(Shared {
            room,
            weather,
            public: Arc::new(public),
            lanes: Mutex::new(Lanes { open: HashMap::new(), dice }),
            post: Post::default(),
            over: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            carried: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        });
        let (up, post) = (shared.clone(), shared.clone());
        let threads = vec![thread::spawn(move || up.take_up()), thread::spawn(move || post.post.deliver())];
        Ok(Self { address, shared, threads })
    }

    /// Where players reach the room now.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Nothing gets through while it is cut.
    pub fn cut(&self, cut: bool) {
        self.shared.cut.store(cut, Ordering::Relaxed);
    }

    /// From now on every player's datagrams come to the room from another port, as from a router that has
    /// forgotten them.
    pub fn rebind(&self) -> Result<()> {
        let mut lanes = self.shared.lanes();
        let players: Vec<_> = lanes.open.keys().copied().collect();
        players.into_iter().try_for_each(|player| self.shared.open(&mut lanes, player))
    }

    pub fn counts(&self) -> Counts {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        Counts { carried: count(&self.shared.carried), lost: count(&self.shared.lost) }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.shared.post.close();
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

impl Shared {
    /// From players to the room.
    fn take_up(self: Arc<Self>) {
        let mut buffer = vec![0; LONGEST];
        while !self.over.load(Ordering::Relaxed) {
            let Ok((length, player)) = self.public.recv_from(&mut buffer) else { continue };
            let mut lanes = self.lanes();
            if !lanes.open.contains_key(&player) && self.open(&mut lanes, player).is_err() {
                continue;
            }
            let Some(lane) = lanes.open.get_mut(&player) else { continue };
            lane.heard = Instant::now();
            let (from, delays) = (lane.socket.clone(), self.fate(&mut lane.dice));
            drop(lanes);
            self.send(&buffer[..length], &from, self.room, delays);
        }
    }

    /// From the room to one player, while the lane has this socket.
    fn take_down(self: Arc<Self>, player: SocketAddr, socket: Arc<UdpSocket>, mut dice: Dice) {
        let mut buffer = vec![0; LONGEST];
        while !self.over.load(Ordering::Relaxed) {
            let received = socket.recv_from(&mut buffer);
            if !self.keeps(player, &socket, Instant::now()) {
                return;
            }
            let Ok((length, _room)) = received else { continue };
            let delays = self.fate(&mut dice);
            self.send(&buffer[..length], &self.public, player, delays);
        }
    }

    /// Whether the player's lane still has this socket; it is closed if the player is gone.
    fn keeps(&self, player: SocketAddr, socket: &Arc<UdpSocket>, now: Instant) -> bool {
        let mut lanes = self.lanes();
        let Some(lane) = lanes.open.get(&player).filter(|lane| Arc::ptr_eq(&lane.socket, socket)) else {
            return false;
        };
        let here = now.saturating_duration_since(lane.heard) < SILENCE;
        if !here {
            lanes.open.remove(&player);
        }
        here
    }

    /// Opens a player's lane, or opens it anew.
    fn open(self: &Arc<Self>, lanes: &mut Lanes, player: SocketAddr) -> Result<()> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("unable to open a lane")?;
        socket.set_read_timeout(Some(LOOK))?;
        // Then nobody but the room can answer on it.
        socket.connect(self.room)?;
        let socket = Arc::new(socket);
        let lane = Lane { socket: socket.clone(), dice: lanes.dice.another(), heard: Instant::now() };
        lanes.open.insert(player, lane);
        let (shared, dice) = (self.clone(), lanes.dice.another());
        thread::spawn(move || shared.take_down(player, socket, dice));
        Ok(())
    }

    fn fate(&self, dice: &mut Dice) -> Vec<Duration> {
        let delays: Vec<_> = self.weather.fate(dice).collect();
        if self.cut.load(Ordering::Relaxed) { Vec::new() } else { delays }
    }

    fn send(&self, bytes: &[u8], from: &Arc<UdpSocket>, to: SocketAddr, delays: Vec<Duration>) {
        let counter = if delays.is_empty() { &self.lost } else { &self.carried };
        counter.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        for delay in delays {
            let letter = Letter { bytes: bytes.to_vec(), from: from.clone(), to };
            if delay.is_zero() {
                letter.send();
            } else {
                self.post.take(letter, now + delay);
            }
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(10);

    fn socket() -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port should be free");
        socket.set_read_timeout(Some(PATIENCE)).expect("the time is not zero");
        socket
    }

    fn relay(room: &UdpSocket, weather: Weather) -> Relay {
        let room = room.local_addr().expect("the room should have an address");
        Relay::open(socket(), room, weather, Dice::new(1)).expect("the relay should open")
    }

    /// What comes next, and from where.
    fn hear(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 64];
        let (length, from) = socket.recv_from(&mut buffer).expect("a datagram should come");
        (buffer[..length].to_vec(), from)
    }

    fn say(socket: &UdpSocket, words: &[u8], to: SocketAddr) {
        socket.send_to(words, to).expect("a datagram should be sent");
    }

    #[test]
    fn answers_find_the_player_who_asked() {
        let (room, ann, bob) = (socket(), socket(), socket());
        let relay = relay(&room, Weather { lag: Duration::from_millis(2), ..Weather::default() });
        let mut lanes = Vec::new();
        for (player, name) in [(&ann, b"ann"), (&bob, b"bob")] {
            say(player, name, relay.address());
            let (words, lane) = hear(&room);
            assert_eq!(words, name);
            lanes.push((lane, words));
        }
        for (lane, words) in &lanes {
            say(&room, words, *lane);
        }
        assert_eq!((hear(&ann).0, hear(&bob).0), (b"ann".to_vec(), b"bob".to_vec()));
        assert_ne!(lanes[0].0, lanes[1].0, "the room tells players apart by their ports");
        assert_eq!((relay.counts().carried, relay.counts().lost), (4, 0));
    }

    #[test]
    fn player_comes_from_another_port_after_a_rebind() {
        let (room, player) = (socket(), socket());
        let relay = relay(&room, Weather::default());
        say(&player, b"before", relay.address());
        let (_, before) = hear(&room);
        relay.rebind().expect("a port should be free");
        say(&player, b"after", relay.address());
        let (words, after) = hear(&room);
        assert_eq!(words, b"after");
        assert_ne!(before, after);
        say(&room, b"late", before);
        say(&room, b"right", after);
        assert_eq!(hear(&player).0, b"right", "the old port leads nowhere");
    }

    #[test]
    fn nothing_gets_through_a_cut_line() {
        let (room, player) = (socket(), socket());
        let relay = relay(&room, Weather::default());
        relay.cut(true);
        say(&player, b"lost", relay.address());
        let began = Instant::now();
        while relay.counts().lost == 0 {
            assert!(began.elapsed() < PATIENCE, "the relay should take the datagram");
            thread::yield_now();
        }
        relay.cut(false);
        say(&player, b"heard", relay.address());
        assert_eq!(hear(&room).0, b"heard");
        room.set_nonblocking(true).expect("the socket should be ours");
        let more = room.recv_from(&mut [0; 64]).map_err(|error| error.kind());
        assert_eq!(more, Err(ErrorKind::WouldBlock));
    }

    #[test]
    fn lane_of_a_player_who_is_gone_is_closed() {
        let (room, player) = (socket(), socket());
        let relay = relay(&room, Weather::default());
        say(&player, b"here", relay.address());
        hear(&room);
        let player = player.local_addr().expect("the player should have an address");
        let (lane, heard) = {
            let lanes = relay.shared.lanes();
            let lane = lanes.open.get(&player).expect("the player should have a lane");
            (lane.socket.clone(), lane.heard)
        };
        assert!(relay.shared.keeps(player, &lane, heard + SILENCE / 2));
        assert!(!relay.shared.keeps(player, &lane, heard + SILENCE));
        assert!(relay.shared.lanes().open.is_empty());
    }
}
