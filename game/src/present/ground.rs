//! The map: floor and walls in one quad, lit where the own team sees.

mod relief;

use bevy::{
    asset::{RenderAssetUsages, uuid_handle},
    image::ImageSampler,
    prelude::*,
    render::render_resource::{AsBindGroup, Extent3d, TextureDimension, TextureFormat},
    shader::ShaderRef,
    sprite_render::{Material2d, Material2dPlugin},
};

use crate::{
    present::{
        darkness::{Darkness, DarknessSystems},
        layer, palette,
    },
    sim::arena::Arena,
};

const SHADER: Handle<Shader> = uuid_handle!("5a1f2f63-5b0a-4c0e-9a50-0d8a3c7e1f03");

pub(super) fn plugin(app: &mut App) {
    app.add_plugins(Material2dPlugin::<Ground>::default())
        .add_systems(Update, lay.after(DarknessSystems::Unfold).run_if(resource_changed::<Arena>));
    let shader =
        Shader::from_wgsl(include_str!("../../../assets/shaders/ground.wgsl"), "shaders/ground.wgsl");
    app.world_mut()
        .resource_mut::<Assets<Shader>>()
        .insert(&SHADER, shader)
        .expect("a fixed handle should take its shader");
}

fn lay(
    mut commands: Commands,
    arena: Res<Arena>,
    darkness: Res<Darkness>,
    laid: Query<Entity, With<MeshMaterial2d<Ground>>>,
    mut images: ResMut<Assets<Image>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut grounds: ResMut<Assets<Ground>>,
) {
    for old in &laid {
        commands.entity(old).despawn();
    }
    let texels = (arena.size() * relief::PER_METRE).as_uvec2();
    let mut image = Image::new(
        Extent3d { width: texels.x, height: texels.y, depth_or_array_layers: 1 },
        TextureDimension::D2,
        relief::texels(&arena),
        TextureFormat::Rg8Unorm,
        RenderAssetUsages::RENDER_WORLD,
    );
    image.sampler = ImageSampler::linear();
    commands.spawn((
        Mesh2d(meshes.add(Rectangle::from_size(arena.size()))),
        MeshMaterial2d(grounds.add(Ground {
            deep: palette::DEEP.to_linear(),
            floor: palette::FLOOR.to_linear(),
            grid: palette::HAIRLINE.to_linear(),
            wall: palette::WALL.to_linear(),
            edge: palette::QUIET.to_linear(),
            remembered: palette::REMEMBERED.to_linear(),
            size: arena.size().extend(relief::DEPTH).extend(0.0),
            relief: images.add(image),
            mask: darkness.image.clone(),
        })),
        Transform::from_translation((arena.size() / 2.0).extend(layer::GROUND)),
    ));
}

#[derive(Asset, TypePath, AsBindGroup, Clone, Debug)]
struct Ground {
    #[uniform(0)]
    deep: LinearRgba,
    #[uniform(0)]
    floor: LinearRgba,
    #[uniform(0)]
    grid: LinearRgba,
    #[uniform(0)]
    wall: LinearRgba,
    #[uniform(0)]
    edge: LinearRgba,
    #[uniform(0)]
    remembered: LinearRgba,
    /// Width and height of the map and the depth of the relief, in metres.
    #[uniform(0)]
    size: Vec4,
    #[texture(1)]
    #[sampler(2)]
    relief: Handle<Image>,
    #[texture(3)]
    #[sampler(4)]
    mask: Handle<Image>,
}

impl Material2d for Ground {
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }
}
