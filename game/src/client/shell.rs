//! Our own shells: in the air the moment the gun fires, and matched with what the room tells of them by
//! tank and tick.
//!
//! They are no entities of the room's that were spawned ahead of it. The room shows a shell to each team
//! as that team sees it, on views that it uses again and again, so that there is no entity of a shell to be
//! matched with; and what flies straight has nothing to be corrected.

use bevy::prelude::*;
use lightyear::prelude::{Controlled, LocalTimeline};

use crate::{
    client::listen,
    sim::{
        event::{Heard, MatchEvent, Verdict},
        gun::{Gun, RELOAD, Shot},
        schedule::ticks,
        shell::Tracer,
        tank::TankId,
    },
};

/// A shell is remembered for so many ticks. Over the worst of links the room has said by then what became
/// of it.
const MEMORY: u32 = ticks(10.0);

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Shots>().add_systems(
        Update,
        (fire, take_back, recognise, judge, forget).chain().after(listen).in_set(ShellSystems),
    );
}

/// Runs in `Update`: our shells are what the gun and the room say by now.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShellSystems;

/// A tick that is replayed fires again, perhaps a little earlier or later. The gun cannot have fired twice
/// within its reload, so that this is the same shell.
fn fire(
    mut shots: MessageReader<Shot>,
    mut shells: Query<&mut OwnShell>,
    mut record: ResMut<Shots>,
    mut commands: Commands,
) {
    for shot in shots.read() {
        match shells.iter_mut().find(|shell| shell.is(shot.tank, shot.tick)) {
            Some(shell) if shell.known => {}
            Some(mut shell) => shell.fired = shot.tick,
            None => {
                record.fired += 1;
                commands.spawn(OwnShell {
                    tank: shot.tank,
                    fired: shot.tick,
                    start: Some(Start { muzzle: shot.muzzle, dir: shot.dir }),
                    known: false,
                    verdict: None,
                });
            }
        }
    }
}

/// A correction has found that the gun did not fire: its reload says so.
fn take_back(
    guns: Query<(&TankId, &Gun), With<Controlled>>,
    shells: Query<(Entity, &OwnShell)>,
    mut record: ResMut<Shots>,
    mut commands: Commands,
) {
    for (entity, shell) in &shells {
        let fired =
            guns.iter().any(|(tank, gun)| *tank == shell.tank && gun.ready_at >= shell.fired + RELOAD);
        if !shell.known && !fired {
            record.taken_back += 1;
            commands.entity(entity).despawn();
        }
    }
}

fn recognise(
    views: Query<(Entity, &Tracer), Added<Tracer>>,
    own: Query<&TankId, With<Controlled>>,
    mut shells: Query<&mut OwnShell>,
    mut record: ResMut<Shots>,
    mut commands: Commands,
) {
    for (view, tracer) in &views {
        let Some(tank) = tracer.shooter.filter(|shooter| own.iter().any(|own| own == shooter)) else {
            continue;
        };
        match shells.iter_mut().find(|shell| shell.is(tank, tracer.tick)) {
            Some(mut shell) => {
                shell.make_known(tracer.tick, &mut record);
                if shell.start.is_some() {
                    commands.entity(view).insert(Foreseen);
                }
            }
            None => {
                record.unforeseen += 1;
                commands.spawn(OwnShell::unforeseen(tank, tracer.tick));
            }
        }
    }
}

fn judge(
    mut heard: MessageReader<Heard>,
    own: Query<&TankId, With<Controlled>>,
    mut shells: Query<&mut OwnShell>,
    mut record: ResMut<Shots>,
    mut commands: Commands,
) {
    for Heard(event) in heard.read() {
        let MatchEvent::Spent { fired, verdict } = *event else { continue };
        let Some(tank) = own.iter().next().copied() else { continue };
        match shells.iter_mut().find(|shell| shell.is(tank, fired)) {
            Some(shell) if shell.verdict.is_some() => record.judged_again += 1,
            Some(mut shell) => {
                shell.make_known(fired, &mut record);
                shell.verdict = Some(verdict);
                record.judged += 1;
            }
            None => {
                record.unforeseen += 1;
                record.judged += 1;
                commands.spawn(OwnShell { verdict: Some(verdict), ..OwnShell::unforeseen(tank, fired) });
            }
        }
    }
}

