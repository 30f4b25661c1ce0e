//! A hub that the test speaks for, and a folder that goes when the test ends.

pub mod process;

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_channel::bounded;
use futures_util::{SinkExt as _, StreamExt as _};
use game::protocol::{
    frame,
    id::{Epoch, MatchId, RoomId},
    key::{Content, MapId, ModeId},
    limits::ROOM_FRAME_BYTES,
    registry::{Allocation, FromRegistry, ToRegistry},
    result::MatchResult,
    ticket::RoomAddresses,
};
use server_room::journal::{Entry, Journal, Word};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use uuid::Uuid;

pub const HOST_KEY: &str = "0123456789abcdef";

/// Nothing here takes longer, however slow the machine is.
const LIMIT: Duration = Duration::from_secs(60);

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(LIMIT, future).await.unwrap_or_else(|_| panic!("a minute passed before this: {what}"))
}

pub fn allocation(epoch: u64) -> Allocation {
    Allocation { match_id: MatchId(Uuid::from_u128(u128::from(epoch))), epoch: Epoch(epoch) }
}

pub fn entry(epoch: u64) -> Entry {
    let result = MatchResult { amber: 3, azure: 2, ticks: 300, seats: Vec::new() };
    Entry { allocation: allocation(epoch), result }
}

/// A match of bots.
pub fn prepare(epoch: u64, seconds: u16) -> FromRegistry {
    FromRegistry::Prepare {
        allocation: allocation(epoch),
        mode: ModeId::try_from("duel".to_owned()).expect("mode should be valid"),
        map: MapId::try_from("crossing".to_owned()).expect("map should be valid"),
        team_size: 1,
        seed: 7,
        seconds,
        players: Vec::new(),
    }
}

/// What a room leaves that has played these matches and was never answered.
pub fn leave(root: &Path, host_key: &str, epochs: &[u64]) {
    let (journal, _) = Journal::open(root, host_key, false).expect("the journal should open");
    write(journal, epochs);
}

/// Writes these results and closes the journal.
pub fn write(journal: Journal, epochs: &[u64]) {
    let (word, words) = bounded(8);
    let (record, recorded) = bounded(8);
    let (write, _written) = bounded(8);
    for epoch in epochs {
        word.try_send(Word::Write(entry(*epoch))).expect("the channel should take it");
    }
    drop(word);
    journal.keep(words, record, write);
    assert_eq!(recorded.len(), epochs.len(), "every result is announced");
}

/// A folder of its own.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("fogline-room-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test should be possible");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The files with this ending in the folder and in the folders in it, in order.
    pub fn files(&self, ending: &str) -> Vec<PathBuf> {
        let list = |folder: &Path| -> Vec<PathBuf> {
            let files = fs::read_dir(folder).expect("the folder should be there");
            files.map(|file| file.expect("the folder should be readable").path()).collect()
        };
        let mut found = Vec::new();
        let mut open = vec![self.0.clone()];
        while let Some(folder) = open.pop() {
            for path in list(&folder) {
                if path.is_dir() {
                    open.push(path);
                } else if path.extension() == Some(OsStr::new(ending)) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Hub {
    listener: TcpListener,
}

impl Hub {
    pub async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port should be there");
        Self { listener }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.listener.local_addr().expect("the socket should have an address"))
    }

    /// The next room that dials, after its first message.
    pub async fn accept(&self) -> Room {
        let (stream, _) = within("a room dials", self.listener.accept()).await.expect("accept should work");
        let socket = within("the handshake", accept_async(stream)).await.expect("the room should upgrade");
        let mut room = Room {
            socket,
            content: Content::of(b""),
            host_key: String::new(),
            capacity: 0,
            addresses: None,
            playing: None,
        };
        match room.hear().await {
            ToRegistry::Register { content, host_key, capacity, addresses, playing, .. } => {
                Room { content, host_key, capacity, addresses: Some(addresses), playing, ..room }
            }
            other => panic!("the first message should be `register`, not {other:?}"),
        }
    }

    /// The next room that dials, registered.
    pub async fn welcome(&self) -> Room {
        let mut room = self.accept().await;
        room.welcome().await;
        room
    }
}

/// The hub's end of one room's line.
pub struct Room {
    socket: WebSocketStream<TcpStream>,
    pub content: Content,
    pub host_key: String,
    pub capacity: u8,
    /// `None` until the room has said it.
    pub addresses: Option<RoomAddresses>,
    pub playing: Option<Allocation>,
}

impl Room {
    /// Lets the room in.
    pub async fn welcome(&mut self) {
        self.say(FromRegistry::Registered { room: RoomId(Uuid::from_u128(1)) }).await;
    }

    pub async fn say(&mut self, message: FromRegistry) {
        self.socket.send(Message::text(frame::encode(&message))).await.expect("the room should listen");
    }

    pub async fn hear(&mut self) -> ToRegistry {
        loop {
            let message = within("the room speaks", self.socket.next()).await;
            let message = message.expect("the room should be there").expect("the line should be whole");
            if let Message::Text(text) = message {
                return frame::decode(&text, ROOM_FRAME_BYTES).expect("the room should speak the protocol");
            }
        }
    }

    pub async fn until<T>(&mut self, mut find: impl FnMut(&ToRegistry) -> Option<T>) -> T {
        loop {
            if let Some(found) = find(&self.hear().await) {
                return found;
            }
        }
    }

    /// The next sign of life.
    pub async fn heartbeat(&mut self) {
        self.until(|report| matches!(report, ToRegistry::Heartbeat { .. }).then_some(())).await;
    }

    /// Waits until the room holds a match.
    pub async fn prepared(&mut self) {
        self.until(|report| matches!(report, ToRegistry::Prepared { .. }).then_some(())).await;
    }

    /// Asks for this match, and why the room declines.
    pub async fn reason(&mut self, epoch: u64) -> String {
        self.say(prepare(epoch, 5)).await;
        self.until(|report| match report {
            ToRegistry::Declined { allocation: of, reason } if *of == allocation(epoch) => {
                Some(reason.clone())
            }
            _ => None,
        })
        .await
    }

    /// The next result that the room reports.
    pub async fn result(&mut self) -> Entry {
        self.until(|report| match report {
            ToRegistry::Result { allocation, result } => {
                Some(Entry { allocation: *allocation, result: result.clone() })
            }
            _ => None,
        })
        .await
    }
}
