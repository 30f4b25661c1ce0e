//! What the own team sees, as a texture over the map.

pub mod mask;

use bevy::{
    asset::RenderAssetUsages,
    image::ImageSampler,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use lightyear::prelude::{Controlled, InterpolationTimeline, NetworkTimeline as _};

use crate::{
    client::RoomLink,
    present::{PresentSystems, darkness::mask::Mask, motion::eased},
    sim::{
        arena::Arena,
        sight::Cover,
        smoke::Cloud,
        tank::{Health, Hull, TankId},
    },
};

/// Seconds between two updates of the texture.
const PERIOD: f32 = 1.0 / 30.0;

const HALF_LIFE: f32 = 0.07;

/// Metres that an eye moves before what it sees is drawn anew.
const STIR: f32 = 0.02;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, unfold.in_set(DarknessSystems::Unfold).run_if(resource_changed::<Arena>))
        .add_systems(PostUpdate, lift.in_set(PresentSystems::Pose).run_if(resource_exists::<Darkness>));
}

fn unfold(mut commands: Commands, arena: Res<Arena>, mut images: ResMut<Assets<Image>>) {
    let mask = Mask::new(&arena);
    let size = mask.size();
    let mut image = Image::new(
        Extent3d { width: size.x, height: size.y, depth_or_array_layers: 1 },
        TextureDimension::D2,
        mask.lit().to_vec(),
        TextureFormat::R8Unorm,
        RenderAssetUsages::default(),
    );
    image.sampler = ImageSampler::linear();
    let image = images.add(image);
    commands.insert_resource(Darkness { image, mask, eyes: Vec::new(), smoke: Vec::new(), since: 0.0 });
}

fn lift(
    time: Res<Time>,
    arena: Res<Arena>,
    timeline: Res<InterpolationTimeline>,
    link: Res<RoomLink>,
    own: Query<&TankId, With<Controlled>>,
    tanks: Query<(&TankId, &Hull, &Health)>,
    clouds: Query<&Cloud>,
    mut darkness: ResMut<Darkness>,
    mut images: ResMut<Assets<Image>>,
) {
    darkness.since += time.delta_secs();
    if darkness.since < PERIOD {
        return;
    }
    let since = std::mem::take(&mut darkness.since);

    let seat = own.iter().next().map(|id| id.0).or(link.seat);
    let team = seat.map(|seat| seat.team());
    let mut viewers: Vec<_> =
        tanks.iter().filter(|(id, _, health)| Some(id.team()) == team && health.alive()).collect();
    viewers.sort_unstable_by_key(|(id, ..)| **id);
    let eyes: Vec<Vec2> = viewers.iter().map(|(_, hull, _)| hull.pos).collect();
    let tick = timeline.tick().0;
    let smoke: Vec<Vec2> = clouds.iter().filter(|cloud| cloud.stands(tick)).map(|cloud| cloud.pos).collect();
    if stirred(&darkness.eyes, &eyes) || darkness.smoke != smoke {
        darkness.mask.look(Cover { arena: &arena, smoke: &smoke }, &eyes);
        (darkness.eyes, darkness.smoke) = (eyes, smoke);
    }

    if darkness.mask.ease(eased(since, HALF_LIFE))
        && let Some(mut image) = images.get_mut(&darkness.image)
        && let Some(texels) = image.data.as_mut()
    {
        texels.copy_from_slice(darkness.mask.lit());
    }
}

fn stirred(before: &[Vec2], now: &[Vec2]) -> bool {
    before.len() != now.len() || before.iter().zip(now).any(|(a, b)| a.distance_squared(*b) > STIR * STIR)
}

/// Runs in `Update`.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DarknessSystems {
    /// A new map gets a new [`Darkness`].
    Unfold,
}

#[derive(Resource)]
pub struct Darkness {
    /// One byte a texel, bottom row first: 0 unseen, 255 seen.
    pub image: Handle<Image>,
    mask: Mask,
    /// Where the mask was last drawn from.
    eyes: Vec<Vec2>,
    /// The clouds among them.
    smoke: Vec<Vec2>,
    /// Seconds since the texture was last brought up to date.
    since: f32,
}
