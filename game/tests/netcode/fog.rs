use bevy::math::Vec2;

use crate::support::{Match, seat};
use game::sim::tank::TankId;

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
