//! Keyboard and mouse become what the tank should do. Keys count by their place on the board.

use bevy::{
    app::{RunFixedMainLoop, RunFixedMainLoopSystems},
    prelude::*,
};
use bevy_egui::input::EguiWantsInput;
use game::{
    client::Controls,
    present::camera::{Pointer, Watched},
    sim::tank::Hull,
};
use lightyear::prelude::Controlled;

use crate::screen::Screen;

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Paused>()
        .add_systems(
            RunFixedMainLoop,
            steer.in_set(RunFixedMainLoopSystems::BeforeFixedMainLoop).run_if(in_state(Screen::Match)),
        )
        .add_systems(Update, (pause, look_around).run_if(in_state(Screen::Match)))
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
    controls.smoke =
        (!typing && keys.pressed(KeyCode::KeyQ)) || (!pointing && buttons.pressed(MouseButton::Right));
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

/// Who has no tank goes on to another one of the team by firing, or by steering.
fn look_around(
    keys: Res<ButtonInput<KeyCode>>,
    buttons: Res<ButtonInput<MouseButton>>,
    egui: Res<EguiWantsInput>,
    paused: Res<Paused>,
    mut watched: ResMut<Watched>,
) {
    if watched.tank.is_none() || paused.0 {
        return;
    }
    let steps = if egui.wants_any_keyboard_input() { 0 } else { steps(&keys) };
    let click = !egui.wants_any_pointer_input() && buttons.just_pressed(MouseButton::Left);
    if steps != 0 || click {
        watched.go_on(steps + isize::from(click));
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

/// How many tanks on, or back.
fn steps(keys: &ButtonInput<KeyCode>) -> isize {
    let on = keys.any_just_pressed([KeyCode::Space, KeyCode::KeyD, KeyCode::ArrowRight]);
    let back = keys.any_just_pressed([KeyCode::KeyA, KeyCode::ArrowLeft]);
    isize::from(on) - isize::from(back)
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

    #[test]
    fn spectator_goes_on_once_for_each_press() {
        let mut keys = ButtonInput::default();
        keys.press(KeyCode::Space);
        assert_eq!(steps(&keys), 1);
        keys.clear();
        assert_eq!(steps(&keys), 0, "a key that stays down is no second press");
        keys.press(KeyCode::ArrowLeft);
        assert_eq!(steps(&keys), -1);
    }
}
