use bevy::prelude::*;
use game::{
    client::Controls,
    room::guard::Refused,
    sim::{input::TankInput, tank::TankId},
};
use lightyear::{
    core::time::PositiveTickDelta,
    input::input_message::{ActionStateSequence as _, InputMessage, InputTarget, PerTargetData},
    interpolation::plugin::InterpolationDelay,
    prelude::{
        input::{
            InputChannel,
            native::{ActionState, NativeBuffer, NativeStateSequence},
        },
        *,
    },
};

use super::{evicted, refused, seated, seated_link};
use crate::support::{Match, seat};

type Sequence = NativeStateSequence<TankInput>;
pub type Message = InputMessage<Sequence>;

/// Full throttle for the last `states` ticks before `end`.
fn forged(target: InputTarget, end: Tick, states: u32) -> Message {
    let mut buffer = NativeBuffer::<TankInput>::default();
    for back in (0..states).rev() {
        buffer.set(end - back, ActionState(TankInput::new(1.0, 0.0, 0.0, true)));
    }
    let states = Sequence::build_from_input_buffer(&buffer, states as usize, end)
        .expect("a buffer that is not empty should be told");
    let mut message = Message::new(end);
    message.inputs.push(PerTargetData { target, states });
    message
}

fn send(game: &mut Match, client: usize, message: Message) {
    let world = game.clients[client].app.world_mut();
    let mut senders = world.query_filtered::<&mut MessageSender<Message>, With<Client>>();
    senders.single_mut(world).expect("a client should have one link").send::<InputChannel>(message);
}

/// The room's tick.
fn now(game: &Match) -> Tick {
    game.room.world().resource::<LocalTimeline>().tick()
}

/// The room's own name of a seat's tank, marked as lightyear marks what needs no translation.
fn tank(game: &mut Match, index: u8) -> InputTarget {
    let world = game.room.world_mut();
    let mut tanks = world.query::<(Entity, &TankId)>();
    let (tank, _) = tanks.iter(world).find(|(_, id)| id.0 == seat(index)).expect("the tank should exist");
    InputTarget::Entity(Entity::from_bits(tank.to_bits() | 1 << 63))
}

#[test]
fn t14_inputs_for_other_tanks_have_no_effect() {
    let mut game = Match::running(60, &[0, 1]);
    game.ticks(30);
    let stood = game.truth(1).pos;
    let own = tank(&mut game, 0);
    let tick = now(&game);
    send(&mut game, 0, forged(own, tick + 5, 10));
    game.ticks(2);
    assert_eq!(refused(&game, Refused::Target), 0, "the own tank is one's own to drive");

    let mut sent = 0;
    for index in 1..6 {
        let target = tank(&mut game, index);
        let tick = now(&game);
        send(&mut game, 0, forged(target, tick + 5, 10));
        sent += 1;
    }
    for hash in 0..10 {
        let tick = now(&game);
        send(&mut game, 0, forged(InputTarget::PreSpawned(hash), tick + 5, 10));
        sent += 1;
    }
    game.ticks(20);
    assert_eq!(refused(&game, Refused::Target), sent);
    assert!(game.truth(1).pos.distance(stood) < 0.5, "another player's tank should not drive");
}

#[test]
fn t13_twice_the_inputs_drive_no_farther() {
    let driven = |doubled: bool| {
        let mut game = Match::running(60, &[0]);
        game.ticks(60);
        let start = game.truth(0).pos;
        game.control(0, Controls { drive: 1.0, ..Controls::default() });
        let own = tank(&mut game, 0);
        for _ in 0..90 {
            if doubled {
                let tick = now(&game);
                send(&mut game, 0, forged(own, tick + 4, 3));
            }
            game.step();
        }
        assert_eq!((evicted(&game), refused(&game, Refused::Rate)), (0, 0));
        game.truth(0).pos.distance(start)
    };
    // Inputs for a later tick begin a moment earlier than an honest client's, and no more than that.
    let (honest, doubled) = (driven(false), driven(true));
    assert!(doubled <= honest + 1.0, "{doubled} m instead of {honest} m");
}

#[test]
fn t13_ten_times_the_inputs_end_the_link_within_three_seconds() {
    let mut game = Match::running(60, &[0]);
    let own = tank(&mut game, 0);
    for _ in 0..180 {
        for _ in 0..9 {
            let tick = now(&game);
            send(&mut game, 0, forged(own, tick + 2, 10));
        }
        game.step();
    }
    assert!(refused(&game, Refused::Rate) + refused(&game, Refused::Talk) > 100);
    assert_eq!((evicted(&game), seated(&mut game)), (1, 0));
}

#[test]
fn t13_inputs_for_the_far_future_are_refused_and_end_the_link() {
    let mut game = Match::running(60, &[0]);
    let own = tank(&mut game, 0);
    for _ in 0..120 {
        let tick = now(&game);
        send(&mut game, 0, forged(own, tick + 1_000, 10));
        game.step();
    }
    assert!(refused(&game, Refused::Ahead) > 100);
    assert_eq!((evicted(&game), seated(&mut game)), (1, 0));
}

#[test]
fn t13_inputs_for_the_past_are_refused_and_forgiven() {
    let mut game = Match::running(60, &[0]);
    game.ticks(60);
    let own = tank(&mut game, 0);
    for _ in 0..120 {
        let tick = now(&game);
        send(&mut game, 0, forged(own, tick - 30, 10));
        game.step();
    }
    assert!(refused(&game, Refused::Late) >= 100);
    assert_eq!((evicted(&game), seated(&mut game)), (0, 1), "a slow link is no crime");
}

#[test]
fn l6_message_with_too_many_ticks_is_refused() {
    let mut game = Match::running(60, &[0]);
    game.ticks(60);
    let own = tank(&mut game, 0);
    let tick = now(&game);
    send(&mut game, 0, forged(own, tick + 5, 40));
    game.ticks(20);
    assert_eq!(refused(&game, Refused::States), 1);
}

#[test]
fn t16_delay_that_a_client_claims_is_thrown_away() {
    let mut game = Match::running(60, &[0]);
    let own = tank(&mut game, 0);
    let mut message = forged(own, now(&game) + 5, 10);
    message.interpolation_delay = Some(InterpolationDelay { delay: PositiveTickDelta::lit("600") });
    send(&mut game, 0, message);
    game.ticks(2);
    let link = seated_link(&mut game);
    assert!(game.room.world().get::<InterpolationDelay>(link).is_none());
}
