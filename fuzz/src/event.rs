//! Match events, as a client is told them.

use bevy::math::Vec2;
use game::sim::{
    event::{Driver, MatchEvent, RosterLine, Verdict},
    tank::TankId,
};
use protocol::{id::Seat, limits::MOST_SEATS};

use crate::wire;

pub(crate) fn event(bytes: &[u8]) -> bool {
    let Some((event, length)) = wire::same::<MatchEvent>(bytes) else { return false };
    let exists = |tank: TankId| assert!(tank.0.index() < MOST_SEATS);
    match event {
        MatchEvent::Roster(lines) => {
            let names: usize = lines.iter().map(|line| line.name.len()).sum();
            assert!(names + lines.len() <= length, "no more is kept than came");
            lines.iter().for_each(|line| exists(line.tank));
        }
        MatchEvent::Fired { tank, .. } | MatchEvent::Wrecked { tank, .. } => exists(tank),
        MatchEvent::Killed { victim, by } => [victim, by].into_iter().for_each(exists),
        _ => {}
    }
    true
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    let tanks: Vec<TankId> = Seat::first(2).map(TankId).collect();
    let line = |(tank, driver): (&TankId, Driver)| RosterLine { tank: *tank, name: "Ann".to_owned(), driver };
    let (pos, dir) = (Vec2::new(12.5, 20.0), Vec2::X);
    [
        MatchEvent::Roster(tanks.iter().zip([Driver::Player, Driver::Substitute]).map(line).collect()),
        MatchEvent::Fired { tank: tanks[0], muzzle: pos, dir },
        MatchEvent::Impact { pos, normal: -dir, tank: true },
        MatchEvent::Struck { from: dir },
        MatchEvent::Spent { fired: 72_000, verdict: Verdict::Killed },
        MatchEvent::Killed { victim: tanks[1], by: tanks[0] },
        MatchEvent::Wrecked { tank: tanks[1], pos },
        MatchEvent::Over { score: [3, 2] },
    ]
    .iter()
    .map(wire::write)
    .collect()
}
