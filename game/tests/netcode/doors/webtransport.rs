//! The WebTransport door.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{SystemTime, UNIX_EPOCH},
};

use bevy::prelude::*;
use game::{
    protocol::ticket::WebTransportAddress,
    room::{
        guard::packet::LARGEST,
        listen::{Doors, RenewAt, gate::Limits},
    },
    sim::wire,
};
use lightyear::netcode::MAX_PACKET_SIZE;
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};
use wtransport::{
    ClientConfig, Connection, Endpoint,
    config::{ClientConfigBuilder, IpBindConfig, states::WantsTransportConfigClient},
    endpoint::ConnectOptions,
    quinn,
    tls::Sha256Digest,
};

use super::{
    HOST, PACKET, PATIENCE, SOON, addresses, broadcast, broadcast_of, doors, links, narrow::Narrow, no_links,
    open, received, request, wait,
};

/// Seconds.
const DAY: u64 = 24 * 60 * 60;

/// The largest packet that a link writes, with what netcode adds to it.
const SEALED: usize = wire::PACKET + LARGEST - MAX_PACKET_SIZE;

pub fn door(at: &WebTransportAddress) -> SocketAddr {
    at.url.trim_start_matches("https://").parse().expect("the URL has an address")
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread should start")
}

fn config(at: &WebTransportAddress) -> ClientConfigBuilder<WantsTransportConfigClient> {
    ClientConfig::builder()
        .with_bind_config(IpBindConfig::LocalV4)
        .with_server_certificate_hashes([Sha256Digest::new(at.digest.0)])
}

/// Comes in, if the door and the certificate allow it.
fn visit(runtime: &Runtime, at: &WebTransportAddress, origin: Option<&str>) -> Option<Connection> {
    runtime.block_on(async {
        let endpoint = Endpoint::client(config(at).build()).expect("a port should be free");
        let mut options = ConnectOptions::builder(&at.url);
        if let Some(origin) = origin {
            options = options.add_header("origin", origin);
        }
        endpoint.connect(options.build()).await.ok()
    })
}

/// The same with a good ticket.
fn visit_with_ticket(runtime: &Runtime, at: &WebTransportAddress, app: &App) -> Connection {
    let session = visit(runtime, at, None).expect("the door should be open");
    session.send_datagram(request(app)).expect("it should fit into a datagram");
    session
}

#[test]
fn datagrams_go_both_ways() {
    let (mut app, runtime) = (open(doors(default())), runtime());
    let session = visit_with_ticket(&runtime, &addresses(&app).webtransport, &app);
    wait("a datagram arrives in the room", || {
        session.send_datagram([0u8; PACKET]).expect("the session should be open");
        received(&mut app) > 1
    });
    wait("a datagram arrives at the client", || {
        broadcast(&mut app);
        let heard = runtime.block_on(async { timeout(SOON, session.receive_datagram()).await });
        heard.is_ok_and(|heard| heard.is_ok())
    });
    drop(session);
    no_links(&mut app);
}

#[test]
fn l21_largest_packet_goes_both_ways_on_the_narrowest_way() {
    let (mut app, runtime) = (open(doors(default())), runtime());
    let at = addresses(&app).webtransport;
    let way = Narrow::to(door(&at));
    let at = WebTransportAddress { url: format!("https://{}", way.address), ..at };
    let session = visit_with_ticket(&runtime, &at, &app);
    wait("it arrives in the room", || {
        session.send_datagram([0u8; SEALED]).expect("it should fit into a datagram");
        received(&mut app) > 1
    });
    wait("it arrives at the client", || {
        broadcast_of(SEALED, &mut app);
        let heard = runtime.block_on(async { timeout(SOON, session.receive_datagram()).await });
        heard.is_ok_and(|heard| heard.is_ok_and(|datagram| datagram.len() == SEALED))
    });
}

#[test]
fn l12_foreign_origin_is_refused() {
    let own = "https://play.example";
    let app = open(Doors { origins: vec![own.into()], ..doors(default()) });
    let (at, runtime) = (addresses(&app).webtransport, runtime());
    assert!(visit(&runtime, &at, Some("https://evil.example")).is_none());
    assert!(visit(&runtime, &at, Some(own)).is_some());
    assert!(visit(&runtime, &at, None).is_some(), "a native client names no origin");
    let elsewhere = WebTransportAddress { url: format!("{}/admin", at.url), ..at };
    assert!(visit(&runtime, &elsewhere, None).is_none());
}

#[test]
fn t9_more_sessions_than_one_address_may_have_are_refused() {
    let app = open(doors(Limits { sessions_per_address: 1, ..default() }));
    let (at, runtime) = (addresses(&app).webtransport, runtime());
    let first = visit(&runtime, &at, None).expect("the door should be open");
    assert!(visit(&runtime, &at, None).is_none());
    drop(first);
    wait("the place is free", || visit(&runtime, &at, None).is_some());
}

