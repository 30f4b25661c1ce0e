//! Carries streams of bytes between players and one port of a room. Nothing of a stream is lost: what the
//! weather takes is sent again, and all behind it waits.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle, sleep},
    time::{Duration, Instant},
};

use anyhow::Result;

use super::Weather;
use crate::prove::dice::Dice;

/// How often somebody is looked for who wants to come in, and an open stream looks whether it is over.
const LOOK: Duration = Duration::from_millis(20);

/// Pieces that may be on their way, one way.
const ON_THE_WAY: usize = 1_024;

const PIECE: usize = 16 * 1024;

/// Dropping it cuts everybody off.
pub struct Streams {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Streams {
    pub fn open(public: TcpListener, room: SocketAddr, weather: Weather, mut dice: Dice) -> Result<Self> {
        public.set_nonblocking(true)?;
        let over = Arc::new(AtomicBool::new(false));
        let ours = over.clone();
        let thread = thread::spawn(move || {
            while !ours.load(Ordering::Relaxed) {
                if let Ok((player, _)) = public.accept() {
                    // A stream that cannot be carried closes, which both ends notice.
                    carry(player, room, weather, &mut dice, &ours).ok();
                }
                sleep(LOOK);
            }
        });
        Ok(Self { over, thread: Some(thread) })
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn carry(
    player: TcpStream,
    room: SocketAddr,
    weather: Weather,
    dice: &mut Dice,
    over: &Arc<AtomicBool>,
) -> Result<()> {
    let room = TcpStream::connect(room)?;
    for end in [&player, &room] {
        end.set_nonblocking(false)?;
        end.set_nodelay(true)?;
        end.set_read_timeout(Some(LOOK))?;
    }
    let ways = [(player.try_clone()?, room.try_clone()?), (room, player)];
    for (from, to) in ways {
        let (piece, pieces) = sync_channel(ON_THE_WAY);
        let (dice, over) = (dice.another(), over.clone());
        thread::spawn(move || read(from, &piece, weather, dice, &over));
        thread::spawn(move || write(to, &pieces));
    }
    Ok(())
}

fn read(
    mut from: TcpStream,
    piece: &SyncSender<(Instant, Vec<u8>)>,
    weather: Weather,
    mut dice: Dice,
    over: &AtomicBool,
) {
    let mut buffer = vec![0; PIECE];
    while !over.load(Ordering::Relaxed) {
        let length = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => return,
        };
        let due = Instant::now() + weather.stream_delay(&mut dice);
        if piece.send((due, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}

/// A stream whose other end has closed is closed when all of it has arrived.
fn write(mut to: TcpStream, pieces: &Receiver<(Instant, Vec<u8>)>) {
    for (due, bytes) in pieces {
        sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn bytes_arrive_in_order_and_the_end_after_them() {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port should be free");
        let (room, public) = (listen(), listen());
        let address = |listener: &TcpListener| listener.local_addr().expect("it should have an address");
        let (inside, outside) = (address(&room), address(&public));
        let weather = Weather { jitter: Duration::from_millis(20), loss: 10.0, ..Weather::default() };
        let _streams = Streams::open(public, inside, weather, Dice::new(5)).expect("it should open");

        let sent: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        let words = sent.clone();
        let player = thread::spawn(move || {
            let mut player = TcpStream::connect(outside).expect("it should be open");
            for piece in words.chunks(10_000) {
                player.write_all(piece).expect("it should be open");
            }
            player.shutdown(Shutdown::Write).expect("it should be open");
        });
        let (mut stream, _) = room.accept().expect("the player should come through");
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).expect("the stream should end");
        player.join().expect("the player should be done");
        assert!(heard == sent, "{} of {} bytes, or in another order", heard.len(), sent.len());
    }
}
