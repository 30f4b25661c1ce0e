//! A client reduced to what a room can tell of it: it joins with a ticket, acknowledges, answers pings and
//! sends inputs. What it sends is a function of what it hears and of its inputs, so that a room that says
//! the same hears the same.

use std::any::TypeId;

use bevy::{prelude::*, time::TimeUpdateStrategy};
use game::sim::{datagram::HEADER, dice::Dice, input::TankInput, schedule::TICK};
use lightyear::{
    crossbeam::CrossbeamPlugin,
    input::input_message::{ActionStateSequence as _, InputMessage, InputTarget, PerTargetData},
    prelude::{
        client::NetcodeClientPlugin,
        input::{
            InputChannel,
            native::{ActionState, NativeBuffer, NativeStateSequence},
        },
        *,
    },
    transport::channel::{Channel, ChannelKind},
};
use lightyear_replication::channels::{RepliconMutationAcksChannel, RepliconMutationsChannel};

type Inputs = InputMessage<NativeStateSequence<TankInput>>;

/// Percentage of the room's packets that get lost.
const LOSS: usize = 2;

/// Kinds of packets.
const DATA: u8 = 0;
const ACKNOWLEDGEMENT: u8 = 4;

/// As many as there are bits to acknowledge packets with.
const BITS: u16 = 32;

/// Netcode and what it runs over, for any number of listeners; nothing of lightyear above that.
pub fn app() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, NetcodeClientPlugin, CrossbeamPlugin))
        .insert_resource(TimeUpdateStrategy::ManualDuration(TICK))
        .add_systems(Update, answer);
    app
}

fn answer(mut links: Query<(&mut Link, &mut Listener), With<Connected>>) {
    for (mut link, mut listener) in &mut links {
        let mut said = Said::default();
        for packet in link.recv.drain() {
            if listener.dice.below(100) >= LOSS {
                listener.hear(&packet, &mut said);
            }
        }
        let reply = listener.reply(&said);
        link.send.push(reply.into());
    }
}

/// On a link to a room.
#[derive(Component)]
pub struct Listener {
    wire: Wire,
    dice: Dice,
    input: Option<Input>,
    /// Number of the next packet, and of the next message that acknowledges snapshots.
    packets: u16,
    acknowledgements: u16,
    /// The last packet that was heard, and one bit for each before it.
    last: Option<u16>,
    before: u32,
}

#[derive(Clone, Copy)]
struct Input {
    tank: Entity,
    tick: Tick,
    input: TankInput,
}

/// What has to be answered.
#[derive(Default)]
struct Said {
    /// Numbers of snapshots, two bytes each.
    snapshots: Vec<u8>,
    pings: Vec<[u8; 2]>,
}

impl Listener {
    pub fn new(wire: Wire, dice: Dice) -> Self {
        Self { wire, dice, input: None, packets: 0, acknowledgements: 0, last: None, before: 0 }
    }

    /// From now on, until told otherwise. `tank` is the room's own entity.
    pub fn drive(&mut self, tank: Entity, tick: Tick, input: TankInput) {
        self.input = Some(Input { tank, tick, input });
    }

    fn hear(&mut self, packet: &[u8], said: &mut Said) {
        let Some((header, rest)) = packet.split_at_checked(HEADER) else { return };
        self.note(u16::from_be_bytes([header[1], header[2]]));
        if header[0] == DATA {
            self.read(Bytes(rest), said).expect("the room's packets should be well formed");
        }
    }

    fn note(&mut self, packet: u16) {
        let ahead = self.last.map_or(0, |last| packet.wrapping_sub(last));
        if ahead > 0 {
            self.before = self.before.checked_shl(ahead.into()).unwrap_or(0);
            self.before |= if ahead <= BITS { 1 << (ahead - 1) } else { 0 };
        }
        self.last = Some(packet);
    }

    fn read(&self, mut rest: Bytes, said: &mut Said) -> Option<()> {
        while !rest.0.is_empty() {
            let channel = rest.varint()?;
            for _ in 0..rest.byte()? {
                if rest.byte()? == 1 {
                    rest.take(2)?;
                }
                let length = rest.varint()?;
                let message = rest.take(length)?;
                if channel == usize::from(self.wire.mutations) {
                    said.snapshots.extend(message.get(1..3)?);
                } else if channel == usize::from(self.wire.pings) {
                    let [kind, number @ ..] = *message.first_chunk::<3>()?;
                    said.pings.extend(Some(number).filter(|_| kind == self.wire.ping));
                }
            }
        }
        Some(())
    }

