//! The doors, with real sockets: what strangers may not do to them.

mod entry;
mod narrow;
mod webtransport;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use ::tokio_tungstenite::tungstenite::{
    Error, HandshakeError, Message, WebSocket, client,
    client::IntoClientRequest as _,
    http::{HeaderValue, StatusCode},
    protocol::frame::{
        Frame,
        coding::{CloseCode, Data, OpCode},
    },
};
use bevy::{prelude::*, state::app::StatesPlugin};
use game::{
    protocol::ticket::RoomAddresses,
    room::{
        guard,
        listen::{self, Doors, Listening, Via, gate::Limits},
        ticket::{Mint, Pass},
    },
    sim::schedule::TICK,
};
use lightyear::{
    link::SendPayload,
    netcode::server_plugin::NetcodeServerPlugin,
    prelude::{
        server::{ServerPlugins, Start},
        *,
    },
};

use crate::support::{account, allocation, seat};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// For limits that are to be reached.
const SOON: Duration = Duration::from_millis(100);

/// Bytes of a packet that every transport takes.
const PACKET: usize = 1000;

type Socket = WebSocket<TcpStream>;

fn doors(limits: Limits) -> Doors {
    Doors {
        bind: HOST,
        udp_port: 0,
        webtransport_port: 0,
        websocket_port: 0,
        advertise: HOST.to_string(),
        advertise_ip: HOST,
        origins: Vec::new(),
        limits,
    }
}

fn headless() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, StatesPlugin, TransformPlugin));
    app
}

/// Doors without netcode behind them: every session stays a link until its door closes it.
fn build(doors: Doors) -> App {
    let mut app = headless();
    app.add_plugins(ServerPlugins { tick_duration: TICK }.build().disable::<NetcodeServerPlugin>())
        .insert_resource(Mint::new([7; 32]).expect("the key should not be zero"))
        .insert_resource(doors)
        .add_plugins((listen::plugin, guard::udp::plugin))
        .add_observer(start_links);
    app.finish();
    app.cleanup();
    app
}

/// In place of netcode.
fn start_links(start: On<Start>, mut commands: Commands) {
    commands.trigger(LinkStart { entity: start.entity });
}

fn open(doors: Doors) -> App {
    opened(build(doors))
}

fn opened(mut app: App) -> App {
    wait("the doors are open", || {
        app.update();
        app.world().contains_resource::<Listening>()
    });
    app
}

fn addresses(app: &App) -> RoomAddresses {
    app.world().resource::<Listening>().addresses.clone()
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "this did not come to hold: {what}");
        std::thread::yield_now();
    }
}

fn links(app: &mut App) -> usize {
    let world = app.world_mut();
    world.query_filtered::<(), With<Via>>().iter(world).count()
}

fn no_links(app: &mut App) {
    wait("no link is left", || {
        app.update();
        links(app) == 0
    });
}

/// Packets that came in by any door.
fn received(app: &mut App) -> usize {
    app.update();
    let world = app.world_mut();
    world.query_filtered::<&Link, With<Via>>().iter(world).map(|link| link.recv.len()).sum()
}

/// Sends a packet to everybody.
fn broadcast(app: &mut App) {
    broadcast_of(PACKET, app);
}

/// The same with so many bytes.
fn broadcast_of(bytes: usize, app: &mut App) {
    let world = app.world_mut();
    for mut link in world.query_filtered::<&mut Link, With<Via>>().iter_mut(world) {
        link.send.push(SendPayload::from(vec![0; bytes]));
    }
    app.update();
}

fn dial(at: &RoomAddresses) -> TcpStream {
    let stream = TcpStream::connect(at.websocket.trim_start_matches("ws://"));
    let stream = stream.expect("the door should be open");
    stream.set_read_timeout(Some(PATIENCE)).expect("the time is not zero");
    stream
}

/// Asks for an upgrade; the error is the answer, if there is one.
fn ask(at: &RoomAddresses, path: &str, origin: Option<&str>) -> Result<Socket, Option<StatusCode>> {
    let url = format!("{}{path}", at.websocket);
    let mut request = url.into_client_request().expect("the address should be a URL");
    if let Some(origin) = origin {
        let origin = HeaderValue::from_str(origin).expect("the origin should be printable");
        request.headers_mut().insert("origin", origin);
    }
    match client(request, dial(at)) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(Error::Http(answer))) => Err(Some(answer.status())),
        Err(HandshakeError::Failure(_)) => Err(None),
        Err(HandshakeError::Interrupted(_)) => panic!("the door should answer or hang up"),
    }
}

