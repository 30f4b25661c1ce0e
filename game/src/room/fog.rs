//! Who is told what. Hidden is the rule: an entity reaches a client only if its [`VisibleTo`] names
//! the client's team, and a link without a team is told nothing. Who may know what, and why, stands in
//! `docs/fog.md`.

use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_replicon::prelude::{AppVisibilityExt as _, VisibilityFilter};
use lightyear::prelude::{LocalTimeline, MessageSender, Replicating};
use protocol::id::Team;

use crate::{
    room::{
        seat::Seated,
        smoke::{self, Haze},
    },
    sim::{
        arena::Arena,
        event::MatchEvent,
        gun::Gun,
        schedule::{TickSystems, ticks},
        sight::{Cover, sees_cloud, sees_point, sees_tank},
        smoke::Launcher,
        tank::{Health, Hull, TankId},
        wire::EventChannel,
    },
};

/// A tank stays in sight this long after it was seen last, so that edges do not flicker.
const AFTERIMAGE: u32 = ticks(0.4);

/// The mask of both teams.
pub const EVERYBODY: u8 = 0b11;

pub(super) fn plugin(app: &mut App) {
    app.register_required_components::<Replicating, VisibleTo>()
        .add_visibility_filter::<VisibleTo>()
        .add_visibility_filter::<TankId>()
        .init_resource::<Eyes>()
        .add_observer(hide)
        .add_systems(FixedUpdate, (open_eyes, look, smoke::show).chain().in_set(TickSystems::Sight));
}

/// Without a mask an entity would be shown to all.
fn hide(unmasked: On<Remove, VisibleTo>, mut commands: Commands) {
    commands.entity(unmasked.entity).try_insert(VisibleTo::default());
}

fn open_eyes(
    timeline: Res<LocalTimeline>,
    tanks: Query<(&TankId, &Hull, &Health)>,
    hazes: Query<&Haze>,
    mut eyes: ResMut<Eyes>,
) {
    eyes.teams.iter_mut().for_each(Vec::clear);
    for (id, hull, health) in &tanks {
        if health.alive() {
            eyes.teams[id.team().index()].push(hull.pos);
        }
    }
    eyes.smoke = hazes.iter().flat_map(|haze| haze.standing(timeline.tick().0)).collect();
}

fn look(
    timeline: Res<LocalTimeline>,
    arena: Res<Arena>,
    eyes: Res<Eyes>,
    mut tanks: Query<(Entity, &TankId, &Hull, &mut Seen, &VisibleTo)>,
    mut commands: Commands,
) {
    let tick = timeline.tick().0;
    for (tank, id, hull, mut seen, visible) in &mut tanks {
        let enemy = id.team().other();
        if eyes.see_tank(&arena, enemy, hull.pos) {
            seen.until = tick + AFTERIMAGE;
        }
        let own = VisibleTo::team(id.team()).0;
        let mask = if seen.until > tick { own | VisibleTo::team(enemy).0 } else { own };
        if visible.0 != mask {
            commands.entity(tank).insert(VisibleTo(mask));
        }
    }
}

/// Teams that are told of an entity, one bit each; by default none. Everything that is replicated has
/// it.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[component(immutable)]
pub struct VisibleTo(pub u8);

impl VisibleTo {
    pub fn team(team: Team) -> Self {
        Self(1 << team.index())
    }
}

impl VisibilityFilter for VisibleTo {
    type ClientComponent = LinkTeam;
    type Scope = Entity;

    fn is_visible(&self, _client: Entity, team: Option<&LinkTeam>) -> bool {
        team.is_some_and(|team| self.0 & VisibleTo::team(team.0).0 != 0)
    }
}

/// When a gun can fire or a launcher throw again tells when it did so last, so only its own team is told.
impl VisibilityFilter for TankId {
    type ClientComponent = LinkTeam;
    type Scope = (Gun, Launcher);

    fn is_visible(&self, _client: Entity, team: Option<&LinkTeam>) -> bool {
        team.is_some_and(|team| team.0 == self.team())
    }
}

/// On a link: whose eyes it sees with.
#[derive(Component, Clone, Copy, Debug)]
#[component(immutable)]
pub struct LinkTeam(pub Team);

/// Until which tick the other team sees a tank.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Seen {
    until: u32,
}

/// Where the living tanks of each team stand, and the smoke among them, at the end of the last tick.
#[derive(Resource, Clone, Debug, Default)]
pub struct Eyes {
    /// Amber's and Azure's.
    teams: [Vec<Vec2>; 2],
    /// The middles of all clouds.
    smoke: Vec<Vec2>,
}

impl Eyes {
    pub fn see(&self, arena: &Arena, team: Team, point: Vec2) -> bool {
        self.any(team, |eye| sees_point(self.cover(arena), eye, point))
    }

    pub fn see_tank(&self, arena: &Arena, team: Team, tank: Vec2) -> bool {
        self.any(team, |eye| sees_tank(self.cover(arena), eye, tank))
    }

    /// A part of a cloud around `middle`.
    pub fn see_cloud(&self, arena: &Arena, team: Team, middle: Vec2) -> bool {
        self.any(team, |eye| sees_cloud(arena, eye, middle))
    }

    pub fn cover<'a>(&'a self, arena: &'a Arena) -> Cover<'a> {
        Cover { arena, smoke: &self.smoke }
    }

    fn any(&self, team: Team, sees: impl Fn(Vec2) -> bool) -> bool {
        self.teams[team.index()].iter().any(|eye| sees(*eye))
    }
}

/// Tells match events to those who may know them: drivers, and newcomers who watch with their team.
#[derive(SystemParam)]
pub struct Teller<'w, 's> {
    links: Query<
        'w,
        's,
        (Entity, &'static LinkTeam, Option<&'static Seated>, &'static mut MessageSender<MatchEvent>),
    >,
}

impl Teller<'_, '_> {
    pub fn all(&mut self, event: MatchEvent) {
        self.tell(event, |_, _, _| true);
    }

    pub fn teams(&mut self, event: MatchEvent, knows: impl Fn(Team) -> bool) {
        self.tell(event, |_, team, _| knows(team));
    }

    pub fn driver(&mut self, tank: Entity, event: MatchEvent) {
        self.tell(event, |_, _, seated| seated == Some(tank));
    }

    pub fn link(&mut self, link: Entity, event: MatchEvent) {
        self.tell(event, |of, _, _| of == link);
    }

    fn tell(&mut self, event: MatchEvent, to: impl Fn(Entity, Team, Option<Entity>) -> bool) {
        for (link, team, seated, mut sender) in &mut self.links {
            if to(link, team.0, seated.map(|seated| seated.0)) {
                sender.send::<EventChannel>(event.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_without_a_team_is_told_nothing() {
        let client = Entity::PLACEHOLDER;
        assert!(!VisibleTo(EVERYBODY).is_visible(client, None));
        assert!(VisibleTo(EVERYBODY).is_visible(client, Some(&LinkTeam(Team::Azure))));
        assert!(!VisibleTo::team(Team::Amber).is_visible(client, Some(&LinkTeam(Team::Azure))));
        assert!(!VisibleTo::default().is_visible(client, Some(&LinkTeam(Team::Azure))));
    }
}
