//! The UDP door. Lightyear's own makes a link for every address that sends anything; this one knows
//! the tickets, and makes one only for whoever asks with a ticket that nobody else asks with.

use std::{
    collections::HashMap,
    io::{self, ErrorKind},
    net::{SocketAddr, UdpSocket},
};

use bevy::{app::AppExit, prelude::*};
use lightyear::{
    core::time::Instant,
    link::{LinkReceiveSystems, RecvPayload},
    prelude::{Connected, Link, LinkOf, LinkStart, LinkSystems, Linked, LocalAddr, PeerAddr, Unlink},
};
use socket2::SockRef;

use crate::{
    room::{
        guard::{
            Counters, Refused,
            packet::{self, Kind, Seal},
        },
        ticket::Mint,
    },
    sim::wire::{self, PROTOCOL_ID},
};

/// Datagrams read in one frame; frames follow each other within milliseconds.
const A_FRAME: usize = 1_000;

/// Links over UDP that are not connected. Each has a ticket of its own, so that only tickets in plenty could
/// make so many.
const CROWD: usize = 256;

/// What the system keeps for the next frame: about 400 requests, or 2,000 packets of play.
const QUEUE_BYTES: usize = 1 << 20;

/// Needs a [`Mint`].
pub fn plugin(app: &mut App) {
    app.init_resource::<Counters>()
        .add_observer(open)
        .add_observer(close)
        .add_observer(forget)
        .add_systems(PreUpdate, receive.in_set(LinkReceiveSystems::BufferToLink))
        .add_systems(PostUpdate, send.in_set(LinkSystems::Send));
}

/// On the server entity, beside a [`LocalAddr`], which says where to listen and is told the port. A door
/// that cannot be opened ends the app.
#[derive(Component, Debug, Default)]
pub struct UdpDoor {
    socket: Option<UdpSocket>,
    /// Links by the address of the peer, also those that come to life at the end of the frame.
    links: HashMap<SocketAddr, Entity>,
}

/// On a link that runs over this door.
#[derive(Component)]
struct OverUdp;

fn open(
    start: On<LinkStart>,
    mut doors: Query<(&mut UdpDoor, &mut LocalAddr), Without<Linked>>,
    mut exits: MessageWriter<AppExit>,
    mut commands: Commands,
) {
    let Ok((mut door, mut address)) = doors.get_mut(start.entity) else { return };
    match bind(address.0) {
        Ok((socket, bound)) => {
            door.socket = Some(socket);
            address.0 = bound;
            commands.entity(start.entity).insert(Linked);
        }
        Err(error) => {
            error!("unable to open the udp door on {}: {error}", address.0);
            exits.write(AppExit::error());
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    let queue = SockRef::from(&socket);
    queue.set_recv_buffer_size(QUEUE_BYTES)?;
    // Linux caps what is asked for without a word, and tells twice what it keeps.
    let kept = queue.recv_buffer_size()? / if cfg!(target_os = "linux") { 2 } else { 1 };
    if kept < QUEUE_BYTES {
        warn!("the system queues {kept} bytes of udp, not {QUEUE_BYTES}: a flood drowns players sooner");
    }
    let bound = socket.local_addr()?;
    Ok((socket, bound))
}

fn close(unlink: On<Unlink>, mut doors: Query<&mut UdpDoor>) {
    if let Ok(mut door) = doors.get_mut(unlink.entity) {
        door.socket = None;
    }
}

fn forget(gone: On<Remove, OverUdp>, peers: Query<&PeerAddr>, mut doors: Query<&mut UdpDoor>) {
    let Ok(peer) = peers.get(gone.entity) else { return };
    for mut door in &mut doors {
        if door.links.get(&peer.0) == Some(&gone.entity) {
            door.links.remove(&peer.0);
        }
    }
}

fn receive(
    mint: Res<Mint>,
    mut counters: ResMut<Counters>,
    mut doors: Query<(Entity, &mut UdpDoor), With<Linked>>,
    mut links: Query<&mut Link, With<OverUdp>>,
    waiting: Query<(), (With<OverUdp>, Without<Connected>)>,
    mut commands: Commands,
) {
    let Ok((server, mut door)) = doors.single_mut() else { return };
    let UdpDoor { socket: Some(socket), links: known } = &mut *door else { return };
    let mut waiting = waiting.iter().count();
    let mut buffer = [0; packet::LARGEST + 1];
    for _ in 0..A_FRAME {
        let (length, from) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => continue,
        };
        let datagram = &buffer[..length];
        let kind = match packet::judge(datagram, PROTOCOL_ID) {
            Ok(kind) => kind,
            Err(why) => {
                counters.note(why);
                continue;
            }
        };
        if let Some(link) = known.get(&from) {
            // What comes right behind a first request is lost; clients repeat themselves.
            if let Ok(mut link) = links.get_mut(*link) {
                link.recv.push(RecvPayload::from(datagram), Instant::now());
            }
            continue;
        }
        let guest = greet(kind, &mint, waiting).and_then(|seal| {
            let mut guest = commands.spawn_empty();
            mint.ask(&seal, guest.id()).inspect_err(|_| guest.despawn())?;
            Ok(guest.id())
        });
        let guest = match guest {
            Ok(guest) => guest,
            Err(why) => {
                counters.note(why);
                continue;
            }
        };
        let mut link = wire::link();
        link.recv.push_raw(RecvPayload::from(datagram));
        commands.entity(guest).insert((LinkOf { server }, link, Linked, PeerAddr(from), OverUdp));
        known.insert(from, guest);
        waiting += 1;
    }
}

/// Whether an unknown address may ask, and with which ticket.
fn greet(kind: Kind, mint: &Mint, waiting: usize) -> Result<Seal, Refused> {
    let Kind::Request(seal) = kind else { return Err(Refused::Stranger) };
    mint.expects(&seal)?;
    if waiting < CROWD { Ok(seal) } else { Err(Refused::Crowd) }
}

/// What the system does not take is lost, as it might be on the way.
fn send(doors: Query<&UdpDoor, With<Linked>>, mut links: Query<(&mut Link, &PeerAddr), With<OverUdp>>) {
    let Ok(UdpDoor { socket: Some(socket), .. }) = doors.single() else { return };
    for (mut link, peer) in &mut links {
        for packet in link.send.drain() {
            socket.send_to(&packet, peer.0).ok();
        }
    }
}
