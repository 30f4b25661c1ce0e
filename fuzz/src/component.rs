//! Replicated components, as replicon reads and writes them; the first byte says which.

use bevy::prelude::{Component, Curve as _, Ease as _, Vec2};
use bevy_replicon::{bytes::Bytes, postcard_utils};
use game::sim::{
    arena::Arena,
    gun::Gun,
    input::TankInput,
    scoreboard::{Phase, Scoreboard},
    shell::Tracer,
    smoke::{Cloud, Launcher, reach},
    tank::{Health, Hull, Stirred, TankId, Turret, step},
};
use lightyear::prelude::Diffable as _;
use protocol::{id::Seat, limits::MOST_SEATS};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) fn component(bytes: &[u8]) -> bool {
    let Some((which, bytes)) = bytes.split_first() else { return false };
    match which {
        0 => same::<TankId>(bytes).map(|id| assert!(id.0.index() < MOST_SEATS)),
        1 => same::<Hull>(bytes).map(drive),
        2 => same::<Turret>(bytes).map(|turret| {
            Turret::default().apply_diff(&turret.diff(&Turret::default()));
        }),
        3 => same::<Gun>(bytes).map(drop),
        4 => same::<Health>(bytes).map(drop),
        5 => same::<Stirred>(bytes).map(drop),
        6 => same::<Tracer>(bytes).map(|tracer| {
            tracer.at(60.5);
            Arena::default().cast(tracer.pos, tracer.dir, 50.0);
        }),
        7 => same::<Scoreboard>(bytes).map(drop),
        8 => same::<Launcher>(bytes).map(drop),
        9 => same::<Cloud>(bytes).map(|cloud| {
            reach(cloud.pos, Vec2::new(5.0, 5.0), Vec2::X);
        }),
        _ => None,
    }
    .is_some()
}

/// Whatever a room claims of a tank, the client's rules take it.
fn drive(hull: Hull) {
    let arena = Arena::default();
    let stepped = step(hull, TankInput::new(1.0, 1.0, 0.0, true), &arena, &[Vec2::new(5.0, 5.0)]);
    Hull::interpolating_curve_unbounded(hull, stepped).sample_unchecked(0.5);
    Hull::default().apply_diff(&hull.diff(&stepped));
}

/// What is read and written is read again as the same, and is no longer than what came.
fn same<C: Component + Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<C> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let component: C = postcard_utils::from_buf(&mut rest).ok()?;
    let written = write(&component);
    assert!(written.len() <= bytes.len() - rest.len());
    let again: C =
        postcard_utils::from_buf(&mut Bytes::from(written.clone())).expect("what is written should be read");
    assert_eq!(write(&again), written);
    Some(component)
}

fn write<C: Serialize>(component: &C) -> Vec<u8> {
    let mut written = Vec::new();
    postcard_utils::to_extend_mut(component, &mut written).expect("a component should be written");
    written
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    let id = TankId(Seat::first(4).last().expect("there should be four seats"));
    let (pos, dir) = (Vec2::new(12.5, 20.0), Vec2::X);
    let written = [
        write(&id),
        write(&Hull { pos, heading: 1.0, speed: 9.0 }),
        write(&Turret { heading: -3.0 }),
        write(&Gun { ready_at: 72_000 }),
        write(&Health { points: 66, back_at: 0 }),
        write(&Stirred { from: 72_000, until: 86_400 }),
        write(&Tracer { tick: 72_000, pos, dir, shooter: Some(id) }),
        write(&Scoreboard { score: [3, 2], phase: Phase::Playing { ends_at: 86_400 } }),
        write(&Launcher::default()),
        write(&Cloud { pos, rises: 72_000 }),
    ];
    (0_u8..).zip(written).map(|(which, bytes)| [vec![which], bytes].concat()).collect()
}
