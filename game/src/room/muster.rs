//! Everything that a new match begins with: a scoreboard, a sky, clear air, and a tank for every seat.

use bevy::prelude::*;
use lightyear::prelude::{input::native::ActionState, *};
use protocol::{id::Seat, limits::MOST_SEATS, registry::ExpectedPlayer, text::PlayerName};

use crate::{
    room::{
        bot::Brain,
        flight::sky,
        fog::{EVERYBODY, Seen, VisibleTo},
        life::{MatchScoped, Tally},
        newcomer::Promised,
        seat::Occupant,
        smoke,
    },
    sim::{
        arena::Arena,
        gun::Gun,
        input::TankInput,
        scoreboard::{Phase, Scoreboard},
        smoke::Launcher,
        tank::{Health, Hull, Stirred, TankId, Turret},
    },
};

/// Seats without a player are bots'; the others' tanks wait for theirs. What a client may ever see has its
/// entity from now on, so that no entity's number tells what has happened out of sight.
pub(super) fn muster(
    commands: &mut Commands,
    arena: &Arena,
    seed: u64,
    seats: u8,
    players: &[ExpectedPlayer],
) {
    commands.spawn((
        Scoreboard { score: [0, 0], phase: Phase::Waiting { until: None } },
        Replicate::to_clients(NetworkTarget::All),
        VisibleTo(EVERYBODY),
        MatchScoped,
    ));
    sky::open(commands, seats);
    smoke::open(commands, seats);
    for seat in Seat::first(seats) {
        let (pos, heading) = arena.spawn(seat);
        let player = players.iter().find(|player| player.seat == seat);
        commands.spawn((
            (
                TankId(seat),
                Hull { pos, heading, speed: 0.0 },
                Turret { heading },
                Gun::default(),
                Launcher::default(),
                Health::FULL,
                Stirred::default(),
                ActionState(TankInput::new(0.0, 0.0, heading, false)),
            ),
            Occupant {
                account: player.map(|player| player.account),
                name: player.map_or_else(|| bot_name(seat), |player| player.name.clone()),
                link: None,
            },
            Promised::default(),
            Tally::default(),
            Brain::new(seed, seat),
            Seen::default(),
            VisibleTo::team(seat.team()),
            Replicate::to_clients(NetworkTarget::All),
            PredictionTarget::to_clients(NetworkTarget::None),
            InterpolationTarget::to_clients(NetworkTarget::All),
            DisableReplicateHierarchy,
            MatchScoped,
        ));
    }
}

fn bot_name(seat: Seat) -> PlayerName {
    const NAMES: [&str; MOST_SEATS as usize] = [
        "Rivet", "Cobalt", "Piston", "Flint", "Bracket", "Marlin", "Anvil", "Gasket", "Sprocket", "Ratchet",
        "Girder", "Solder", "Magnet", "Boiler", "Copper", "Tungsten",
    ];
    PlayerName::new(NAMES[usize::from(seat.index())]).expect("bot names should be valid names")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bot_has_a_name_of_its_own() {
        let mut names: Vec<PlayerName> = Seat::first(MOST_SEATS).map(bot_name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), usize::from(MOST_SEATS));
    }
}
