//! Leaks that the room has closed, each of which can be opened again.

use bevy::prelude::*;
use game::{
    room::fog::{EVERYBODY, Teller, VisibleTo},
    sim::{
        event::MatchEvent,
        gun::Shot,
        input::TankInput,
        schedule::TickSystems,
        scoreboard::Scoreboard,
        shell::Tracer,
        smoke::Cloud,
        tank::{Health, TankId},
    },
};
use lightyear::prelude::{NetworkTarget, Replicate, input::InputConfig};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// Inputs of a player are handed on to all others.
    Inputs,
    /// Every shell takes the number of an entity.
    Ids,
    /// Every shot is heard everywhere.
    Sounds,
    /// The score tells of wrecks that nobody has seen.
    Score,
    /// A shell that one team is shown is shown to the other, too.
    Spawn,
    /// Smoke that one team knows of is told to the other, too.
    Smoke,
    /// The end of something that was known tells of what is hidden.
    Despawn,
}

impl Leak {
    pub const ALL: [Leak; 7] =
        [Leak::Inputs, Leak::Ids, Leak::Sounds, Leak::Score, Leak::Spawn, Leak::Smoke, Leak::Despawn];

    pub fn open(self, room: &mut App) {
        match self {
            Leak::Inputs => {
                room.world_mut().resource_mut::<InputConfig<TankInput>>().rebroadcast_inputs = true;
            }
            Leak::Ids => {
                room.add_systems(FixedUpdate, (number, show).chain().after(TickSystems::Fly));
            }
            Leak::Sounds => {
                room.add_systems(FixedUpdate, sound.after(TickSystems::Fly));
            }
            Leak::Score => {
                room.add_systems(FixedUpdate, count.after(TickSystems::Sight));
            }
            Leak::Spawn => {
                room.add_systems(FixedUpdate, widen::<Tracer>.after(TickSystems::Sight));
            }
            Leak::Smoke => {
                room.add_systems(FixedUpdate, widen::<Cloud>.after(TickSystems::Sight));
            }
            Leak::Despawn => {
                room.add_systems(FixedUpdate, (lay, lift).chain().after(TickSystems::Fly));
            }
        }
    }
}

fn number(mut shots: MessageReader<Shot>, mut commands: Commands) {
    for _ in shots.read() {
        commands.spawn_empty();
    }
}

/// What a team is shown, it is shown as a new entity.
fn show(views: Query<(&Tracer, &VisibleTo), (Changed<VisibleTo>, Without<Extra>)>, mut commands: Commands) {
    for (tracer, mask) in views.iter().filter(|(_, mask)| **mask != VisibleTo::default()) {
        commands.spawn((Extra(None), *tracer, Replicate::to_clients(NetworkTarget::All), *mask));
    }
}

fn sound(mut shots: MessageReader<Shot>, mut teller: Teller) {
    for shot in shots.read() {
        teller.all(MatchEvent::Fired { tank: shot.tank, muzzle: shot.muzzle, dir: shot.dir });
    }
}

fn count(tanks: Query<&Health, With<TankId>>, mut boards: Query<&mut Scoreboard>) {
    let wrecks = tanks.iter().filter(|health| !health.alive()).count() as u16;
    for mut board in &mut boards {
        let score = [wrecks, board.score[1]];
        if board.score != score {
            board.score = score;
        }
    }
}

/// The room's own views, as if nobody had decided who sees them.
fn widen<T: Component>(views: Query<(Entity, &VisibleTo), With<T>>, mut commands: Commands) {
    for (view, mask) in &views {
        if ![VisibleTo::default(), VisibleTo(EVERYBODY)].contains(mask) {
            commands.entity(view).insert(VisibleTo(EVERYBODY));
        }
    }
}

/// Many things for every tank, known to all from the beginning.
fn lay(tanks: Query<&TankId, Added<TankId>>, mut commands: Commands) {
    for tank in &tanks {
        for _ in 0..30 {
            let target = Replicate::to_clients(NetworkTarget::All);
            commands.spawn((Extra(Some(*tank)), target, VisibleTo(EVERYBODY)));
        }
    }
}

/// One of them goes with every shot.
fn lift(mut shots: MessageReader<Shot>, extras: Query<(Entity, &Extra)>, mut commands: Commands) {
    for shot in shots.read() {
        if let Some((extra, _)) = extras.iter().find(|(_, extra)| extra.0 == Some(shot.tank)) {
            commands.entity(extra).despawn();
        }
    }
}

/// What the room itself would not have.
#[derive(Component)]
struct Extra(Option<TankId>);