/// With the tank goes the match, and the tick of another one says nothing about these shells.
fn forget(
    timeline: Res<LocalTimeline>,
    own: Query<(), (With<TankId>, With<Controlled>)>,
    shells: Query<(Entity, &OwnShell)>,
    mut record: ResMut<Shots>,
    mut commands: Commands,
) {
    let tick = timeline.tick().0;
    for (entity, shell) in &shells {
        if own.is_empty() {
            commands.entity(entity).despawn();
        } else if tick.saturating_sub(shell.fired) > MEMORY {
            record.unknown += u32::from(!shell.known);
            record.unjudged += u32::from(shell.known && shell.verdict.is_none());
            commands.entity(entity).despawn();
        }
    }
}

/// A shell of the own gun. It stays for a while after its end.
#[derive(Component, Clone, Debug)]
pub struct OwnShell {
    pub tank: TankId,
    /// The tick. With the tank it names the shell in all that the room tells.
    pub fired: u32,
    /// `None` for a shell that the room has fired and we have not foreseen.
    pub start: Option<Start>,
    /// The room has told of it.
    known: bool,
    pub verdict: Option<Verdict>,
}

/// Where a shell has left the barrel.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub muzzle: Vec2,
    /// Unit vector.
    pub dir: Vec2,
}

impl OwnShell {
    fn unforeseen(tank: TankId, fired: u32) -> Self {
        Self { tank, fired, start: None, known: true, verdict: None }
    }

    fn is(&self, tank: TankId, tick: u32) -> bool {
        self.tank == tank && self.fired.abs_diff(tick) < RELOAD
    }

    fn make_known(&mut self, fired: u32, record: &mut Shots) {
        if self.known {
            return;
        }
        if self.fired == fired {
            record.matched += 1;
        } else {
            record.moved += 1;
        }
        self.known = true;
        self.fired = fired;
    }
}

/// On the room's view of a shell that we have shown since it was fired.
#[derive(Component)]
pub struct Foreseen;

/// What became of the own gun's shells, since the start of the app.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shots {
    /// Foreseen: shown before the room told of them.
    pub fired: u32,
    /// Of these, told by the room with the same tick.
    pub matched: u32,
    /// With another tick.
    pub moved: u32,
    /// Not fired after all, as a correction found.
    pub taken_back: u32,
    /// Never told by the room.
    pub unknown: u32,
    /// Fired by the room alone.
    pub unforeseen: u32,
    /// Hits and misses that the room has told.
    pub judged: u32,
    /// Told more than once.
    pub judged_again: u32,
    /// Of shells that the room has told, never told.
    pub unjudged: u32,
}

#[cfg(test)]
mod tests {
    use protocol::id::Seat;

    use super::*;

    fn shell(fired: u32) -> OwnShell {
        let tank = TankId(Seat::try_from(0).expect("seat 0 should exist"));
        OwnShell { known: false, ..OwnShell::unforeseen(tank, fired) }
    }

    #[test]
    fn shot_within_the_reload_is_the_same_and_the_next_is_another() {
        let shell = shell(1000);
        assert!(shell.is(shell.tank, 1000) && shell.is(shell.tank, 998) && shell.is(shell.tank, 1003));
        assert!(!shell.is(shell.tank, 1000 + RELOAD) && !shell.is(shell.tank, 1000 - RELOAD));
        let other = TankId(Seat::try_from(2).expect("seat 2 should exist"));
        assert!(!shell.is(other, 1000));
    }

    #[test]
    fn shell_is_matched_once_and_by_its_very_tick() {
        let mut record = Shots::default();
        let (mut right, mut late) = (shell(1000), shell(2000));
        for _ in 0..2 {
            right.make_known(1000, &mut record);
            late.make_known(2001, &mut record);
        }
        assert_eq!((record.matched, record.moved), (1, 1));
        assert_eq!(late.fired, 2001, "from now on it has the room's name");
    }
}
