//! Input messages of one link, one behind the other.

use bevy::prelude::Entity;
use game::{
    room::guard::input::{self, AHEAD, STATES},
    sim::{input::TankInput, schedule::TICK},
};
use lightyear::{
    input::input_message::{ActionStateSequence as _, InputMessage, InputTarget, PerTargetData},
    prelude::{
        Tick,
        input::native::{ActionState, NativeBuffer, NativeStateSequence},
    },
};

use crate::wire;

type Sequence = NativeStateSequence<TankInput>;

/// Where the room is.
const NOW: Tick = Tick(100_000);

/// The link's own tank.
const OWN: Entity = Entity::PLACEHOLDER;

pub(crate) fn messages(bytes: &[u8]) -> bool {
    let (mut rest, mut taken) = (bytes, false);
    let mut buffer = NativeBuffer::<TankInput>::default();
    while let Some((message, length)) = wire::same::<InputMessage<Sequence>>(rest) {
        rest = &rest[length..];
        if input::judge(&message, NOW, Some(OWN)).is_err() {
            continue;
        }
        taken = true;
        assert!(message.inputs.len() <= 1, "one tank a link");
        for input in message.inputs {
            assert!(input.states.len() <= STATES);
            input.states.update_buffer(&mut buffer, message.end_tick, TICK);
        }
        assert!(buffer.last_remote_tick.is_none_or(|last| last - NOW <= AHEAD));
    }
    taken
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    let message = |end: Tick, states: u32, turning: bool| {
        let mut buffer = NativeBuffer::<TankInput>::default();
        for back in (0..states).rev() {
            let turn = if turning { back as f32 / 10.0 } else { 0.0 };
            buffer.set(end - back, ActionState(TankInput::new(1.0, turn, 2.0, back == 0)));
        }
        let mut message = InputMessage::<Sequence>::new(end);
        if let Some(states) = Sequence::build_from_input_buffer(&buffer, states as usize, end) {
            message.inputs.push(PerTargetData { target: InputTarget::Entity(OWN), states });
        }
        wire::write(&message)
    };
    let (first, second) = (message(NOW + 2, 10, false), message(NOW + 3, 10, true));
    vec![message(NOW, 0, false), first.clone(), second.clone(), [first, second].concat()]
}
