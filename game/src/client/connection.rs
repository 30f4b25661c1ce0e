//! The link to a room: dialled with a ticket, lost with a reason, left on request.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bevy::prelude::*;
use lightyear::{
    netcode::{CONNECT_TOKEN_BYTES, ConnectToken},
    prelude::{client::*, *},
};
use protocol::{id::Seat, limits::LINK_SILENCE, ticket::Ticket};

use crate::sim::wire;

/// A dial that has not led to a joined match by then is given up.
const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// Frames between saying good-bye and closing the link, so that the good-bye is sent.
const GOODBYE_FRAMES: u8 = 5;

pub(super) fn plugin(app: &mut App) {
    app.add_message::<JoinRoom>()
        .add_message::<LeaveRoom>()
        .init_resource::<RoomLink>()
        .init_resource::<Appointment>()
        .add_systems(PreUpdate, (wake, leave, join, close, dial).chain())
        .add_systems(Update, (give_up, measure))
        .add_observer(greet)
        .add_observer(lose);
}

/// A page that was hidden or a machine that slept: the room has given this link up meanwhile. Netcode would
/// find that out only after as much silence again, and a tank that is driven meanwhile is not ours any more.
fn wake(
    time: Res<Time<Real>>,
    links: Query<Entity, (With<Client>, With<Connected>, Without<Closing>)>,
    mut room: ResMut<RoomLink>,
    mut commands: Commands,
) {
    if time.delta() < LINK_SILENCE {
        return;
    }
    for link in &links {
        room.state = LinkState::Lost("The game stood still for too long.".into());
        part(&mut commands, link);
    }
}

fn leave(
    mut requests: MessageReader<LeaveRoom>,
    links: Query<Entity, (With<Client>, Without<Closing>)>,
    mut room: ResMut<RoomLink>,
    mut appointment: ResMut<Appointment>,
    mut commands: Commands,
) {
    if requests.read().last().is_some() {
        appointment.0 = None;
        *room = RoomLink::default();
        for link in &links {
            part(&mut commands, link);
        }
    }
}

fn join(
    mut requests: MessageReader<JoinRoom>,
    links: Query<Entity, (With<Client>, Without<Closing>)>,
    mut room: ResMut<RoomLink>,
    mut appointment: ResMut<Appointment>,
    mut commands: Commands,
) {
    if let Some(request) = requests.read().last() {
        *room = RoomLink {
            state: LinkState::Dialling,
            transport: Some(request.transport),
            seat: Some(request.ticket.seat),
            ..default()
        };
        appointment.0 = Some(request.clone());
        for link in &links {
            part(&mut commands, link);
        }
    }
}

fn close(mut links: Query<(Entity, &mut Closing)>, mut commands: Commands) {
    for (link, mut closing) in &mut links {
        match closing.0.checked_sub(1) {
            Some(frames) => closing.0 = frames,
            None => commands.entity(link).despawn(),
        }
    }
}

/// Only one link may exist at a time, so a dial waits until the last one is gone.
fn dial(
    links: Query<(), With<Client>>,
    time: Res<Time<Real>>,
    mut appointment: ResMut<Appointment>,
    mut room: ResMut<RoomLink>,
    mut commands: Commands,
) {
    if !links.is_empty() {
        return;
    }
    let Some(JoinRoom { ticket, transport }) = appointment.0.take() else { return };
    let netcode = match read(&ticket) {
        Ok(netcode) => netcode,
        Err(reason) => {
            room.state = LinkState::Lost(reason);
            return;
        }
    };
    let mut link = commands.spawn((bundle(netcode), Dialled(time.elapsed())));
    match transport {
        #[cfg(not(target_family = "wasm"))]
        Transport::Udp => {
            let mut local = ticket.addresses.udp;
            local.set_ip(if local.is_ipv4() { [0u8; 4].into() } else { [0u16; 8].into() });
            local.set_port(0);
            link.insert((LocalAddr(local), PeerAddr(ticket.addresses.udp), UdpIo::default()));
        }
        #[cfg(target_family = "wasm")]
        Transport::Udp => {
            room.state = LinkState::Lost("A browser cannot use UDP.".into());
            link.despawn();
            return;
        }
        Transport::WebTransport => {
            let address = ticket.addresses.webtransport;
            link.insert(WebTransportClientIo {
                certificate_digest: address.digest.into(),
                target: Some(address.url),
            });
        }
        Transport::WebSocket => {
            let io = WebSocketClientIo::from_url(default(), ticket.addresses.websocket);
            link.insert(without_nagle(io));
        }
    }
    let entity = link.id();
    commands.trigger(Connect { entity });
}

