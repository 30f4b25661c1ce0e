//! What the match has told so far: who sits where, who was hit, how often this player fired.

use std::{collections::BTreeMap, time::Duration};

use bevy::prelude::*;
use game::sim::{
    event::{Driver, Heard, MatchEvent, Verdict},
    gun::{RELOAD, Shot},
    tank::TankId,
};
use lightyear::prelude::Controlled;

use crate::screen::Screen;

/// Kills that the feed remembers.
const FEED: usize = 8;

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Tally>()
        .add_systems(OnEnter(Screen::Loading), forget)
        .add_systems(Update, (listen, count_shots));
}

fn forget(mut tally: ResMut<Tally>) {
    *tally = Tally::default();
}

fn listen(
    mut heard: MessageReader<Heard>,
    own: Query<&TankId, With<Controlled>>,
    time: Res<Time<Real>>,
    mut tally: ResMut<Tally>,
) {
    let own = own.iter().next().copied();
    for Heard(event) in heard.read() {
        tally.note(event, own, time.elapsed());
    }
}

/// A tick that is replayed fires again, and may fire a little earlier or later than before.
fn count_shots(
    mut shots: MessageReader<Shot>,
    own: Query<&TankId, With<Controlled>>,
    mut tally: ResMut<Tally>,
) {
    let own = own.iter().next();
    for shot in shots.read().filter(|shot| Some(&shot.tank) == own) {
        if tally.last_shot.is_none_or(|last| shot.tick.abs_diff(last) >= RELOAD / 2) {
            tally.shots += 1;
            tally.last_shot = Some(shot.tick);
        }
    }
}

/// Times are real times since the start of the app.
#[derive(Resource, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub names: BTreeMap<TankId, String>,
    /// Tanks whose players are not here.
    pub away: Vec<TankId>,
    /// The newest last.
    pub kills: Vec<Kill>,
    /// When the room last judged a shell of this player, and how.
    pub judged: Option<(Duration, Verdict)>,
    /// When this player was hit, and the direction that the shells came from.
    pub struck: Vec<(Duration, Vec2)>,
    /// Who killed this player last.
    pub killer: Option<TankId>,
    /// Shots that this player fired.
    pub shots: u32,
    /// Tick of the last of them.
    pub last_shot: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kill {
    pub at: Duration,
    pub victim: TankId,
    pub by: TankId,
}

impl Tally {
    pub(crate) fn name(&self, tank: TankId) -> String {
        match self.names.get(&tank) {
            Some(name) => name.clone(),
            None => format!("Tank {}", tank.0.index() + 1),
        }
    }

    fn note(&mut self, event: &MatchEvent, own: Option<TankId>, now: Duration) {
        match event {
            MatchEvent::Roster(lines) => {
                self.names = lines.iter().map(|line| (line.tank, line.name.clone())).collect();
                let away = lines.iter().filter(|line| line.driver == Driver::Substitute);
                self.away = away.map(|line| line.tank).collect();
            }
            MatchEvent::Struck { from } => {
                self.struck.retain(|(at, _)| now.saturating_sub(*at) < Duration::from_secs(3));
                self.struck.push((now, *from));
            }
            MatchEvent::Spent { verdict, .. } => self.judged = Some((now, *verdict)),
            MatchEvent::Killed { victim, by } => {
                self.kills.push(Kill { at: now, victim: *victim, by: *by });
                let old = self.kills.len().saturating_sub(FEED);
                self.kills.drain(..old);
                if Some(*victim) == own {
                    self.killer = Some(*by);
                }
            }
            MatchEvent::Fired { .. }
            | MatchEvent::Impact { .. }
            | MatchEvent::Wrecked { .. }
            | MatchEvent::Over { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use game::{protocol::id::Seat, sim::event::RosterLine};

    use super::*;

    fn tank(seat: u8) -> TankId {
        TankId(Seat::try_from(seat).expect("the seat should exist"))
    }

    #[test]
    fn tank_is_called_by_its_roster_name() {
        let mut tally = Tally::default();
        assert_eq!(tally.name(tank(2)), "Tank 3");
        let line = RosterLine { tank: tank(2), name: "ann".into(), driver: Driver::Player };
        tally.note(&MatchEvent::Roster(vec![line]), None, Duration::ZERO);
        assert_eq!(tally.name(tank(2)), "ann");
    }

    #[test]
    fn bot_in_a_seat_of_its_own_is_not_somebody_who_is_away() {
        let line = |seat, driver| RosterLine { tank: tank(seat), name: "ann".into(), driver };
        let lines = vec![line(0, Driver::Player), line(1, Driver::Bot), line(2, Driver::Substitute)];
        let mut tally = Tally::default();
        tally.note(&MatchEvent::Roster(lines), None, Duration::ZERO);
        assert_eq!(tally.away, [tank(2)]);
    }

    #[test]
    fn killer_is_remembered_for_the_own_tank_only() {
        let mut tally = Tally::default();
        let killed = |victim, by| MatchEvent::Killed { victim: tank(victim), by: tank(by) };
        tally.note(&killed(1, 0), Some(tank(3)), Duration::ZERO);
        assert_eq!(tally.killer, None);
        tally.note(&killed(3, 2), Some(tank(3)), Duration::ZERO);
        assert_eq!(tally.killer, Some(tank(2)));
        assert_eq!(tally.kills.len(), 2);
    }

    #[test]
    fn feed_forgets_the_oldest() {
        let mut tally = Tally::default();
        for second in 0..20 {
            let killed = MatchEvent::Killed { victim: tank(1), by: tank(0) };
            tally.note(&killed, None, Duration::from_secs(second));
        }
        assert_eq!(tally.kills.len(), FEED);
        assert_eq!(tally.kills[0].at, Duration::from_secs(12));
    }
}
