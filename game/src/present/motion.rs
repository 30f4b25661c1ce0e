//! How things move on screen.

use bevy::prelude::*;

/// The player's wish for calm. The settings write it.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Motion {
    /// No kick of the camera, no flashes.
    pub reduced: bool,
}

/// Share of a gap that closes in `dt` seconds when half of it closes every `half_life` seconds.
pub fn eased(dt: f32, half_life: f32) -> f32 {
    1.0 - ops::exp2(-dt / half_life)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easing_does_not_depend_on_the_frame_rate() {
        let after = |frames: i32| {
            let left = 1.0 - eased(0.24 / frames as f32, 0.08);
            (0..frames).fold(1.0, |gap, _| gap * left)
        };
        assert!((after(1) - 0.125).abs() < 1e-5, "three half-lives should leave an eighth");
        assert!((after(1) - after(37)).abs() < 1e-4);
    }
}
