//! A session between the task that serves it and the link it feeds: one bounded queue each way.

use std::net::SocketAddr;

use bevy::prelude::*;
use lightyear::{
    core::time::Instant,
    link::{LinkReceiveSystems, SendPayload, recv_payload_from_bytes},
    prelude::{server::ClientOf, *},
};
use tokio::sync::mpsc::{
    self,
    error::{TryRecvError, TrySendError},
};

use crate::{
    room::listen::{Kind, Via},
    sim::wire,
};

/// Packets on their way in, and at most as many a frame.
const INBOX: usize = 64;

/// Packets on their way out: two seconds of play.
const OUTBOX: usize = 128;

pub(super) type Packet = SendPayload;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(
        PreUpdate,
        (admit.run_if(resource_exists::<Arrivals>), receive).chain().in_set(LinkReceiveSystems::BufferToLink),
    )
    .add_systems(PostUpdate, send.in_set(LinkSystems::Send))
    .add_systems(Last, clear)
    .add_observer(hang_up);
}

fn admit(mut arrivals: ResMut<Arrivals>, mut commands: Commands) {
    while let Ok(Arrival { door, peer, wire: session }) = arrivals.queue.try_recv() {
        let server = arrivals.server;
        commands.spawn((LinkOf { server }, wire::link(), Linked, PeerAddr(peer), Via(door), session));
    }
}

fn receive(mut links: Query<(Entity, &mut Link, &mut Wire), With<Linked>>, mut commands: Commands) {
    for (entity, mut link, mut wire) in &mut links {
        for _ in 0..INBOX {
            match wire.inbox.try_recv() {
                Ok(packet) => link.recv.push(recv_payload_from_bytes(packet), Instant::now()),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    unlink(&mut commands, entity, "the session ended");
                    break;
                }
            }
        }
    }
}

fn send(mut links: Query<(Entity, &mut Link, &Wire), With<Linked>>, mut commands: Commands) {
    for (entity, mut link, wire) in &mut links {
        for packet in link.send.drain() {
            match wire.outbox.try_send(packet) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => {
                    unlink(&mut commands, entity, "the peer does not keep up");
                    break;
                }
                // Seen by `receive`, after the last packets that came in.
                Err(TrySendError::Closed(_)) => break,
            }
        }
    }
}

fn unlink(commands: &mut Commands, link: Entity, reason: &str) {
    debug!("link {link} is closed: {reason}");
    commands.trigger(Unlink { entity: link, reason: UnlinkReason::TransportError(reason.into()) });
}

fn hang_up(unlinked: On<Add, Unlinked>, wires: Query<(), With<Wire>>, mut commands: Commands) {
    if wires.contains(unlinked.entity) {
        commands.entity(unlinked.entity).try_remove::<Wire>();
    }
}

/// Netcode clears away the links of its clients; it has never heard of the others.
fn clear(gone: Query<Entity, (With<Via>, With<Unlinked>, Without<ClientOf>)>, mut commands: Commands) {
    for link in &gone {
        commands.entity(link).try_despawn();
    }
}

/// Sessions that have come in and are no links yet.
#[derive(Resource)]
pub(super) struct Arrivals {
    pub server: Entity,
    pub queue: mpsc::Receiver<Arrival>,
}

pub(super) struct Arrival {
    pub door: Kind,
    pub peer: SocketAddr,
    pub wire: Wire,
}

/// On a link: its session, which ends when this is dropped.
#[derive(Component)]
pub(super) struct Wire {
    inbox: mpsc::Receiver<Packet>,
    outbox: mpsc::Sender<Packet>,
}

/// The task's ends of a [`Wire`].
pub(super) struct Far {
    pub inbox: mpsc::Sender<Packet>,
    pub outbox: mpsc::Receiver<Packet>,
}

impl Wire {
    /// With the packet that came first.
    pub fn new(first: Packet) -> (Self, Far) {
        let (to_room, inbox) = mpsc::channel(INBOX);
        to_room.try_send(first).expect("an empty inbox should take a packet");
        let (outbox, from_room) = mpsc::channel(OUTBOX);
        (Self { inbox, outbox }, Far { inbox: to_room, outbox: from_room })
    }
}