/// What every link to a room is made of, whatever it runs over.
pub fn bundle(netcode: NetcodeClient) -> impl Bundle {
    (Client, ReplicationReceiver, PingManager::new(PingConfig::default()), wire::link(), netcode)
}

/// Small packets go out at once; browsers do so by themselves.
#[cfg(not(target_family = "wasm"))]
fn without_nagle(io: WebSocketClientIo) -> WebSocketClientIo {
    WebSocketClientIo { config: io.config.disable_nagle(), ..io }
}

#[cfg(target_family = "wasm")]
fn without_nagle(io: WebSocketClientIo) -> WebSocketClientIo {
    io
}

/// Reads a ticket into the client's half of netcode. The error is for the player.
pub fn read(ticket: &Ticket) -> Result<NetcodeClient, String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&ticket.token).map_err(|_| "The ticket is damaged.")?;
    let bytes: [u8; CONNECT_TOKEN_BYTES] = bytes.try_into().map_err(|_| "The ticket has the wrong size.")?;
    let token = ConnectToken::try_from_bytes(&bytes)
        .map_err(|error| format!("The ticket cannot be read: {error}"))?;
    NetcodeClient::new(Authentication::Token(token), NetcodeConfig::default())
        .map_err(|error| format!("The ticket cannot be used: {error}"))
}

fn give_up(
    time: Res<Time<Real>>,
    dialling: Query<(Entity, &Dialled), (Without<Connected>, Without<Closing>)>,
    mut room: ResMut<RoomLink>,
    mut commands: Commands,
) {
    for (link, dialled) in &dialling {
        if time.elapsed() - dialled.0 > DIAL_LIMIT {
            room.state = LinkState::Lost("The room did not answer.".into());
            part(&mut commands, link);
        }
    }
}

fn measure(links: Query<&Link, With<Connected>>, mut room: ResMut<RoomLink>) {
    if let Some(link) = links.iter().next() {
        room.rtt = link.stats.rtt;
        room.jitter = link.stats.jitter;
    }
}

fn greet(connected: On<Add, Connected>, links: Query<(), With<Client>>, mut room: ResMut<RoomLink>) {
    if links.contains(connected.entity) {
        room.state = LinkState::Joined;
    }
}

/// Lightyear marks a link as disconnected, for no reason, when it is spawned; that is no loss.
fn lose(
    disconnected: On<Add, Disconnected>,
    links: Query<&Disconnected, (With<Client>, Without<Closing>)>,
    mut room: ResMut<RoomLink>,
    mut commands: Commands,
) {
    let Ok(link) = links.get(disconnected.entity) else { return };
    if link.reason == DisconnectedReason::Unknown {
        return;
    }
    let reason = match &link.reason {
        DisconnectedReason::ByPeer(_) => "The room closed the connection.".into(),
        DisconnectedReason::TransportError(state) if state.contains("Denied") => {
            "The ticket was used already or is not valid here.".into()
        }
        DisconnectedReason::TransportError(_) => "The room stopped answering.".into(),
        other => format!("The connection failed: {other}"),
    };
    room.state = LinkState::Lost(reason);
    commands.entity(disconnected.entity).insert(Closing(GOODBYE_FRAMES));
}

fn part(commands: &mut Commands, link: Entity) {
    commands.entity(link).insert(Closing(GOODBYE_FRAMES));
    commands.trigger(Disconnect { entity: link });
}

/// Use a ticket. A link that exists is closed first.
#[derive(Message, Clone, Debug)]
pub struct JoinRoom {
    pub ticket: Ticket,
    pub transport: Transport,
}

/// Say good-bye and close the link, if there is one.
#[derive(Message, Clone, Copy, Debug)]
pub struct LeaveRoom;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    WebTransport,
    WebSocket,
}

impl Transport {
    pub fn name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::WebTransport => "webtransport",
            Transport::WebSocket => "websocket",
        }
    }
}

/// How the connection to the room is.
#[derive(Resource, Clone, Debug, Default)]
pub struct RoomLink {
    pub state: LinkState,
    pub transport: Option<Transport>,
    /// Whose ticket was used. A newcomer's tank is driven by a bot until it next spawns.
    pub seat: Option<Seat>,
    pub rtt: Duration,
    pub jitter: Duration,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    #[default]
    Idle,
    Dialling,
    Joined,
    /// With the reason, in words for the player.
    Lost(String),
}

#[derive(Resource, Default)]
struct Appointment(Option<JoinRoom>);

#[derive(Component)]
struct Dialled(Duration);

#[derive(Component)]
struct Closing(u8);