#[test]
fn t9_address_that_is_not_proven_takes_no_place() {
    let app = open(doors(Limits { sessions_per_address: 1, handshake: 6 * PATIENCE, ..default() }));
    let (at, runtime) = (addresses(&app).webtransport, runtime());
    let socket = || {
        let socket = UdpSocket::bind((HOST, 0)).expect("a port should be free");
        socket.set_read_timeout(Some(PATIENCE)).expect("the time is not zero");
        socket
    };
    let (bait, stranger) = (socket(), socket());
    let elsewhere = bait.local_addr().expect("the socket has an address");
    let config = config(&at).build().quic_config().clone();
    let dialling = runtime.spawn(async move {
        let endpoint = quinn::Endpoint::client((HOST, 0).into()).expect("a port should be free");
        let connecting = endpoint.connect_with(config, elsewhere, "localhost");
        connecting.expect("the address should be good").await.is_ok()
    });
    let mut buffer = [0; 2048];
    let (length, _) = bait.recv_from(&mut buffer).expect("a client should ask");
    dialling.abort();

    stranger.send_to(&buffer[..length], door(&at)).expect("a datagram should be sent");
    stranger.recv_from(&mut buffer).expect("the door should answer");
    assert_eq!(buffer[0] & 0xF0, 0xF0, "the answer should ask to come again");
    assert!(visit(&runtime, &at, None).is_some(), "the place should be free");
}

#[test]
fn l8_session_without_a_good_ticket_becomes_no_link() {
    let (mut app, runtime) = (open(doors(default())), runtime());
    let session = visit(&runtime, &addresses(&app).webtransport, None).expect("the door should be open");
    session.send_datagram([0u8; PACKET]).expect("the session should be open");
    let end = runtime.block_on(async { timeout(PATIENCE, session.closed()).await });
    assert!(end.is_ok(), "such a session should be closed");
    app.update();
    assert_eq!(links(&mut app), 0);
}

#[test]
fn t9_handshake_that_stops_half_way_is_cut() {
    let app = open(doors(Limits { handshake: 5 * SOON, ..default() }));
    let (at, runtime) = (addresses(&app).webtransport, runtime());
    let door = door(&at);
    let config = config(&at).keep_alive_interval(Some(SOON)).build();
    let end = runtime.block_on(async {
        let endpoint = quinn::Endpoint::client((HOST, 0).into()).expect("a port should be free");
        let connecting = endpoint.connect_with(config.quic_config().clone(), door, "localhost");
        let connection = connecting.expect("the address should be good").await.expect("QUIC should connect");
        timeout(PATIENCE, connection.closed()).await
    });
    assert!(end.is_ok(), "a connection without a session should be closed");
}

#[test]
fn t9_silent_session_is_cut() {
    let mut app = open(doors(Limits { idle: 5 * SOON, ..default() }));
    let (at, runtime) = (addresses(&app).webtransport, runtime());
    let session = runtime.block_on(async {
        let config = config(&at).keep_alive_interval(Some(SOON / 2)).build();
        let endpoint = Endpoint::client(config).expect("a port should be free");
        endpoint.connect(&at.url).await.expect("the door should be open")
    });
    session.send_datagram(request(&app)).expect("it should fit into a datagram");
    let end = runtime.block_on(async { timeout(PATIENCE, session.closed()).await });
    assert!(end.is_ok(), "a session that only keeps itself alive should be closed");
    no_links(&mut app);
}

fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it should be later than 1970").as_secs()
}

#[test]
fn certificate_is_renewed_by_the_clock_of_the_machine() {
    let (mut app, runtime) = (open(doors(default())), runtime());
    let RenewAt(first) = *app.world().resource::<RenewAt>();
    let week = today() + 6 * DAY..=today() + 7 * DAY;
    assert!(week.contains(&first), "{first} should be in a week: a certificate is good for 12 days");
    let old = addresses(&app).webtransport;
    let session = visit_with_ticket(&runtime, &old, &app);
    wait("the link is there", || {
        app.update();
        links(&mut app) == 1
    });

    // As if the machine had slept for that week: the room itself has lived for a moment.
    app.insert_resource(RenewAt(today()));
    app.update();
    let new = addresses(&app).webtransport;
    assert_eq!(new.url, old.url);
    assert!(app.world().resource::<RenewAt>().0 >= first, "the new one is good for as long");
    assert!(visit(&runtime, &old, None).is_none(), "the old certificate should be gone");
    assert!(visit(&runtime, &new, None).is_some(), "the new certificate should be shown");
    let before = received(&mut app);
    wait("the old session goes on", || {
        session.send_datagram([0u8; PACKET]).expect("the session should be open");
        received(&mut app) > before
    });
}