/// Comes in as soon as there is a place.
fn enter(at: &RoomAddresses) -> Socket {
    let mut socket = None;
    wait("there is a place", || {
        socket = ask(at, "/", None).ok();
        socket.is_some()
    });
    socket.expect("wait should have found it")
}

/// What lets a session in, once.
fn request(app: &App) -> Vec<u8> {
    let pass = Pass { allocation: allocation(1), seat: seat(0), account: account(0) };
    let ticket = app.world().resource::<Mint>().issue(pass, (HOST, 7000).into());
    crate::guard::request(&ticket.expect("a ticket should be issued").token)
}

/// Comes in with a good ticket.
fn enter_with_ticket(app: &App) -> Socket {
    let mut socket = enter(&addresses(app));
    socket.send(Message::binary(request(app))).expect("the door should be open");
    socket
}

/// The code that the door closes with; `None` if it closes without.
fn farewell(socket: &mut Socket) -> Option<CloseCode> {
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
            Ok(_) => {}
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                panic!("the door should have closed the socket")
            }
            Err(_) => return None,
        }
    }
}

#[test]
fn t9_stalled_handshake_is_cut() {
    let app = open(doors(Limits { handshake: SOON, ..default() }));
    let mut silent = dial(&addresses(&app));
    let mut halfway = dial(&addresses(&app));
    halfway.write_all(b"GET / HTTP/1.1\r\nHost: room\r\n").expect("the door should be open");
    for stream in [&mut silent, &mut halfway] {
        let end = stream.read(&mut [0; 64]).map_err(|error| error.kind());
        assert!(matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)), "still open: {end:?}");
    }
}

#[test]
fn t9_more_sockets_than_one_address_may_have_are_refused() {
    let app = open(doors(Limits { sessions_per_address: 2, ..default() }));
    let at = addresses(&app);
    let first = enter(&at);
    let _second = enter(&at);
    assert_eq!(ask(&at, "/", None).err(), Some(None), "a third should not come in");
    drop(first);
    enter(&at);
}

#[test]
fn t9_more_pending_handshakes_than_allowed_are_refused() {
    let app = open(doors(Limits { handshakes: 1, handshake: 6 * PATIENCE, ..default() }));
    let at = addresses(&app);
    let pending = dial(&at);
    assert_eq!(ask(&at, "/", None).err(), Some(None), "one handshake is enough");
    drop(pending);
    let _done = enter_with_ticket(&app);
    enter(&at);
}

#[test]
fn l12_foreign_origin_is_refused() {
    let own = "https://play.example";
    let app = open(Doors { origins: vec![own.into()], ..doors(default()) });
    let at = addresses(&app);
    let foreign = ask(&at, "/", Some("https://evil.example"));
    assert_eq!(foreign.err(), Some(Some(StatusCode::FORBIDDEN)));
    assert_eq!(ask(&at, "/admin", Some(own)).err(), Some(Some(StatusCode::NOT_FOUND)));
    assert!(ask(&at, "/", Some(own)).is_ok());
    assert!(ask(&at, "/", None).is_ok(), "a native client names no origin");
}

#[test]
fn t10_oversized_frame_closes() {
    let limits = Limits::default();
    let mut app = open(doors(limits));
    let mut socket = enter_with_ticket(&app);
    socket.send(Message::binary(vec![0; limits.frame])).expect("the door should be open");
    wait("the largest frame arrives", || received(&mut app) == 2);
    socket.send(Message::binary(vec![0; limits.frame + 1])).expect("the door should be open");
    assert_eq!(farewell(&mut socket), Some(CloseCode::Size));
    no_links(&mut app);
}

#[test]
fn t10_oversized_message_in_small_frames_closes() {
    let limits = Limits::default();
    let mut app = open(doors(limits));
    let mut socket = enter(&addresses(&app));
    for part in [Data::Binary, Data::Continue, Data::Continue] {
        let frame = Frame::message(vec![0; limits.frame / 2], OpCode::Data(part), false);
        socket.send(Message::Frame(frame)).expect("the door should be open");
    }
    assert_eq!(farewell(&mut socket), Some(CloseCode::Size));
    no_links(&mut app);
}

