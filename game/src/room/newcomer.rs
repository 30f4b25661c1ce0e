//! Newcomers to a running match. One is promised a bot's seat, watches with its team, and drives from
//! the tank's next spawn on. Seats of players are never given away.

use bevy::prelude::*;
use lightyear::prelude::{LocalTimeline, RemoteId};
use protocol::{
    id::{AccountId, Seat, Team},
    registry::ExpectedPlayer,
};

use crate::{
    room::{
        life::{Spawned, Tally},
        listen::Via,
        seat::{Occupant, seat_driver},
    },
    sim::{schedule::ticks, tank::TankId},
};

/// A seat is kept this long for a newcomer who is not there.
pub const SEAT_HOLD: u32 = ticks(60.0);

/// A match takes nobody in when no more than this is left of it.
pub const LAST_CALL: u32 = ticks(20.0);

pub(super) fn plugin(app: &mut App) {
    app.add_observer(hand_over).add_observer(look_away);
}

fn hand_over(
    spawned: On<Spawned>,
    links: Query<(&RemoteId, Option<&Via>)>,
    mut tanks: Query<(&TankId, &mut Promised, &mut Occupant, &mut Tally)>,
    mut commands: Commands,
) {
    let Ok((id, mut promised, mut occupant, mut tally)) = tanks.get_mut(spawned.entity) else { return };
    let Some(link) = promised.link() else { return };
    let Ok((remote, via)) = links.get(link) else { return };
    let Some(Promise { player, .. }) = promised.0.take() else { return };
    *occupant = Occupant { account: Some(player.account), name: player.name.clone(), link: Some(link) };
    *tally = Tally::default();
    commands.entity(link).remove::<Awaiting>();
    seat_driver(&mut commands, spawned.entity, link, remote.0);
    info!("player joined seat={} transport={} name={:?}", id.0.index(), Via::name(via), player.name.as_str());
}

/// A newcomer who leaves before the tank is theirs keeps the seat for a while.
fn look_away(
    gone: On<Remove, Awaiting>,
    timeline: Res<LocalTimeline>,
    links: Query<&Awaiting>,
    mut tanks: Query<&mut Promised>,
) {
    let Ok(Awaiting(tank)) = links.get(gone.entity) else { return };
    if let Ok(mut promised) = tanks.get_mut(*tank)
        && let Some(promise) = &mut promised.0
        && promise.link == Some(gone.entity)
    {
        promise.link = None;
        promise.lapses_at = timeline.tick().0 + SEAT_HOLD;
    }
}

/// The seat for a newcomer: on the side with fewer people, a bot's that nobody was promised, the
/// weakest one, because it spawns next. `None` when every seat is a player's.
pub fn choose(places: &[Place]) -> Option<Seat> {
    let people = |team: Team| {
        places.iter().filter(|place| place.seat.team() == team && place.holder == Holder::Player).count()
    };
    places
        .iter()
        .filter(|place| place.holder != Holder::Player)
        .min_by_key(|place| (people(place.seat.team()), place.holder, place.health, place.seat))
        .map(|place| place.seat)
}

/// One seat as it stands when a newcomer asks.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub seat: Seat,
    pub holder: Holder,
    /// 0 for a wreck.
    pub health: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    Bot,
    /// A bot's, promised to somebody who has stayed away too long.
    Lapsed,
    /// Somebody's from the start, handed over, or promised.
    Player,
}

impl Holder {
    pub(super) fn of(occupant: &Occupant, promised: &Promised, tick: u32) -> Self {
        match &promised.0 {
            _ if occupant.account.is_some() => Holder::Player,
            None => Holder::Bot,
            Some(promise) if promise.link.is_none() && promise.lapses_at <= tick => Holder::Lapsed,
            Some(_) => Holder::Player,
        }
    }
}

/// On every tank, promised or not: one that gained a component would stand elsewhere in a snapshot, and tell
/// of a promise.
#[derive(Component, Clone, Debug, Default)]
pub struct Promised(pub Option<Promise>);

impl Promised {
    pub(super) fn link(&self) -> Option<Entity> {
        self.0.as_ref().and_then(|promise| promise.link)
    }

    pub(super) fn to(&self, account: AccountId) -> bool {
        self.0.as_ref().is_some_and(|promise| promise.player.account == account)
    }
}

/// A bot drives the tank until it next spawns, and this player from then on.
#[derive(Clone, Debug)]
pub struct Promise {
    pub player: ExpectedPlayer,
    /// The link that watches until then.
    pub link: Option<Entity>,
    /// Without a link, somebody else may have the seat from this tick on.
    lapses_at: u32,
}

impl Promise {
    pub(super) fn new(player: ExpectedPlayer, tick: u32) -> Self {
        Self { player, link: None, lapses_at: tick + SEAT_HOLD }
    }
}

/// On a link: the tank that it will drive. Until then it sees what the team sees.
#[derive(Component, Clone, Copy, Debug)]
pub struct Awaiting(pub Entity);

#[cfg(test)]
mod tests {
    use super::*;

    fn place(seat: u8, holder: Holder, health: u8) -> Place {
        Place { seat: Seat::try_from(seat).expect("seat should exist"), holder, health }
    }

    fn chosen(places: &[Place]) -> Option<u8> {
        choose(places).map(Seat::index)
    }

    #[test]
    fn newcomer_joins_the_side_with_fewer_people() {
        let places = [
            place(0, Holder::Player, 100),
            place(1, Holder::Bot, 100),
            place(2, Holder::Bot, 0),
            place(3, Holder::Bot, 100),
        ];
        assert_eq!(chosen(&places), Some(1));
    }

    #[test]
    fn wreck_is_taken_before_the_weakest_and_that_before_the_first() {
        let mut places = [
            place(0, Holder::Bot, 100),
            place(1, Holder::Bot, 100),
            place(2, Holder::Bot, 66),
            place(4, Holder::Bot, 0),
        ];
        assert_eq!(chosen(&places), Some(4));
        places[3].health = 100;
        assert_eq!(chosen(&places), Some(2));
        places[2].health = 100;
        assert_eq!(chosen(&places), Some(0));
    }

    #[test]
    fn lapsed_promise_is_broken_only_when_no_other_seat_is_left() {
        let mut places = [place(0, Holder::Lapsed, 0), place(2, Holder::Bot, 100)];
        assert_eq!(chosen(&places), Some(2));
        places[1].holder = Holder::Player;
        assert_eq!(chosen(&places), Some(0));
    }

    #[test]
    fn seat_of_a_player_is_never_given_away() {
        assert_eq!(chosen(&[place(0, Holder::Player, 0), place(1, Holder::Player, 0)]), None);
    }
}
