//! The golden match: six tanks drive by kept inputs for 70 seconds, and one checksum says whether the rules
//! lead to the same bits wherever the game runs.
//!
//! Driving, firing and throwing are the very systems of a match. Damage, return and sight are decided by the
//! room, which no browser has; here a short referee does so, with the same functions of [`shell`], [`sight`]
//! and [`Arena`].

mod script;

use bevy::{ecs::schedule::SingleThreadedExecutor, prelude::*};
use lightyear::prelude::{LocalTimeline, input::native::ActionState};
use protocol::id::Seat;

use crate::sim::{
    arena::Arena,
    golden::script::Script,
    gun::{self, Gun, Shot},
    input::TankInput,
    schedule::{self, TickSystems, ticks},
    shell::{self, Flight, Strike, Tracer},
    sight::{self, Cover},
    smoke::{self, Cloud, FUSE, Launcher, Throw},
    tank::{self, Health, Hull, RETURN, Stirred, TankId, Turret},
};

/// What the tanks were asked to do: `TICK SEAT DRIVE TURN AIM FIRE SMOKE` a line, ticks ascending. A line
/// holds until the seat's next.
pub const INPUTS: &str = include_str!("../../tests/golden/inputs.txt");

const SEATS: u8 = 6;
const LENGTH: u32 = ticks(70.0);

/// Directions in which each tank looks around.
const RAYS: usize = 16;

/// Plays a match from these inputs.
///
/// # Errors
///
/// Names the line that cannot be read.
pub fn play(inputs: &str) -> Result<Played, String> {
    let mut app = App::new();
    app.add_plugins((schedule::plugin, tank::plugin, gun::plugin, smoke::plugin))
        .init_resource::<Arena>()
        .init_resource::<LocalTimeline>()
        .insert_resource(Script::read(inputs)?)
        .init_resource::<Air>()
        .init_resource::<Played>()
        .edit_schedule(FixedUpdate, |schedule| {
            schedule.set_executor(SingleThreadedExecutor::new());
        })
        .add_systems(
            FixedUpdate,
            (
                obey.in_set(TickSystems::Think),
                fly.in_set(TickSystems::Fly),
                revive.in_set(TickSystems::Rules),
                note.in_set(TickSystems::Sight),
            ),
        );
    muster(app.world_mut());
    for _ in 0..LENGTH {
        app.world_mut().run_schedule(FixedUpdate);
        app.world_mut().resource_mut::<LocalTimeline>().apply_delta(1);
    }
    Ok(*app.world().resource::<Played>())
}

/// What came of it.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Over the whole state after every tick.
    pub checksum: u64,
    pub shots: u32,
    pub hits: u32,
    pub wrecks: u32,
}

impl Default for Played {
    /// The checksum is FNV-1a of 64 bits (Fowler, Noll and Vo, 1991).
    fn default() -> Self {
        Self { checksum: 0xCBF2_9CE4_8422_2325, shots: 0, hits: 0, wrecks: 0 }
    }
}

