//! The one material of everything but the ground: colours from the mesh, times a tint of the entity.

use bevy::{
    asset::uuid_handle,
    mesh::MeshTag,
    prelude::*,
    render::render_resource::AsBindGroup,
    shader::ShaderRef,
    sprite_render::{AlphaMode2d, Material2d, Material2dPlugin},
};

const SHADER: Handle<Shader> = uuid_handle!("5a1f2f63-5b0a-4c0e-9a50-0d8a3c7e1f01");
const PAINT: Handle<Paint> = uuid_handle!("5a1f2f63-5b0a-4c0e-9a50-0d8a3c7e1f02");

pub(super) fn plugin(app: &mut App) {
    app.add_plugins(Material2dPlugin::<Paint>::default());
    let world = app.world_mut();
    let shader = Shader::from_wgsl(include_str!("../../../assets/shaders/paint.wgsl"), "shaders/paint.wgsl");
    world
        .resource_mut::<Assets<Shader>>()
        .insert(&SHADER, shader)
        .expect("a fixed handle should take its shader");
    world
        .resource_mut::<Assets<Paint>>()
        .insert(&PAINT, Paint { light: LinearRgba::WHITE })
        .expect("a fixed handle should take its material");
}

/// What draws a mesh in its own colours times `tint`.
pub fn painted(mesh: &Handle<Mesh>, tint: LinearRgba) -> (Mesh2d, MeshMaterial2d<Paint>, MeshTag) {
    (Mesh2d(mesh.clone()), MeshMaterial2d(PAINT), tag(tint))
}

/// A tint as the shader reads it: four bytes, red lowest. It travels with the instance, so that any
/// number of fading things share one material and one draw.
pub fn tag(tint: LinearRgba) -> MeshTag {
    let byte = |part: f32| (part.clamp(0.0, 1.0) * 255.0).round() as u32;
    MeshTag(byte(tint.red) | byte(tint.green) << 8 | byte(tint.blue) << 16 | byte(tint.alpha) << 24)
}

#[derive(Asset, TypePath, AsBindGroup, Clone, Debug)]
pub struct Paint {
    /// All colours are multiplied by it.
    #[uniform(0)]
    light: LinearRgba,
}

impl Material2d for Paint {
    fn vertex_shader() -> ShaderRef {
        SHADER.into()
    }

    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    fn alpha_mode(&self) -> AlphaMode2d {
        AlphaMode2d::Blend
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tint_is_packed_red_first() {
        assert_eq!(tag(LinearRgba::new(1.0, 0.0, 0.0, 0.0)).0, 0x0000_00FF);
        assert_eq!(tag(LinearRgba::new(0.0, 0.0, 2.0, 1.0)).0, 0xFFFF_0000);
    }
}
