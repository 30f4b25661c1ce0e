//! A way to a door that is as narrow as the internet may be: no datagram of more than 1,200 bytes gets
//! through, which is what QUIC needs and all that it may count on.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::HOST;

const WIDTH: usize = 1_200;

/// How often a thread that waits for datagrams looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// For one client. Dropping it closes the way.
pub struct Narrow {
    pub address: SocketAddr,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Narrow {
    pub fn to(door: SocketAddr) -> Self {
        let (public, inside) = (Arc::new(socket()), Arc::new(socket()));
        inside.connect(door).expect("the address should be good");
        let address = public.local_addr().expect("the socket has an address");
        let (client, over) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
        let up = {
            let (public, inside, client, over) =
                (public.clone(), inside.clone(), client.clone(), over.clone());
            thread::spawn(move || {
                carry(&over, |buffer| {
                    if let Ok((length, from)) = public.recv_from(buffer) {
                        *client.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
                        if length <= WIDTH {
                            inside.send(&buffer[..length]).ok();
                        }
                    }
                });
            })
        };
        let down = {
            let over = over.clone();
            thread::spawn(move || {
                carry(&over, |buffer| {
                    let Ok(length) = inside.recv(buffer) else { return };
                    let client = *client.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(client) = client.filter(|_| length <= WIDTH) {
                        public.send_to(&buffer[..length], client).ok();
                    }
                });
            })
        };
        Self { address, over, threads: vec![up, down] }
    }
}

impl Drop for Narrow {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

fn carry(over: &AtomicBool, mut one: impl FnMut(&mut [u8])) {
    let mut buffer = vec![0; 65_535];
    while !over.load(Ordering::Relaxed) {
        one(&mut buffer);
    }
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((HOST, 0)).expect("a port should be free");
    socket.set_read_timeout(Some(LOOK)).expect("the time is not zero");
    socket
}
