//! Keyboard and mouse become what the tank should do. Keys count by their place on the board.

use bevy::{
    app::{RunFixedMainLoop, RunFixedMainLoopSystems},
    prelude::*,
};
use bevy_egui::input::EguiWantsInput;
use game::{client::Controls, present::camera::Pointer, sim::tank::Hull};
use lightyear::prelude::Controlled;

use crate::screen::Screen;

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Paused>()
        .add_systems(
            RunFixedMainLoop,
            steer.in_set(RunFixedMainLoopSystems::BeforeFixedMainLoop).run_if(in_state(Screen::Match)),
        )
        .add_systems(Update, pause.run_if(in_state(Screen::Match)))
        .add_systems(OnExit(Screen::Match), let_go);
}

fn steer(
    keys: Res<ButtonInput<KeyCode>>,
    buttons: Res<ButtonInput<MouseButton>>,
    egui: Res<EguiWantsInput>,
    paused: Res<Paused>,
    pointer: Res<Pointer>,
    own: Query<&Hull, With<Controlled>>,
    mut controls: ResMut<Controls>,
) {
    let typing = paused.0 || egui.wants_any_keyboard_input();
    let pointing = paused.0 || egui.wants_any_pointer_input();
    (controls.drive, controls.turn) = if typing { (0.0, 0.0) } else { course(&keys) };
    controls.fire =
        (!typing && keys.pressed(KeyCode::Space)) || (!pointing && buttons.pressed(MouseButton::Left));
    if let (Some(target), Some(hull)) = (pointer.world, own.iter().next())
        && !pointing
        && target.distance_squared(hull.pos) > 0.01
    {
        controls.aim = (target - hull.pos).to_angle();
    }
}

fn pause(keys: Res<ButtonInput<KeyCode>>, mut paused: ResMut<Paused>) {
    if keys.just_pressed(KeyCode::Escape) {
        paused.0 = !paused.0;
    }
}

fn let_go(mut controls: ResMut<Controls>, mut paused: ResMut<Paused>) {
    let aim = controls.aim;
    *controls = Controls { aim, ..default() };
    paused.0 = false;
}

/// Throttle and steering, left positive.
fn course(keys: &ButtonInput<KeyCode>) -> (f32, f32) {
    let axis = |more: [KeyCode; 2], less: [KeyCode; 2]| {
        f32::from(i8::from(keys.any_pressed(more)) - i8::from(keys.any_pressed(less)))
    };
    (
        axis([KeyCode::KeyW, KeyCode::ArrowUp], [KeyCode::KeyS, KeyCode::ArrowDown]),
        axis([KeyCode::KeyA, KeyCode::ArrowLeft], [KeyCode::KeyD, KeyCode::ArrowRight]),
    )
}

/// Whether the menu is open. The match goes on.
#[derive(Resource, Default)]
pub(crate) struct Paused(pub bool);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposite_keys_cancel_and_left_is_positive() {
        let mut keys = ButtonInput::default();
        keys.press(KeyCode::KeyW);
        keys.press(KeyCode::ArrowLeft);
        assert_eq!(course(&keys), (1.0, 1.0));
        keys.press(KeyCode::ArrowDown);
        keys.press(KeyCode::KeyD);
        assert_eq!(course(&keys), (0.0, 0.0));
    }
}
