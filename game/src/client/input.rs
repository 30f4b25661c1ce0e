//! The player's will becomes the input of the own tank, once a tick.

use bevy::prelude::*;
use lightyear::prelude::{
    Controlled, FrameInterpolate,
    client::input::InputSystems,
    input::native::{ActionState, InputMarker},
};

use crate::sim::input::TankInput;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Controls>()
        .add_systems(FixedPreUpdate, write.in_set(InputSystems::WriteClientInputs))
        .add_observer(take_control);
}

/// The own tank is shown between two ticks, as a correction would show it.
fn take_control(controlled: On<Add, Controlled>, mut commands: Commands) {
    commands.entity(controlled.entity).insert((InputMarker::<TankInput>::default(), FrameInterpolate));
}

fn write(
    controls: Res<Controls>,
    mut tanks: Query<&mut ActionState<TankInput>, With<InputMarker<TankInput>>>,
) {
    for mut state in &mut tanks {
        let Controls { drive, turn, aim, fire, smoke } = *controls;
        state.0 = TankInput::new(drive, turn, aim, fire).throwing(smoke);
    }
}

/// What the player wants now, written by devices or by a script.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Controls {
    /// -1 full reverse to 1 full ahead.
    pub drive: f32,
    /// -1 full right to 1 full left.
    pub turn: f32,
    /// World angle in radians.
    pub aim: f32,
    pub fire: bool,
    /// One press is one throw.
    pub smoke: bool,
}
