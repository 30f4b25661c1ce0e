//! What is true in a room at the end of a tick, whoever may know it.

use bevy::prelude::*;
use game::{
    protocol::id::Seat,
    room::{
        flight::{Landing, sky::Sky},
        life::Tally,
        newcomer::Promised,
        smoke::Haze,
    },
    sim::{
        gun::{Gun, Shot},
        shell::Flight,
        smoke::{Cloud, Launcher},
        tank::{Health, Hull, TankId, Turret},
    },
};
use lightyear::prelude::LocalTimeline;

pub fn plugin(app: &mut App) {
    app.init_resource::<Truth>().add_systems(FixedPostUpdate, observe);
}

fn observe(
    timeline: Res<LocalTimeline>,
    tanks: Query<(&TankId, &Hull, &Turret, &Gun, &Launcher, &Health, &Tally, &Promised)>,
    skies: Query<&Sky>,
    hazes: Query<&Haze>,
    mut shots: MessageReader<Shot>,
    mut landings: MessageReader<Landing>,
    mut truth: ResMut<Truth>,
) {
    let tanks = tanks.iter().map(|(id, hull, turret, gun, launcher, health, tally, promised)| Tank {
        id: *id,
        hull: *hull,
        turret: *turret,
        gun: *gun,
        launcher: *launcher,
        health: *health,
        tally: [tally.kills, tally.deaths],
        promised: promised.0.is_some(),
    });
    let shells = skies.iter().flat_map(Sky::shells);
    let shells = shells.map(|shell| shell.flight);
    let smoke = hazes.iter().flat_map(Haze::plumes);
    let smoke = smoke.map(|plume| Smoke { thrower: plume.thrower, cloud: plume.cloud });
    *truth = Truth {
        tick: timeline.tick().0,
        tanks: tanks.collect(),
        shells: shells.collect(),
        smoke: smoke.collect(),
        shots: shots.read().copied().collect(),
        landings: landings.read().copied().collect(),
    };
    truth.tanks.sort_unstable_by_key(|tank| tank.id);
}

#[derive(Resource, Clone, Debug, Default)]
pub struct Truth {
    pub tick: u32,
    /// In the order of their seats.
    pub tanks: Vec<Tank>,
    pub shells: Vec<Flight>,
    /// From the throw to the end of the cloud.
    pub smoke: Vec<Smoke>,
    /// Of this tick, as are the landings.
    pub shots: Vec<Shot>,
    pub landings: Vec<Landing>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tank {
    pub id: TankId,
    pub hull: Hull,
    pub turret: Turret,
    pub gun: Gun,
    pub launcher: Launcher,
    pub health: Health,
    /// Kills and deaths.
    pub tally: [u16; 2],
    /// To a newcomer.
    pub promised: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoke {
    pub thrower: TankId,
    pub cloud: Cloud,
}

impl Truth {
    pub fn tank(&self, seat: Seat) -> Option<&Tank> {
        self.tanks.iter().find(|tank| tank.id.0 == seat)
    }
}
