mod leak;
mod listener;
mod oracle;
mod pair;
mod register;
mod script;
mod stage;
mod truth;

use std::{env, str::FromStr};

use bevy::math::Vec2;
use game::sim::tank::TankId;

use self::{
    leak::Leak,
    pair::{Outcome, Plan},
};
use crate::support::{Match, seat, take_turn};

/// Pairs of an ordinary test run, and seconds of their matches. `cargo xtask prove fog` wants more.
const PAIRS: u64 = 20;
const SECONDS: u32 = 10;

/// Of these matches one must show a leak that is open.
const TRIES: u64 = 40;

fn wanted<T: FromStr>(variable: &str, usually: T) -> T {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usually)
}

#[test]
fn hidden_enemy_is_not_sent() {
    let mut game = Match::running(60, &[0, 1]);
    game.ticks(30);
    let own: Vec<TankId> = [0, 2, 4].map(|index| TankId(seat(index))).to_vec();
    assert_eq!(game.known(0), own, "at the start Amber should know of Amber only");
    let enemy: Vec<TankId> = [1, 3, 5].map(|index| TankId(seat(index))).to_vec();
    assert_eq!(game.known(1), enemy, "at the start Azure should know of Azure only");
}

#[test]
fn enemy_appears_in_sight_and_goes_out_of_it() {
    let mut game = Match::running(60, &[0, 1]);
    let amber = game.truth(0).pos;
    let azure = game.truth(1).pos;
    game.place(1, amber + Vec2::new(0.0, 5.0));
    game.until("Amber sees the enemy", |game| game.known(0).contains(&TankId(seat(1))));
    game.place(1, azure);
    game.until("Amber has lost sight", |game| !game.known(0).contains(&TankId(seat(1))));
}

#[test]
fn wall_hides_an_enemy_in_range() {
    let mut game = Match::running(60, &[0, 1]);
    game.place(0, Vec2::new(11.0, 33.0));
    for bot in [2, 4] {
        game.place(bot, Vec2::new(5.0, 5.0 + f32::from(bot)));
    }
    game.place(1, Vec2::new(20.0, 33.0));
    game.ticks(45);
    assert!(!game.known(0).contains(&TankId(seat(1))), "the wall at x = 14 to 16 should hide it");
}

#[test]
fn t12_match_that_is_repeated_is_the_same_to_the_byte() {
    let _turn = take_turn();
    for number in [1, 2] {
        let outcome = pair::play(&Plan::repeated(number, SECONDS), |_| {});
        assert_eq!(outcome.leak, None);
        assert!(outcome.ticks > SECONDS * 60, "it ended after {} ticks", outcome.ticks);
        assert_eq!(outcome.differed, 0);
        assert!(outcome.bytes > 10_000, "{} bytes are no match", outcome.bytes);
    }
}

#[test]
fn t12_hidden_enemy_changes_no_byte() {
    let _turn = take_turn();
    let pairs = wanted("FOGLINE_FOG_PAIRS", PAIRS);
    let seconds = wanted("FOGLINE_FOG_SECONDS", SECONDS);
    let first: u64 = wanted("FOGLINE_FOG_FIRST", 1);
    let mut counted: Vec<Outcome> = Vec::new();
    let mut played = 0;
    for number in first..first + 20 * pairs {
        if counted.len() as u64 == pairs {
            break;
        }
        let outcome = pair::play(&Plan::of(number, seconds), |_| {});
        played += 1;
        assert_eq!(outcome.leak, None, "a hidden enemy has changed what the other team is told");
        if outcome.counts() {
            counted.push(outcome);
            if counted.len().is_multiple_of(25) {
                println!("\n{} of {pairs} pairs", counted.len());
            }
        }
    }
    tell(&counted, played);
    assert_eq!(counted.len() as u64, pairs, "in too few of {played} pairs the enemy stayed hidden");
    for (what, of) in KINDS {
        assert!(counted.iter().any(|outcome| of(outcome) > 0), "nothing hidden {what} differently");
    }
}

/// One pair of thirty differs by smoke alone.
#[test]
fn t12_hidden_throw_changes_no_byte() {
    let _turn = take_turn();
    let mut threw = 0;
    for number in (7..).step_by(30).take(20) {
        let outcome = pair::play(&Plan::of(number, SECONDS), |_| {});
        assert_eq!(outcome.leak, None, "hidden smoke has changed what the other team is told");
        threw += outcome.threw;
        if threw > 600 {
            return;
        }
    }
    panic!("only in {threw} ticks the smoke was different and hidden");
}

#[test]
fn t12_promise_to_a_newcomer_changes_no_byte() {
    let _turn = take_turn();
    let mut promised = 0;
    for number in (1..).take(20) {
        let outcome = pair::play(&Plan::promising(number, SECONDS), |_| {});
        assert_eq!(outcome.leak, None, "a promise has changed what the other team is told");
        promised += outcome.promised;
        if promised > 2_000 {
            return;
        }
    }
    panic!("only in {promised} ticks a seat was promised");
}

type Kind = (&'static str, fn(&Outcome) -> u32);

const KINDS: [Kind; 5] = [
    ("drove", |outcome| outcome.drove),
    ("fired", |outcome| outcome.fired),
    ("threw", |outcome| outcome.threw),
    ("died", |outcome| outcome.died),
    ("promised", |outcome| outcome.promised),
];

/// Figures for whoever runs this for them.
fn tell(counted: &[Outcome], played: u64) {
    let sum = |of: fn(&Outcome) -> u32| -> u64 { counted.iter().map(|outcome| u64::from(of(outcome))).sum() };
    println!("\nfigure pairs_counted {}", counted.len());
    println!("figure pairs_played {played}");
    println!("figure ticks_compared {}", sum(|outcome| outcome.ticks));
    println!("figure bytes_compared {}", counted.iter().map(|outcome| outcome.bytes).sum::<usize>());
    println!("figure ticks_that_differed {}", sum(|outcome| outcome.differed));
    for (what, of) in KINDS {
        let pairs = counted.iter().filter(|outcome| of(outcome) > 0).count();
        println!("figure pairs_that_{what}_differently {pairs}");
        println!("figure ticks_that_{what}_differently {}", sum(of));
    }
}

#[test]
fn t12_every_leak_that_is_opened_again_is_found() {
    let _turn = take_turn();
    for leak in Leak::ALL {
        let found = (1..=TRIES).find_map(|number| {
            let outcome = pair::play(&Plan::of(number, SECONDS), |room| leak.open(room));
            Some((number, outcome.leak?))
        });
        let (pairs, difference) = found.unwrap_or_else(|| panic!("{leak:?} was opened and not found"));
        println!("\n{leak:?} was found: {difference}");
        println!("figure pairs_until_{leak:?} {pairs}");
    }
}
