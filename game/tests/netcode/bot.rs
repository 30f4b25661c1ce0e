use crate::support::Match;

#[test]
fn bots_leave_their_start_and_meet_the_enemy() {
    let mut game = Match::running(60, &[0]);
    let starts: Vec<_> = (1..6).map(|bot| game.truth(bot).pos).collect();
    game.until("every bot has moved 10 m", |game| {
        (1..6).all(|bot| game.truth(bot).pos.distance(starts[usize::from(bot) - 1]) > 10.0)
    });
}

#[test]
fn bot_drives_on_when_its_player_leaves() {
    let mut game = Match::running(60, &[0, 1]);
    let left = game.truth(1).pos;
    drop(game.clients.pop());
    game.until("seat 1 drives again", |game| game.truth(1).pos.distance(left) > 5.0);
}
