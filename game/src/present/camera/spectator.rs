//! Whom a player watches who has no tank to drive.

use bevy::prelude::*;
use protocol::id::Seat;

use crate::sim::tank::TankId;

/// The tank that the camera follows instead of an own one.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Watched {
    /// `None` while the player drives, and while nobody of the team lives.
    pub tank: Option<TankId>,
    /// Not taken yet.
    pub(super) steps: isize,
}

impl Watched {
    /// So many living tanks of the team on, or back.
    pub fn go_on(&mut self, steps: isize) {
        self.steps += steps;
    }
}

/// At first the tank that will be the player's, if it lives. When the one that was watched is lost, the next.
pub(super) fn choose(
    seat: Seat,
    before: Option<TankId>,
    steps: isize,
    living: impl Iterator<Item = TankId>,
) -> Option<TankId> {
    let mut team: Vec<TankId> = living.filter(|tank| tank.team() == seat.team()).collect();
    team.sort_unstable();
    if let Some(at) = team.iter().position(|tank| Some(*tank) == before) {
        let next = (at as isize + steps).rem_euclid(team.len() as isize);
        return team.get(next as usize).copied();
    }
    let own = TankId(seat);
    if before.is_none() && team.contains(&own) {
        return Some(own);
    }
    team.iter().find(|tank| Some(**tank) > before).or(team.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tank(index: u8) -> TankId {
        TankId(Seat::try_from(index).expect("the seat should exist"))
    }

    /// Whom the player of seat 2 watches.
    fn watched(before: Option<u8>, steps: isize, living: &[u8]) -> Option<TankId> {
        choose(tank(2).0, before.map(tank), steps, living.iter().copied().map(tank))
    }

    #[test]
    fn wrecked_driver_watches_its_team() {
        assert_eq!(watched(None, 0, &[5, 4, 1, 0]), Some(tank(0)));
        assert_eq!(watched(Some(0), 0, &[4, 0]), Some(tank(0)), "and stays with one");
        assert_eq!(watched(None, 0, &[1, 3, 5]), None, "an enemy is nobody to watch");
    }

    #[test]
    fn spectator_goes_round_the_living() {
        assert_eq!(watched(Some(0), 1, &[0, 4, 6]), Some(tank(4)));
        assert_eq!(watched(Some(6), 1, &[0, 4, 6]), Some(tank(0)));
        assert_eq!(watched(Some(0), -1, &[0, 4, 6]), Some(tank(6)));
        assert_eq!(watched(Some(4), 1, &[4]), Some(tank(4)));
    }

    #[test]
    fn next_one_is_watched_when_the_last_is_lost() {
        assert_eq!(watched(Some(4), 0, &[0, 6]), Some(tank(6)));
        assert_eq!(watched(Some(6), 0, &[0, 4]), Some(tank(0)));
        assert_eq!(watched(Some(6), 1, &[]), None);
    }

    #[test]
    fn newcomer_watches_the_tank_that_will_be_theirs_while_it_lives() {
        assert_eq!(watched(None, 0, &[0, 2, 4]), Some(tank(2)));
        assert_eq!(watched(Some(2), 0, &[0, 4]), Some(tank(4)));
    }
}
