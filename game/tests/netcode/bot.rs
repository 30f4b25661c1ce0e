use bevy::math::Vec2;

use crate::support::Match;

#[test]
fn bots_seek_and_fight_each_other() {
    let mut game = Match::running(120, &[0]);
    game.place(0, Vec2::new(5.0, 5.0));
    for _ in 0..6 {
        game.ticks(600);
        if game.score().iter().sum::<u16>() > 0 {
            return;
        }
    }
    panic!("in a minute no bot has destroyed an enemy");
}

#[test]
fn bot_drives_on_when_its_player_leaves() {
    let mut game = Match::running(60, &[0, 1]);
    let left = game.truth(1).pos;
    drop(game.clients.pop());
    game.until("seat 1 drives again", |game| game.truth(1).pos.distance(left) > 2.0);
}
