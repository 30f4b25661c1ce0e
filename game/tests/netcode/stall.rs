use std::time::Duration;

use bevy::{
    prelude::{Time, Virtual},
    time::TimeUpdateStrategy,
};
use game::{
    client::{Controls, LinkState, RoomLink},
    room::{clock::Clock, seat::Occupant},
    sim::schedule::TICK,
};
use mock_instant::global::MockClock;

use crate::{
    prediction::{calm, link::OPEN_GROUND},
    support::Match,
};

/// Tanks that a player drives.
pub fn driven(game: &mut Match) -> usize {
    let world = game.room.world_mut();
    world.query::<&Occupant>().iter(world).filter(|occupant| occupant.link.is_some()).count()
}

/// One turn of the room that is told of so much time.
fn live(game: &mut Match, time: Duration) {
    game.room.insert_resource(TimeUpdateStrategy::ManualDuration(time));
    game.room.update();
    game.room.insert_resource(TimeUpdateStrategy::ManualDuration(TICK));
}

/// What the room's loop does after so much time.
fn turn(game: &mut Match, clock: &mut Clock, passed: Duration) {
    let lived = clock.turn(passed).lived;
    live(game, lived);
}

fn catch_up(game: &mut Match, clock: &mut Clock) {
    while clock.arrears() > Duration::ZERO {
        turn(game, clock, Duration::ZERO);
    }
}

/// The room does not hear of its clients meanwhile.
fn room_alone(game: &mut Match, ticks: u32) {
    for _ in 0..ticks {
        MockClock::advance(TICK);
        game.room.update();
    }
}

/// The room stands still meanwhile.
fn clients_alone(game: &mut Match, ticks: u32) {
    for _ in 0..ticks {
        MockClock::advance(TICK);
        for player in &mut game.clients {
            player.app.update();
        }
    }
}

/// A client has seen no frame for so many ticks; its clock says that so much time has passed.
fn sleep(game: &mut Match, client: usize, ticks: u32, by_its_clock: Duration) {
    room_alone(game, ticks);
    let app = &mut game.clients[client].app;
    // As in a real client.
    let max_delta = Time::<Virtual>::default().max_delta();
    app.world_mut().resource_mut::<Time<Virtual>>().set_max_delta(max_delta);
    app.insert_resource(TimeUpdateStrategy::ManualDuration(by_its_clock));
    app.update();
    app.insert_resource(TimeUpdateStrategy::ManualDuration(TICK));
}

/// A client has slept for two seconds, and drives on over open ground.
fn oversleep(by_its_clock: Duration) {
    let mut game = Match::running(60, &[0]);
    game.place(0, OPEN_GROUND);
    calm(&mut game, 60);
    sleep(&mut game, 0, 120, by_its_clock);
    let woken = game.rollbacks(0);
    game.control(0, Controls { drive: 0.7, ..Controls::default() });
    calm(&mut game, 240);
    let corrections = game.rollbacks(0) - woken;
    assert!(corrections <= 20, "{corrections} corrections in four seconds");
    assert_eq!(driven(&mut game), 1, "the link should have stayed");
    let (own, truth) = (game.own(0).expect("the client should have its tank"), game.truth(0));
    assert!(truth.speed > 4.0 && own.pos.distance(truth.pos) < 1.5, "predicted {own:?}, true {truth:?}");
    assert_eq!(game.clients[0].app.world().resource::<RoomLink>().state, LinkState::Joined);
}

fn everybody_drives(game: &mut Match) -> bool {
    driven(game) == 2 && game.own(0).is_some() && game.own(1).is_some()
}

#[test]
fn f18_stall_after_a_silence_drops_nobody() {
    let mut game = Match::running(60, &[0, 1]);
    game.ticks(30);
    room_alone(&mut game, 60);
    clients_alone(&mut game, 270);
    let mut clock = Clock::default();
    turn(&mut game, &mut clock, 270 * TICK);
    catch_up(&mut game, &mut clock);
    game.ticks(120);
    assert!(everybody_drives(&mut game), "silence and stall together are longer than netcode's patience");
}

#[test]
fn f18_starved_room_slips_and_keeps_its_rate_afterwards() {
    let mut game = Match::running(60, &[0, 1]);
    let mut clock = Clock::default();
    let before = game.tick();
    for _ in 0..50 {
        clients_alone(&mut game, 6);
        turn(&mut game, &mut clock, 6 * TICK);
    }
    let lived = game.tick() - before;
    assert!((199..=200).contains(&lived), "a turn makes up for four ticks at most, 50 made {lived}");
    catch_up(&mut game, &mut clock);
    let before = game.tick();
    game.ticks(60);
    assert_eq!(game.tick() - before, 60);
    assert!(everybody_drives(&mut game));
}

#[test]
fn f13_leap_of_the_clock_drops_nobody_and_is_not_simulated() {
    let mut game = Match::running(60, &[0, 1]);
    game.ticks(30);
    let before = game.tick();
    let mut clock = Clock::default();
    turn(&mut game, &mut clock, Duration::from_secs(3600));
    catch_up(&mut game, &mut clock);
    let lived = game.tick() - before;
    assert!(lived <= 15, "an hour is skipped but for a quarter of a second, not {lived} ticks");
    game.ticks(120);
    assert!(everybody_drives(&mut game));
}

/// Why the room has a clock of its own. When this fails, netcode reads before it judges, and
/// `room::clock` may go.
#[test]
fn netcode_judges_silence_before_it_reads() {
    let mut game = Match::running(60, &[0, 1]);
    game.ticks(30);
    clients_alone(&mut game, 1);
    live(&mut game, Duration::from_secs(3600));
    assert_eq!(driven(&mut game), 0, "packets of this tick were waiting to be read");
}

#[test]
fn f18_client_that_slept_for_two_seconds_keeps_its_link() {
    oversleep(120 * TICK);
}

/// As the clocks of some systems do while the machine sleeps.
#[test]
fn f18_client_whose_clock_slept_too_keeps_its_link() {
    oversleep(TICK);
}

#[test]
fn f11_client_that_slept_longer_than_its_link_lives_is_back_in_its_tank_at_once() {
    let mut game = Match::running(60, &[0]);
    let slept = 7 * 60;
    sleep(&mut game, 0, slept, slept * TICK);
    assert_eq!(driven(&mut game), 0, "the room has given the link up, and a bot drives");
    let link = game.clients[0].app.world().resource::<RoomLink>();
    assert!(matches!(link.state, LinkState::Lost(_)), "the client should not wait for as much silence again");
    let ticket = game.reissue(0).expect("the seat is still theirs");
    let back = game.join(ticket);
    game.until("the player has the tank again", |game| game.own(back).is_some());
    assert_eq!(driven(&mut game), 1);
}