impl Played {
    fn add(&mut self, word: u32) {
        for byte in word.to_be_bytes() {
            self.checksum = (self.checksum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn add_number(&mut self, number: f32) {
        self.add(number.to_bits());
    }

    fn add_point(&mut self, point: Vec2) {
        self.add_number(point.x);
        self.add_number(point.y);
    }
}

fn muster(world: &mut World) {
    let arena = world.resource::<Arena>().clone();
    for seat in Seat::first(SEATS) {
        let (pos, heading) = arena.spawn(seat);
        world.spawn((
            TankId(seat),
            Hull { pos, heading, speed: 0.0 },
            Turret { heading },
            Gun::default(),
            Launcher::default(),
            Health::FULL,
            Stirred { from: 0, until: LENGTH },
            ActionState(TankInput::default()),
        ));
    }
}

fn obey(
    timeline: Res<LocalTimeline>,
    mut script: ResMut<Script>,
    mut tanks: Query<(&TankId, &mut ActionState<TankInput>)>,
) {
    script.turn_to(timeline.tick().0);
    for (id, mut input) in &mut tanks {
        input.0 = script.input(id.0);
    }
}

fn fly(
    arena: Res<Arena>,
    timeline: Res<LocalTimeline>,
    mut shots: MessageReader<Shot>,
    mut throws: MessageReader<Throw>,
    mut air: ResMut<Air>,
    mut played: ResMut<Played>,
    mut tanks: Query<(&TankId, &Hull, &mut Health)>,
) {
    let tick = timeline.tick().0;
    for shot in shots.read() {
        air.shells.push(Flight::of(shot, &arena));
        played.shots += 1;
    }
    air.clouds.retain(|cloud| !cloud.over(tick));
    air.clouds.extend(throws.read().map(|throw| Cloud { pos: throw.to, rises: throw.tick + FUSE }));
    let mut struck = Vec::new();
    air.shells.retain_mut(|shell| {
        let alive = tanks.iter().filter(|(.., health)| health.alive());
        let strike = shell.step(&arena, alive.map(|(id, hull, _)| (*id, hull.pos)));
        if let Some(Strike::Tank(victim, _)) = strike
            && victim.team() != shell.shooter.team()
        {
            struck.push(victim);
        }
        !shell.over()
    });
    for victim in struck {
        let found = tanks.iter_mut().find(|(id, ..)| **id == victim);
        let Some((.., mut health)) = found.filter(|(.., health)| health.alive()) else { continue };
        played.hits += 1;
        health.points = health.points.saturating_sub(shell::DAMAGE);
        if !health.alive() {
            health.back_at = tick + RETURN;
            played.wrecks += 1;
        }
    }
}

fn revive(
    arena: Res<Arena>,
    timeline: Res<LocalTimeline>,
    mut tanks: Query<(&TankId, &mut Hull, &mut Turret, &mut Gun, &mut Health)>,
) {
    for (id, mut hull, mut turret, mut gun, mut health) in &mut tanks {
        if !health.alive() && health.back_at <= timeline.tick().0 {
            let (pos, heading) = arena.spawn(id.0);
            *hull = Hull { pos, heading, speed: 0.0 };
            *turret = Turret { heading };
            *gun = Gun::default();
            *health = Health::FULL;
        }
    }
}

fn note(
    arena: Res<Arena>,
    timeline: Res<LocalTimeline>,
    air: Res<Air>,
    mut played: ResMut<Played>,
    tanks: Query<(&TankId, &Hull, &Turret, &Gun, &Launcher, &Health)>,
) {
    let tick = timeline.tick().0;
    played.add(tick);
    let mut tanks: Vec<_> = tanks.iter().collect();
    tanks.sort_unstable_by_key(|(id, ..)| **id);
    let smoke: Vec<_> = air.clouds.iter().filter(|cloud| cloud.stands(tick)).map(|cloud| cloud.pos).collect();
    let cover = Cover { arena: &arena, smoke: &smoke };
    for (id, hull, turret, gun, launcher, health) in &tanks {
        played.add_point(hull.pos);
        played.add_number(hull.heading);
        played.add_number(hull.speed);
        played.add_number(turret.heading);
        played.add(gun.ready_at);
        played.add(launcher.ready_at);
        played.add(u32::from(health.points));
        for (other, seen, ..) in &tanks {
            if other.team() != id.team() {
                played.add(u32::from(sight::sees_tank(cover, hull.pos, seen.pos)));
            }
        }
        for distance in sight::horizon::<RAYS>(cover, hull.pos) {
            played.add_number(distance);
        }
    }
    for cloud in &air.clouds {
        played.add_point(cloud.pos);
    }
    for shell in &air.shells {
        let tracer = Tracer { tick, pos: shell.pos, dir: shell.dir, shooter: Some(shell.shooter) };
        played.add_point(tracer.at(tick as f32 + 0.5));
    }
}

/// What is in the air, in the order in which it came there.
#[derive(Resource, Default)]
struct Air {
    shells: Vec<Flight>,
    clouds: Vec<Cloud>,
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;

    fn played(inputs: &str) -> Played {
        play(inputs).expect("the inputs should be read")
    }

    #[test]
    fn golden_match_has_the_kept_checksum() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/checksum.txt");
        let found = format!("{:016x}\n", played(INPUTS).checksum);
        if env::var_os("FOGLINE_BLESS").is_some() {
            fs::write(&kept, found).expect("the checksum should be writable");
            return;
        }
        assert_eq!(
            fs::read_to_string(&kept).unwrap_or_default(),
            found,
            "the rules lead elsewhere than before; if they should, run this test with FOGLINE_BLESS=1"
        );
    }

    #[test]
    fn golden_match_is_a_fight() {
        let Played { shots, hits, wrecks, .. } = played(INPUTS);
        assert!(shots >= 100 && hits >= 15 && wrecks >= 3, "{shots} shots, {hits} hits, {wrecks} wrecks");
    }

    #[test]
    fn one_changed_input_changes_the_checksum() {
        let (first, rest) = INPUTS.split_once('\n').expect("there should be lines");
        let held = first.strip_suffix(" 0").expect("nobody should throw in the first line");
        let changed = format!("{held} 1\n{rest}");
        assert_ne!(played(&changed).checksum, played(INPUTS).checksum);
    }

    #[test]
    fn line_that_is_no_input_is_named() {
        assert_eq!(play("0 0 1 0 0 0 0\n1 6 1 0 0 0 0"), Err("line 2: `1 6 1 0 0 0 0`".to_owned()));
        assert_eq!(play("0 0 1 0 0 2 0"), Err("line 1: `0 0 1 0 0 2 0`".to_owned()));
        assert_eq!(play("1 0 1 0 0 0 0\n0 0 1 0 0 0 0"), Err("line 2: ticks should ascend".to_owned()));
    }
}
