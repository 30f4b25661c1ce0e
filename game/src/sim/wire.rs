//! What travels between room and client, registered in the same order on both sides.

use bevy::prelude::*;
use lightyear::prelude::{
    input::{InputConfig, native::InputPlugin},
    *,
};

use crate::sim::{
    event::MatchEvent,
    gun::Gun,
    input::TankInput,
    schedule::TICK,
    scoreboard::Scoreboard,
    shell::Tracer,
    smoke::{Cloud, Launcher},
    tank::{Health, Hull, Stirred, TankId, Turret},
};

/// Netcode's protocol id: the letters of the game and the version of the wire.
pub const PROTOCOL_ID: u64 = u64::from_be_bytes(*b"fogline\0") | protocol::VERSION as u64;

/// The most bytes that lightyear puts into one packet. Netcode adds 25 at most, and WebTransport takes a
/// datagram of that size on any way: QUIC counts on 1,200 bytes a packet until it has found out more, and
/// keeps no more than 58 of them.
pub const PACKET: usize = 1_100;

/// Match events: reliable, in order.
pub struct EventChannel;

/// A link whose packets fit any transport. Larger messages are cut to its size and put together by it again,
/// so both ends must begin with the same.
pub fn link() -> Link {
    Link::default().with_mtu(LinkMtu::new(PACKET))
}

pub(super) fn plugin(app: &mut App) {
    app.add_channel::<EventChannel>(ChannelSettings {
        mode: ChannelMode::OrderedReliable(ReliableSettings::default()),
        ..default()
    })
    .add_direction(NetworkDirection::ServerToClient);
    app.register_message::<MatchEvent>().add_direction(NetworkDirection::ServerToClient);

    app.add_plugins(InputPlugin::<TankInput> {
        config: InputConfig { rebroadcast_inputs: false, send_interval: TICK, ..default() },
    });

    app.component::<TankId>().replicate_once();
    app.component::<Hull>()
        .replicate()
        .predict()
        .with_rollback_condition(hull_differs)
        .add_linear_interpolation()
        .add_correction();
    app.component::<Turret>()
        .replicate()
        .predict()
        .with_rollback_condition(turret_differs)
        .add_linear_interpolation()
        .add_correction();
    app.component::<Gun>().replicate().predict();
    app.component::<Health>().replicate().predict();
    app.component::<Stirred>().replicate().predict();
    app.component::<Tracer>().replicate_once();
    app.component::<Scoreboard>().replicate();
    app.component::<Launcher>().replicate().predict();
    app.component::<Cloud>().replicate_once();
}

/// A centimetre, a third of a degree, or a tenth of a metre per second.
fn hull_differs(confirmed: &Hull, predicted: &Hull) -> bool {
    confirmed.pos.distance_squared(predicted.pos) > 0.01 * 0.01
        || crate::sim::tank::wrap(confirmed.heading - predicted.heading).abs() > 0.006
        || (confirmed.speed - predicted.speed).abs() > 0.1
}

fn turret_differs(confirmed: &Turret, predicted: &Turret) -> bool {
    crate::sim::tank::wrap(confirmed.heading - predicted.heading).abs() > 0.01
}
