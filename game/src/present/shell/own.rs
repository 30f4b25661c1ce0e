//! Our own shells as they are shown, from the moment they are fired: the room tells of them a round trip
//! later.

use bevy::prelude::*;
use lightyear::prelude::Controlled;

use crate::{
    client::shell::{OwnShell, ShellSystems, Start},
    present::{
        PresentSystems,
        paint::painted,
        palette,
        shell::{Blast, Hit, STREAK, Streak, streaked},
    },
    sim::{
        arena::{Arena, CELL},
        event::{Heard, MatchEvent},
        shell::{RANGE, SPEED, Strike, sweep},
        tank::{Health, Hull, TankId},
    },
};

/// A told impact this near to the path of our shell is its end.
const NEAR: f32 = 1.0;

/// A told impact this near to where our shell struck a wall is the same one.
const SAME: f32 = 1.5;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (fire, fly, settle, end).chain().after(ShellSystems))
        .add_systems(PostUpdate, draw.in_set(PresentSystems::Pose));
}

fn fire(
    mut commands: Commands,
    streak: Res<Streak>,
    fired: Query<(Entity, &OwnShell), Added<OwnShell>>,
    mut blasts: MessageWriter<Blast>,
) {
    for (shell, own) in &fired {
        let Some(Start { muzzle, dir }) = own.start else { continue };
        blasts.write(Blast { tank: own.tank, muzzle, dir });
        commands.spawn((
            OwnStreak { shell, from: muzzle, dir, flown: 0.0, end: None },
            painted(&streak.0, palette::TEXT.to_linear()),
            streaked(muzzle, dir, 0.0, RANGE),
        ));
    }
}

fn fly(
    time: Res<Time>,
    arena: Res<Arena>,
    tanks: Query<(&TankId, &Hull, &Health, Has<Controlled>)>,
    mut shells: Query<&mut OwnStreak>,
    mut hits: MessageWriter<Hit>,
) {
    let step = time.delta_secs() * SPEED;
    for mut shell in &mut shells {
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
    }
}

/// Tells of every impact once: not again of what we have already shown.
fn settle(
    mut commands: Commands,
    mut heard: MessageReader<Heard>,
    shells: Query<(Entity, &OwnStreak)>,
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

/// A spent shell waits for the room's verdict, which comes right behind the impact. One that the room has
/// judged while we still let it fly has struck what we do not see, and one that was not fired after all is
/// gone.
fn end(mut commands: Commands, shells: Query<&OwnShell>, streaks: Query<(Entity, &OwnStreak)>) {
    for (entity, streak) in &streaks {
        let waits = shells.get(streak.shell).is_ok_and(|shell| shell.verdict.is_none());
        let shrinks = streak.end.as_ref().is_some_and(|end| streak.flown < end.reach + STREAK);
        if !waits && !shrinks {
            commands.entity(entity).try_despawn();
        }
    }
}

fn draw(mut shells: Query<(&OwnStreak, &mut Transform)>) {
    for (shell, mut place) in &mut shells {
        let reach = shell.end.as_ref().map_or(RANGE, |end| end.reach);
        *place = streaked(shell.from, shell.dir, shell.flown, reach);
    }
}

/// The normal of the wall that a shell along `dir` struck at `pos`.
fn face(pos: Vec2, dir: Vec2) -> Vec2 {
    let off = (pos / CELL - (pos / CELL).round()).abs();
    if off.x < off.y { Vec2::new(-dir.x.signum(), 0.0) } else { Vec2::new(0.0, -dir.y.signum()) }
}

#[derive(Component, Clone, Debug)]
struct OwnStreak {
    shell: Entity,
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

impl OwnStreak {
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
    fn only_an_impact_on_the_way_ends_our_shell() {
        let shell =
            OwnStreak { shell: Entity::PLACEHOLDER, from: Vec2::ZERO, dir: Vec2::X, flown: 12.0, end: None };
        assert!(shell.ends_at(Vec2::new(8.0, 0.4)));
        assert!(!shell.ends_at(Vec2::new(8.0, 3.0)) && !shell.ends_at(Vec2::new(20.0, 0.0)));
    }

    #[test]
    fn sparks_fly_from_the_face_that_was_struck() {
        assert_eq!(face(Vec2::new(4.0, 7.3), Vec2::new(0.8, 0.6)), Vec2::NEG_X);
        assert_eq!(face(Vec2::new(4.9, 8.0), Vec2::new(0.8, -0.6)), Vec2::Y);
    }
}
