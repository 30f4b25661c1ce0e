//! Everything that can go to a client has a line in `docs/fog.md`, and what has no mask stays here.

use std::any::{TypeId, type_name};

use bevy::prelude::*;
use bevy_replicon::{prelude::RepliconChannels, shared::replication::rules::ReplicationRules};
use game::{
    room::fog::{EVERYBODY, VisibleTo},
    sim::{
        event::{MatchEvent, Verdict},
        gun::Gun,
        scoreboard::Scoreboard,
        shell::Tracer,
        smoke::{Cloud, Launcher},
        tank::{Health, Hull, Stirred, TankId, Turret},
    },
};
use lightyear::prelude::*;

use crate::support::{Match, seat};

const PAGE: &str = include_str!("../../../../docs/fog.md");

/// A type, and what the page calls it.
fn named<T: 'static>() -> (TypeId, String) {
    (TypeId::of::<T>(), short(type_name::<T>()))
}

fn short(path: &str) -> String {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path).to_owned()
}

fn has_a_line(name: &str) -> bool {
    PAGE.lines().any(|line| line.starts_with(&format!("| `{name}` |")))
}

#[test]
fn t12_every_component_on_the_wire_has_a_rule() {
    let game = Match::room();
    let known = [
        named::<TankId>(),
        named::<Hull>(),
        named::<Turret>(),
        named::<Gun>(),
        named::<Health>(),
        named::<Stirred>(),
        named::<Tracer>(),
        named::<Scoreboard>(),
        named::<Launcher>(),
        named::<Cloud>(),
        named::<PredictedSend>(),
        named::<InterpolatedSend>(),
        named::<ControlledSend>(),
        named::<ChildOf>(),
    ];
    for (_, name) in &known {
        assert!(has_a_line(name), "docs/fog.md has no rule for the component `{name}`");
    }
    let world = game.room.world();
    let rules = world.resource::<ReplicationRules>().iter().flat_map(|rule| &rule.components);
    for rule in rules {
        let info = world.components().get_info(rule.id).expect("a replicated component should be registered");
        let found = known.iter().any(|(kind, _)| Some(*kind) == info.type_id());
        assert!(found, "`{}` is replicated and has no rule here or in docs/fog.md", info.name());
    }
}

#[test]
fn t12_every_message_on_the_wire_has_a_rule() {
    let game = Match::room();
    let kinds = &game.room.world().resource::<MessageRegistry>().kind_map;
    let paths: Vec<_> = (0..).map_while(|number| kinds.name(kinds.kind(number)?)).collect();
    assert!(paths.iter().any(|path| path.ends_with("::MatchEvent")), "messages should be registered");
    for path in paths {
        assert!(has_a_line(&short(path)), "docs/fog.md has no rule for the message `{path}`");
    }
    let channels = game.room.world().resource::<RepliconChannels>();
    assert_eq!(channels.server_channels().len(), 2, "replicon should send entities and nothing else");
}

/// A new event does not compile here before it has a name, and fails before it has a rule.
#[test]
fn t12_every_event_has_a_rule() {
    let name = |event: &MatchEvent| match event {
        MatchEvent::Roster(_) => "Roster",
        MatchEvent::Fired { .. } => "Fired",
        MatchEvent::Impact { .. } => "Impact",
        MatchEvent::Struck { .. } => "Struck",
        MatchEvent::Spent { .. } => "Spent",
        MatchEvent::Killed { .. } => "Killed",
        MatchEvent::Wrecked { .. } => "Wrecked",
        MatchEvent::Over { .. } => "Over",
    };
    let (tank, at) = (TankId(seat(0)), Vec2::ZERO);
    let events = [
        MatchEvent::Roster(Vec::new()),
        MatchEvent::Fired { tank, muzzle: at, dir: at },
        MatchEvent::Impact { pos: at, normal: at, tank: false },
        MatchEvent::Struck { from: at },
        MatchEvent::Spent { fired: 0, verdict: Verdict::Missed },
        MatchEvent::Killed { victim: tank, by: tank },
        MatchEvent::Wrecked { tank, pos: at },
        MatchEvent::Over { score: [0; 2] },
    ];
    for event in &events {
        let name = format!("MatchEvent::{}", name(event));
        assert!(has_a_line(&name), "docs/fog.md has no rule for `{name}`");
    }
}

/// What the client knows of, beside its view of shells in the air.
fn tracers(game: &mut Match, client: usize) -> usize {
    let world = game.clients[client].app.world_mut();
    world.query::<&Tracer>().iter(world).count()
}

fn launch(game: &mut Match, mask: Option<VisibleTo>) -> Entity {
    let tracer = Tracer { tick: 0, pos: Vec2::ZERO, dir: Vec2::X, shooter: None };
    let mut thing = game.room.world_mut().spawn((tracer, Replicate::to_clients(NetworkTarget::All)));
    if let Some(mask) = mask {
        thing.insert(mask);
    }
    thing.id()
}

#[test]
fn t12_entity_without_a_mask_is_told_to_nobody() {
    let mut game = Match::running(60, &[0, 1]);
    launch(&mut game, None);
    game.ticks(30);
    assert_eq!((tracers(&mut game, 0), tracers(&mut game, 1)), (0, 0));
}

#[test]
fn t12_entity_that_loses_its_mask_is_taken_away() {
    let mut game = Match::running(60, &[0, 1]);
    let thing = launch(&mut game, Some(VisibleTo(EVERYBODY)));
    game.until("both know of it", |game| tracers(game, 0) == 1 && tracers(game, 1) == 1);
    game.room.world_mut().entity_mut(thing).remove::<VisibleTo>();
    game.until("neither knows of it", |game| tracers(game, 0) == 0 && tracers(game, 1) == 0);
}

#[test]
fn t12_gun_and_launcher_of_an_enemy_in_sight_are_not_told() {
    let mut game = Match::running(60, &[0, 1]);
    let amber = game.truth(0).pos;
    game.place(1, amber + Vec2::new(0.0, 5.0));
    game.until("Amber sees the enemy", |game| game.known(0).contains(&TankId(seat(1))));
    let world = game.clients[0].app.world_mut();
    let mut tanks = world.query_filtered::<&TankId, Or<(With<Gun>, With<Launcher>)>>();
    assert!(tanks.iter(world).all(|id| id.team() == seat(0).team()));
    let mut tanks = world.query_filtered::<&TankId, (With<Gun>, With<Launcher>)>();
    assert!(tanks.iter(world).any(|id| id.0 == seat(0)), "the own ones are known");
}
