//! How a match looks: a tactician's map at night. Reads the rules and what the room tells, decides
//! nothing.

pub mod camera;
mod darkness;
mod effect;
mod ground;
mod layer;
pub mod motion;
mod paint;
pub mod palette;
mod shape;
mod shell;
mod smoke;
mod tank;
mod trail;
mod wreck;

use bevy::prelude::*;
use lightyear::prelude::RollbackSystems;

/// Needs Bevy's render plugins, [`crate::sim::plugin`] and Lightyear's client plugins before it.
pub fn plugin(app: &mut App) {
    app.insert_resource(ClearColor(palette::DEEP))
        .init_resource::<motion::Motion>()
        .configure_sets(
            PostUpdate,
            (PresentSystems::Dress, PresentSystems::Pose, PresentSystems::Look)
                .chain()
                .after(RollbackSystems::VisualCorrection)
                .before(TransformSystems::Propagate),
        )
        .add_plugins((
            paint::plugin,
            camera::plugin,
            darkness::plugin,
            ground::plugin,
            tank::plugin,
            trail::plugin,
            shell::plugin,
            smoke::plugin,
            effect::plugin,
            wreck::plugin,
        ));
}

/// Runs in `PostUpdate`, in this order, once `Hull` and `Turret` hold what this frame shows.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum PresentSystems {
    /// What has come into sight gets its meshes.
    Dress,
    /// What has moved is put in its place.
    Pose,
    /// The camera follows. Nothing after this may move what it follows.
    Look,
}
