//! Packets of connected clients, between netcode, which has decrypted them, and the transport; and
//! messages that nobody could read.

use std::any::TypeId;

use bevy::prelude::*;
use lightyear::{
    input::input_message::InputMessage,
    prelude::{
        ChannelRegistry, Connected, ConnectionSystems, Link, LinkOf, MessageRegistry, MessageSystems, Ping,
        PingChannel, Pong, Transport,
        input::{InputChannel, native::NativeStateSequence},
    },
    transport::{
        channel::{Channel, ChannelKind},
        plugin::TransportSystems,
    },
};
use lightyear_replication::{
    channels::RepliconMutationAcksChannel,
    metadata::{MetadataChannel, SenderMetadata},
};

use crate::{
    room::guard::{
        Refused,
        payload::{self, Permits},
        watch::{Ledger, Measure, Watch},
    },
    sim::input::TankInput,
};

/// Inputs, pings, pongs and acknowledgements make about 140. An empty packet counts as one.
const MESSAGES: Measure = Measure { a_second: 300.0, at_once: 600.0 };

/// A client of which nothing arrives for the five seconds after which a link is given up has 150
/// acknowledgements to repeat, and does it 60 times a second until it hears of one again.
const REPETITIONS: Measure = Measure { a_second: 3_000.0, at_once: 9_000.0 };

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Startup, permit).add_systems(
        PreUpdate,
        (
            read.after(ConnectionSystems::Receive).before(TransportSystems::Receive),
            discard.after(MessageSystems::Receive),
        ),
    );
}

/// Everything is registered by now.
fn permit(channels: Res<ChannelRegistry>, messages: Res<MessageRegistry>, mut commands: Commands) {
    let message = |kind: TypeId| {
        *messages.kind_map.net_id(&kind.into()).expect("every message of a client should be registered")
    };
    commands.insert_resource(Permits {
        snapshots: channel::<RepliconMutationAcksChannel>(&channels),
        introductions: channel::<MetadataChannel>(&channels),
        pings: channel::<PingChannel>(&channels),
        inputs: channel::<InputChannel>(&channels),
        introduction: message(TypeId::of::<SenderMetadata>()),
        ping: message(TypeId::of::<Ping>()),
        pong: message(TypeId::of::<Pong>()),
        input: message(TypeId::of::<InputMessage<NativeStateSequence<TankInput>>>()),
    });
}

fn channel<C: Channel>(channels: &ChannelRegistry) -> u16 {
    let id = channels.get_net_from_kind(&ChannelKind::of::<C>());
    *id.expect("every channel of a client should be registered")
}

fn read(
    permits: Res<Permits>,
    mut ledger: Ledger,
    mut links: Query<(&mut Link, &mut Watch, Has<Connected>), With<LinkOf>>,
) {
    for (mut link, mut watch, connected) in &mut links {
        for _ in 0..link.recv.len() {
            let Some(packet) = link.recv.pop() else { break };
            let watch = &mut *watch;
            match judge(&packet, &permits, &ledger, watch, connected) {
                Ok(()) => link.recv.push_raw(packet),
                Err(why) => ledger.hold_against(watch, why),
            }
        }
    }
}

fn judge(
    packet: &[u8],
    permits: &Permits,
    ledger: &Ledger,
    watch: &mut Watch,
    connected: bool,
) -> Result<(), Refused> {
    if !connected {
        return Err(Refused::Early);
    }
    let mut order = watch.order;
    let count = payload::read(packet, permits, &mut order)?;
    let fits = watch.messages.add(count.new.max(1), ledger.now(), MESSAGES)
        && watch.repetitions.add(count.again, ledger.now(), REPETITIONS);
    if !fits {
        return Err(Refused::Talk);
    }
    watch.order = order;
    Ok(())
}

/// A message that cannot be read keeps lightyear from reading those behind it in this frame. They would
/// pile up for ever.
fn discard(
    mut ledger: Ledger,
    mut links: Query<(&mut Transport, &mut Watch), (With<LinkOf>, With<Connected>)>,
) {
    for (mut transport, mut watch) in &mut links {
        for channel in transport.channel_receives_mut() {
            while channel.read_message().is_some() {
                ledger.hold_against(&mut watch, Refused::Garbage);
            }
        }
    }
}