#[test]
fn text_and_floods_of_pings_close() {
    let app = open(doors(default()));
    let mut texter = enter(&addresses(&app));
    texter.send(Message::text("hello")).expect("the door should be open");
    assert_eq!(farewell(&mut texter), Some(CloseCode::Unsupported));
    let mut pinger = enter(&addresses(&app));
    while pinger.send(Message::Ping(default())).is_ok() && pinger.read().is_ok_and(|heard| heard.is_pong()) {}
    assert!(!pinger.can_write(), "pings without packets should not go on");
}

#[test]
fn t9_slow_reader_is_cut() {
    let mut app = open(doors(Limits { sessions_per_address: 1, stall: SOON, ..default() }));
    let _deaf = enter_with_ticket(&app);
    wait("the link is there", || {
        app.update();
        links(&mut app) == 1
    });
    wait("the link is cut", || {
        broadcast(&mut app);
        links(&mut app) == 0
    });
    enter(&addresses(&app));
}

#[test]
fn reader_that_keeps_up_stays() {
    let mut app = open(doors(default()));
    let mut socket = enter_with_ticket(&app);
    wait("the link is there", || {
        app.update();
        links(&mut app) == 1
    });
    for _ in 0..500 {
        broadcast(&mut app);
        assert!(socket.read().is_ok_and(|heard| heard.len() == PACKET));
    }
    assert_eq!(links(&mut app), 1);
}

#[test]
fn t9_silent_socket_is_cut() {
    let mut app = open(doors(Limits { idle: SOON, ..default() }));
    let mut socket = enter_with_ticket(&app);
    assert_eq!(farewell(&mut socket), Some(CloseCode::Policy));
    no_links(&mut app);
}

#[test]
fn link_that_is_unlinked_takes_its_socket_along() {
    let mut app = open(doors(default()));
    let mut socket = enter_with_ticket(&app);
    wait("the link is there", || {
        app.update();
        links(&mut app) == 1
    });
    let world = app.world_mut();
    let link = world.query_filtered::<Entity, With<Via>>().single(world).expect("there is one link");
    app.world_mut().trigger(Unlink { entity: link, reason: UnlinkReason::UserRequested(None) });
    app.update();
    assert_eq!(farewell(&mut socket), Some(CloseCode::Normal));
    no_links(&mut app);
}

#[test]
fn l8_session_without_a_good_ticket_becomes_no_link() {
    let mut app = open(doors(default()));
    let mut forged = request(&app);
    *forged.last_mut().expect("a request is not empty") ^= 1;
    for first in [vec![0; PACKET], forged] {
        let mut socket = enter(&addresses(&app));
        socket.send(Message::binary(first)).expect("the door should be open");
        assert_eq!(farewell(&mut socket), Some(CloseCode::Policy));
    }
    app.update();
    assert_eq!(links(&mut app), 0);
}

#[test]
fn t9_session_that_asks_for_nothing_is_cut() {
    let mut app = open(doors(Limits { handshake: 5 * SOON, ..default() }));
    let mut silent = enter(&addresses(&app));
    assert_eq!(farewell(&mut silent), None);
    app.update();
    assert_eq!(links(&mut app), 0);
}

#[test]
fn f16_client_killed_at_any_step_leaves_nothing_behind() {
    let mut app = open(doors(Limits { sessions_per_address: 1, ..default() }));
    let steps: [fn(&App); 7] = [
        |app| drop(dial(&addresses(app))),
        |app| dial(&addresses(app)).write_all(b"GET / HT").expect("the door should be open"),
        |app| drop(enter(&addresses(app))),
        |app| {
            let mut socket = enter(&addresses(app));
            socket.get_mut().write_all(&[0x82, 0xFE, 0x04]).expect("the door should be open");
        },
        |app| drop(enter_with_ticket(app)),
        |app| {
            let mut socket = enter_with_ticket(app);
            socket.send(Message::binary(vec![0; PACKET])).expect("the door should be open");
        },
        |app| enter_with_ticket(app).close(None).expect("the door should be open"),
    ];
    for step in steps {
        step(&app);
    }
    drop(enter(&addresses(&app)));
    no_links(&mut app);
}

#[test]
fn taken_port_ends_the_app() {
    let taken = TcpListener::bind((HOST, 0)).expect("a port should be free");
    let port = taken.local_addr().expect("the listener should have an address").port();
    let mut app = build(Doors { websocket_port: port, ..doors(default()) });
    app.update();
    assert!(app.should_exit().is_some_and(|exit| exit.is_error()));
}
