//! What lies over what: z of everything that is drawn, low to high.

pub const GROUND: f32 = -10.0;
pub const WRECK: f32 = 1.0;
pub const DUST: f32 = 2.0;
pub const TANK: f32 = 3.0;
pub const SHELL: f32 = 5.0;
pub const SMOKE: f32 = 5.5;
pub const EFFECT: f32 = 6.0;

/// Within a tank or a wreck, above its own layer.
pub const RING: f32 = 0.0;
pub const HULL: f32 = 0.1;
pub const TURRET: f32 = 0.5;

/// Cleats above the hull, barrel below the turret.
pub const CLEATS: f32 = 0.1;
pub const BARREL: f32 = -0.1;
