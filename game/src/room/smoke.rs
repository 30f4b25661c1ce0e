//! Smoke in a match, and what each team is told of it: as with shells ([`sky`]), on views of its own from
//! a pool, so that no number of an entity counts smoke that a team has not seen.

use bevy::prelude::*;
use lightyear::prelude::LocalTimeline;
use protocol::id::Team;

use crate::{
    room::{
        flight::{
            by_place,
            sky::{self, Pool},
        },
        fog::{Eyes, VisibleTo},
        life::MatchScoped,
    },
    sim::{
        arena::Arena,
        schedule::TickSystems,
        smoke::{Cloud, FUSE, RECHARGE, STANDS, Throw},
        tank::TankId,
    },
};

/// A team may begin to see a cloud at its end. Clouds that it begins to see while that view is in use were
/// thrown no longer ago than this, and no tank has thrown two of them: one view a seat is enough.
const _: () = assert!(2 * (FUSE + STANDS) + sky::REST < RECHARGE);

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, light.in_set(TickSystems::Fly));
}

/// Clear air, for a match with so many seats.
pub(super) fn open(commands: &mut Commands, seats: u8) {
    let pools = Team::BOTH.map(|_| Pool::new(commands, seats, Cloud { pos: Vec2::ZERO, rises: 0 }));
    commands.spawn((Haze { plumes: Vec::new(), pools }, MatchScoped));
}

fn light(mut throws: MessageReader<Throw>, mut hazes: Query<&mut Haze>) {
    for throw in throws.read() {
        for mut haze in &mut hazes {
            let cloud = Cloud { pos: throw.to, rises: throw.tick + FUSE };
            haze.plumes.push(Plume { thrower: throw.tank, cloud, views: [None; 2] });
        }
    }
}

/// A team knows of its own smoke from the throw on, and of any other from the first tick in which a part of
/// it is in sight. What it knows, it knows to the end.
pub(super) fn show(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    mut hazes: Query<&mut Haze>,
    mut views: Query<&mut Cloud>,
    mut commands: Commands,
) {
    let tick = timeline.tick().0;
    for mut haze in &mut hazes {
        haze.clear_over(tick, &mut commands);
        let Haze { plumes, pools } = &mut *haze;
        for team in Team::BOTH {
            let knows = |Plume { thrower, cloud, .. }: &Plume| {
                thrower.team() == team || cloud.stands(tick) && eyes.see_cloud(&arena, team, cloud.pos)
            };
            let mut fresh: Vec<&mut Plume> = plumes
                .iter_mut()
                .filter(|plume| plume.views[team.index()].is_none() && knows(plume))
                .collect();
            fresh.sort_unstable_by(|a, b| by_place(a.cloud.pos, b.cloud.pos));
            for plume in fresh {
                let view = pools[team.index()].take();
                let Ok(mut cloud) = views.get_mut(view) else { continue };
                *cloud = plume.cloud;
                commands.entity(view).insert(VisibleTo::team(team));
                plume.views[team.index()] = Some(view);
            }
        }
    }
}

/// All smoke of a match, known to the room alone.
#[derive(Component, Debug)]
pub struct Haze {
    plumes: Vec<Plume>,
    /// Amber's and Azure's.
    pools: [Pool; 2],
}

impl Haze {
    pub fn plumes(&self) -> &[Plume] {
        &self.plumes
    }

    /// The middles of the clouds that stand in this tick.
    pub(super) fn standing(&self, tick: u32) -> impl Iterator<Item = Vec2> {
        self.plumes.iter().filter(move |plume| plume.cloud.stands(tick)).map(|plume| plume.cloud.pos)
    }

    fn clear_over(&mut self, tick: u32, commands: &mut Commands) {
        self.plumes.retain(|plume| {
            let over = plume.cloud.over(tick);
            for view in plume.views.into_iter().flatten().filter(|_| over) {
                commands.entity(view).insert(VisibleTo::default());
            }
            !over
        });
    }
}

/// A grenade, and the cloud that it becomes.
#[derive(Debug)]
pub struct Plume {
    pub thrower: TankId,
    pub cloud: Cloud,
    /// What Amber and Azure are shown of it.
    views: [Option<Entity>; 2],
}