    fn reply(&mut self, said: &Said) -> Vec<u8> {
        let mut batches = Vec::new();
        if !said.snapshots.is_empty() {
            let [high, low] = self.acknowledgements.to_be_bytes();
            push(&mut batches, &[self.wire.acknowledgements, 1, 1, high, low], &said.snapshots);
            self.acknowledgements = self.acknowledgements.wrapping_add(1);
        }
        for [high, low] in &said.pings {
            let pong = [self.wire.pong, *high, *low, 0, 0, 0, 0, 0];
            push(&mut batches, &[self.wire.pings, 1, 0], &pong);
        }
        if let Some(input) = self.input {
            let message = [vec![self.wire.input], input.written()].concat();
            push(&mut batches, &[self.wire.inputs, 1, 0], &message);
        }
        let tick = self.input.map_or(0, |input| input.tick.0);
        let mut packet = vec![if batches.is_empty() { ACKNOWLEDGEMENT } else { DATA }];
        packet.extend(self.packets.to_be_bytes());
        packet.extend(self.last.unwrap_or(u16::MAX).to_be_bytes());
        packet.extend(self.before.to_be_bytes());
        packet.extend(tick.to_be_bytes());
        packet.extend(batches);
        self.packets = self.packets.wrapping_add(1);
        packet
    }
}

impl Input {
    /// As lightyear writes it. The mark says that the entity's number needs no translation.
    fn written(self) -> Vec<u8> {
        let mut buffer = NativeBuffer::<TankInput>::default();
        buffer.set(self.tick, ActionState(self.input));
        let states = NativeStateSequence::<TankInput>::build_from_input_buffer(&buffer, 1, self.tick)
            .expect("a buffer that is not empty should be told");
        let target = InputTarget::Entity(Entity::from_bits(self.tank.to_bits() | 1 << 63));
        let mut message = Inputs::new(self.tick);
        message.inputs.push(PerTargetData { target, states });
        postcard::to_allocvec(&message).expect("an input should be written")
    }
}

/// The numbers under which a room knows channels and messages.
#[derive(Clone, Copy)]
pub struct Wire {
    mutations: u8,
    acknowledgements: u8,
    pings: u8,
    inputs: u8,
    ping: u8,
    pong: u8,
    input: u8,
}

impl Wire {
    pub fn of(room: &World) -> Self {
        Self {
            mutations: channel::<RepliconMutationsChannel>(room),
            acknowledgements: channel::<RepliconMutationAcksChannel>(room),
            pings: channel::<PingChannel>(room),
            inputs: channel::<InputChannel>(room),
            ping: message::<Ping>(room),
            pong: message::<Pong>(room),
            input: message::<Inputs>(room),
        }
    }
}

fn channel<C: Channel>(room: &World) -> u8 {
    let id = room.resource::<ChannelRegistry>().get_net_from_kind(&ChannelKind::of::<C>());
    small(*id.expect("the channel should be registered"))
}

fn message<M: 'static>(room: &World) -> u8 {
    let id = room.resource::<MessageRegistry>().kind_map.net_id(&TypeId::of::<M>().into());
    small(*id.expect("the message should be registered"))
}

/// A varint of one byte.
fn small(number: u16) -> u8 {
    u8::try_from(number).ok().filter(|small| *small < 64).expect("there should be few of them")
}

fn push(batches: &mut Vec<u8>, head: &[u8], message: &[u8]) {
    batches.extend(head);
    batches.push(small(message.len() as u16));
    batches.extend(message);
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// Its length stands in its two highest bits.
    fn varint(&mut self) -> Option<usize> {
        let first = *self.0.first()?;
        let bytes = self.take(1 << (first >> 6))?;
        let rest = bytes[1..].iter();
        Some(rest.fold(usize::from(first & 0x3F), |value, byte| value << 8 | usize::from(*byte)))
    }
}
