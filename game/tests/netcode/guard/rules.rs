//! Whatever a player sends, the tank does what its engine, its gun and its launcher can.

use game::{
    client::Controls,
    room::guard::Refused,
    sim::{
        arena::Arena,
        dice::Dice,
        gun::RELOAD,
        input::TankInput,
        schedule::DT,
        smoke::RECHARGE,
        tank::{ACCELERATION, Hull, RADIUS, REVERSE, SPEED, TURN_RATE, TURRET_RATE, wrap},
    },
};

use super::{
    evicted,
    inputs::{now, said, send, state, tank},
    refused,
};
use crate::support::Match;

/// For rounding.
const SLACK: f32 = 1e-3;

const TICKS: u32 = 1_300;

/// Any bytes that are an input.
fn any_wish(dice: &mut Dice) -> TankInput {
    let [drive, turn, low, middle, high, fire, smoke] = [(); 7].map(|()| dice.below(256) as u8);
    // The aim is a number in three bytes of seven bits each.
    let bytes = [drive, turn, low | 0x80, middle | 0x80, high & 3, fire & 1, smoke & 1];
    postcard::from_bytes(&bytes).expect("every input should be legal")
}

fn check_drive(arena: &Arena, before: Hull, now: Hull) {
    assert!((-SPEED * REVERSE - SLACK..=SPEED + SLACK).contains(&now.speed), "it does {} m/s", now.speed);
    let faster = now.speed.abs() - before.speed.abs();
    assert!(faster <= ACCELERATION * DT + SLACK, "from {before:?} to {now:?}");
    let turned = wrap(now.heading - before.heading).abs();
    assert!(turned <= TURN_RATE * DT + SLACK, "it turned by {turned} in one tick");
    // A wall may push it aside by as much again.
    let moved = now.pos.distance(before.pos);
    assert!(moved <= 2.0 * SPEED * DT, "it moved by {moved} m in one tick");
    let inside = arena.push_out(now.pos, RADIUS).distance(now.pos);
    assert!(inside < 0.1, "it is {inside} m inside a wall at {}", now.pos);
}

#[test]
fn t15_any_stream_of_inputs_keeps_the_rules() {
    for seed in 0..2 {
        let mut game = Match::room();
        for ticket in game.prepare_teams(1, 1, 60, &[0, 1]) {
            game.join(ticket);
        }
        game.until_play();
        let arena = Arena::default();
        let mut dice = Dice::new(seed, 15);
        let own = tank(&mut game, 0);
        let mut wish = any_wish(&mut dice);
        let mut last = state(&mut game, 0);
        let (mut way, mut shots, mut throws) = (0.0, 0, 0);
        for _ in 0..TICKS {
            if dice.below(30) == 0 {
                let (drive, turn, aim) = (dice.spread(), dice.spread(), 4.0 * dice.spread());
                let [fire, smoke] = [(); 2].map(|()| dice.below(2) == 0);
                game.control(0, Controls { drive, turn, aim, fire, smoke });
                wish = any_wish(&mut dice);
            }
            if dice.below(2) == 0 {
                let end = now(&game) + (dice.below(50) as i32 - 10);
                let mut wishes = vec![wish; 1 + dice.below(16)];
                wishes[0] = any_wish(&mut dice);
                send(&mut game, 0, said(own, end, &wishes));
            }
            game.step();
            let (hull, turret, gun, launcher) = state(&mut game, 0);
            let (hull_before, turret_before, gun_before, launcher_before) = last;
            check_drive(&arena, hull_before, hull);
            let turned = wrap(turret.heading - turret_before.heading).abs();
            assert!(turned <= TURRET_RATE * DT + SLACK, "the turret turned by {turned} in one tick");
            if gun != gun_before {
                shots += 1;
                assert!(gun.ready_at - gun_before.ready_at >= RELOAD, "shot {shots} came too early");
            }
            if launcher.ready_at != launcher_before.ready_at {
                throws += 1;
                let charged = launcher.ready_at - launcher_before.ready_at;
                assert!(charged >= RECHARGE, "throw {throws} came too early");
            }
            way += hull.pos.distance(hull_before.pos);
            last = (hull, turret, gun, launcher);
        }
        assert!(way > 10.0 && shots > 5 && throws > 0, "{way} m, {shots} shots, {throws} throws");
        assert_eq!((evicted(&game), refused(&game, Refused::Target)), (0, 0));
    }
}
