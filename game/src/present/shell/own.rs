//! Our own shells, shown the moment they are fired: the room tells of them a round trip later.

use bevy::prelude::*;
use lightyear::prelude::Controlled;

use crate::{
    present::{
        PresentSystems,
        paint::painted,
        palette,
        shell::{Blast, Hit, STREAK, Streak, streaked},
    },
    sim::{
        arena::{Arena, CELL},
        event::{Heard, MatchEvent},
        gun::{RELOAD, Shot},
        schedule::ticks,
        shell::{RANGE, SPEED, Strike, sweep},
        tank::{Health, Hull, TankId},
    },
};

/// A told impact this near to the path of our shell is its end.
const NEAR: f32 = 1.0;

/// A told impact this near to where our shell struck a wall is the same one.
const SAME: f32 = 1.5;

/// Seconds that a spent shell waits for the room's word.
const WAITS: f32 = 0.6;

/// Ticks that a correction may replay at most; a tick further back is of another match.
const REPLAY: u32 = ticks(5.0);

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (fire, fly, settle).chain())
        .add_systems(PostUpdate, draw.in_set(PresentSystems::Pose));
}

fn fire(
    mut commands: Commands,
    streak: Res<Streak>,
    mut shots: MessageReader<Shot>,
    mut last: Local<Option<u32>>,
    mut blasts: MessageWriter<Blast>,
) {
    for shot in shots.read() {
        if !fresh(*last, shot.tick) {
            continue;
        }
        *last = Some(shot.tick);
        blasts.write(Blast { tank: shot.tank, muzzle: shot.muzzle, dir: shot.dir });
        commands.spawn((
            OwnShell { from: shot.muzzle, dir: shot.dir, flown: 0.0, end: None },
            painted(&streak.0, palette::TEXT.to_linear()),
            streaked(shot.muzzle, shot.dir, 0.0, RANGE),
        ));
    }
}

fn fly(
    mut commands: Commands,
    time: Res<Time>,
    arena: Res<Arena>,
    tanks: Query<(&TankId, &Hull, &Health, Has<Controlled>)>,
    mut shells: Query<(Entity, &mut OwnShell)>,
    mut hits: MessageWriter<Hit>,
) {
    let step = time.delta_secs() * SPEED;
    for (entity, mut shell) in &mut shells {
        if shell.end.is_none() {
            let at = shell.from + shell.dir * shell.flown;
            let others = tanks
                .iter()
                .filter(|(.., health, own)| !own && health.alive())
                .map(|(id, hull, ..)| (*id, hull.pos));
            shell.end = match sweep(&arena, at, shell.dir, step, others) {
                Some(Strike::Wall(pos)) => {
                    hits.write(Hit { pos, normal: face(pos, shell.dir), tank: false });
                    Some(End { reach: shell.from.distance(pos), wall: true })
                }
                Some(Strike::Tank(_, pos)) => Some(End { reach: shell.from.distance(pos), wall: false }),
                None if shell.flown >= RANGE => Some(End { reach: RANGE, wall: false }),
                None => None,
            };
        }
        shell.flown += step;
        if shell.end.as_ref().is_some_and(|end| shell.flown > end.reach + WAITS * SPEED + STREAK) {
            commands.entity(entity).despawn();
        }
    }
}

/// Tells of every impact once: not again of what we have already shown.
fn settle(
    mut commands: Commands,
    mut heard: MessageReader<Heard>,
    shells: Query<(Entity, &OwnShell)>,
    mut hits: MessageWriter<Hit>,
) {
    let mut settled = Vec::new();
    for Heard(event) in heard.read() {
        let MatchEvent::Impact { pos, normal, tank } = *event else { continue };
        let ended = shells.iter().find(|(entity, shell)| !settled.contains(entity) && shell.ends_at(pos));
        if let Some((entity, _)) = ended {
            settled.push(entity);
            commands.entity(entity).despawn();
        }
        if !ended.is_some_and(|(_, shell)| shell.shown()) {
            hits.write(Hit { pos, normal, tank });
        }
    }
}

fn draw(mut shells: Query<(&OwnShell, &mut Transform)>) {
    for (shell, mut place) in &mut shells {
        let reach = shell.end.as_ref().map_or(RANGE, |end| end.reach);
        *place = streaked(shell.from, shell.dir, shell.flown, reach);
    }
}

/// Is a shot in this tick new, and not an earlier one that was replayed?
fn fresh(last: Option<u32>, tick: u32) -> bool {
    last.is_none_or(|last| tick >= last + RELOAD || tick + REPLAY < last)
}

/// The normal of the wall that a shell along `dir` struck at `pos`.
fn face(pos: Vec2, dir: Vec2) -> Vec2 {
    let off = (pos / CELL - (pos / CELL).round()).abs();
    if off.x < off.y { Vec2::new(-dir.x.signum(), 0.0) } else { Vec2::new(0.0, -dir.y.signum()) }
}

#[derive(Component, Clone, Debug)]
struct OwnShell {
    from: Vec2,
    dir: Vec2,
    /// Metres, counted on after its end.
    flown: f32,
    end: Option<End>,
}

#[derive(Clone, Debug)]
struct End {
    /// Metres from the muzzle.
    reach: f32,
    wall: bool,
}

impl OwnShell {
    /// Is a told impact at `pos` the end of this shell?
    fn ends_at(&self, pos: Vec2) -> bool {
        let reach = self.end.as_ref().map_or(self.flown, |end| end.reach + SAME);
        let along = (pos - self.from).dot(self.dir).clamp(0.0, reach);
        (self.from + self.dir * along).distance(pos) < NEAR
    }

    /// Have we shown the strike already?
    fn shown(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replayed_shot_is_shown_once() {
        assert!(fresh(None, 7));
        assert!(!fresh(Some(1000), 1000) && !fresh(Some(1000), 1001) && !fresh(Some(1000), 1000 - RELOAD));
        assert!(fresh(Some(1000), 1000 + RELOAD));
    }

    #[test]
    fn shot_of_a_new_match_is_shown_whatever_its_tick() {
        assert!(fresh(Some(100_000), 12));
    }

    #[test]
    fn only_an_impact_on_the_way_ends_our_shell() {
        let shell = OwnShell { from: Vec2::ZERO, dir: Vec2::X, flown: 12.0, end: None };
        assert!(shell.ends_at(Vec2::new(8.0, 0.4)));
        assert!(!shell.ends_at(Vec2::new(8.0, 3.0)) && !shell.ends_at(Vec2::new(20.0, 0.0)));
    }

    #[test]
    fn sparks_fly_from_the_face_that_was_struck() {
        assert_eq!(face(Vec2::new(4.0, 7.3), Vec2::new(0.8, 0.6)), Vec2::NEG_X);
        assert_eq!(face(Vec2::new(4.9, 8.0), Vec2::new(0.8, -0.6)), Vec2::Y);
    }
}
