use bevy::prelude::*;
use game::{
    room::{
        guard::{Refused, input},
        seat::Seated,
    },
    sim::{
        gun::Gun,
        input::TankInput,
        schedule::DT,
        smoke::Launcher,
        tank::{Hull, SPEED, TankId, Turret},
    },
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
use crate::{
    prediction::{calm, link::at_speed},
    support::{Match, seat},
};

type Sequence = NativeStateSequence<TankInput>;
pub type Message = InputMessage<Sequence>;

/// Full throttle for so many ticks, `end` the last of them.
fn forged(target: InputTarget, end: Tick, states: usize) -> Message {
    said(target, end, &vec![TankInput::new(1.0, 0.0, 0.0, true); states])
}

/// One wish a tick, the last one for `end`.
pub fn said(target: InputTarget, end: Tick, wishes: &[TankInput]) -> Message {
    let mut buffer = NativeBuffer::<TankInput>::default();
    for (back, wish) in (0..wishes.len() as u32).rev().zip(wishes) {
        buffer.set(end - back, ActionState(*wish));
    }
    let states = Sequence::build_from_input_buffer(&buffer, wishes.len(), end)
        .expect("a buffer that is not empty should be told");
    let mut message = Message::new(end);
    message.inputs.push(PerTargetData { target, states });
    message
}

pub fn send(game: &mut Match, client: usize, message: Message) {
    let world = game.clients[client].app.world_mut();
    let mut senders = world.query_filtered::<&mut MessageSender<Message>, With<Client>>();
    senders.single_mut(world).expect("a client should have one link").send::<InputChannel>(message);
}

/// The room's tick.
pub fn now(game: &Match) -> Tick {
    game.room.world().resource::<LocalTimeline>().tick()
}

/// The room's own name of a seat's tank, marked as lightyear marks what needs no translation.
pub fn tank(game: &mut Match, index: u8) -> InputTarget {
    let world = game.room.world_mut();
    let mut tanks = world.query::<(Entity, &TankId)>();
    let (tank, _) = tanks.iter(world).find(|(_, id)| id.0 == seat(index)).expect("the tank should exist");
    InputTarget::Entity(Entity::from_bits(tank.to_bits() | 1 << 63))
}

/// The seat's tank: where it stands and points, and when its gun and its launcher are ready.
pub fn state(game: &mut Match, index: u8) -> (Hull, Turret, Gun, Launcher) {
    let world = game.room.world_mut();
    let mut tanks = world.query::<(&TankId, &Hull, &Turret, &Gun, &Launcher)>();
    let found = tanks.iter(world).find(|(id, ..)| id.0 == seat(index));
    let (_, hull, turret, gun, launcher) = found.expect("the tank should exist");
    (*hull, *turret, *gun, *launcher)
}

#[test]
fn t14_l5_inputs_for_other_tanks_have_no_effect() {
    let mut game = Match::room();
    for ticket in game.prepare_teams(1, 1, 60, &[0, 1]) {
        game.join(ticket);
    }
    game.until_play();
    game.ticks(60);
    let own = tank(&mut game, 0);
    let tick = now(&game);
    send(&mut game, 0, forged(own, tick + 5, 10));
    game.ticks(2);
    assert_eq!(refused(&game, Refused::Target), 0, "the own tank is one's own to drive");

    let stood = state(&mut game, 1);
    let other = tank(&mut game, 1);
    for sent in 1..=60_u64 {
        let target = if sent.is_multiple_of(3) { InputTarget::PreSpawned(sent) } else { other };
        let tick = now(&game);
        send(&mut game, 0, forged(target, tick + 5, 10));
        game.step();
        assert_eq!(state(&mut game, 1), stood, "after {sent} messages");
    }
    for _ in 0..10 {
        game.step();
        assert_eq!(state(&mut game, 1), stood);
    }
    assert_eq!(refused(&game, Refused::Target), 60);
}

#[test]
fn t14_no_entity_of_the_room_can_be_named_but_the_own_tank() {
    let mut game = Match::running(60, &[0, 1]);
    let tick = now(&game);
    let world = game.room.world_mut();
    let own = world.query::<&Seated>().iter(world).next().expect("the players should have seats").0;
    let all: Vec<Entity> = world.query::<Entity>().iter(world).collect();
    assert!(all.contains(&own) && all.len() > 50, "{} entities", all.len());
    for entity in all {
        let wanted = if entity == own { Ok(()) } else { Err(Refused::Target) };
        assert_eq!(input::judge(&forged(InputTarget::Entity(entity), tick, 1), tick, Some(own)), wanted);
        assert_eq!(
            input::judge(&forged(InputTarget::Entity(entity), tick, 1), tick, None),
            Err(Refused::Target),
            "who has no seat drives nothing"
        );
    }
}

/// One tick, in which the player's tank may do what its engine can and no more.
fn stride(game: &mut Match) {
    let before = game.truth(0).pos;
    calm(game, 1);
    let after = game.truth(0).pos;
    assert!(after.distance(before) <= SPEED * DT + 1e-3, "from {before} to {after} in one tick");
}

#[test]
fn t13_twice_the_inputs_drive_no_farther() {
    let driven = |doubled: bool| {
        let mut game = at_speed();
        let start = game.truth(0).pos;
        let own = tank(&mut game, 0);
        for _ in 0..90 {
            if doubled {
                let tick = now(&game);
                send(&mut game, 0, forged(own, tick + 4, 3));
            }
            stride(&mut game);
        }
        assert_eq!((evicted(&game), refused(&game, Refused::Rate)), (0, 0));
        game.truth(0).pos.distance(start)
    };
    let (honest, doubled) = (driven(false), driven(true));
    assert!((doubled - honest).abs() <= 1e-3, "{doubled} m instead of {honest} m");
}

#[test]
fn t13_ten_times_the_inputs_drive_no_farther_and_end_the_link_within_three_seconds() {
    let mut game = at_speed();
    let own = tank(&mut game, 0);
    for _ in 0..180 {
        for _ in 0..9 {
            let tick = now(&game);
            send(&mut game, 0, forged(own, tick + 2, 10));
        }
        stride(&mut game);
    }
    assert!(refused(&game, Refused::Rate) + refused(&game, Refused::Talk) > 100);
    assert_eq!((evicted(&game), seated(&mut game)), (1, 0));
}

#[test]
fn t13_inputs_for_the_far_future_have_no_effect_and_end_the_link() {
    let mut game = Match::running(60, &[0]);
    calm(&mut game, 60);
    let own = tank(&mut game, 0);
    let stood = state(&mut game, 0);
    for _ in 0..120 {
        let tick = now(&game);
        send(&mut game, 0, forged(own, tick + 1_000, 10));
        calm(&mut game, 1);
        if evicted(&game) == 0 {
            assert_eq!(state(&mut game, 0), stood);
        }
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
