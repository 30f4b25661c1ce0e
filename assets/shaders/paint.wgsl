// Colours of the mesh, times the tint that the instance carries in its tag.

#import bevy_sprite::mesh2d_functions::{get_tag, get_world_from_local, mesh2d_position_local_to_clip}

struct Vertex {
    @builtin(instance_index) instance: u32,
    @location(0) position: vec3<f32>,
    @location(4) color: vec4<f32>,
}

struct Painted {
    @builtin(position) position: vec4<f32>,
    @location(0) color: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> light: vec4<f32>;

// `unpack4x8unorm` is not in the GLSL of WebGL2.
fn unpacked(tag: u32) -> vec4<f32> {
    let bytes = vec4<u32>(tag & 255u, (tag >> 8u) & 255u, (tag >> 16u) & 255u, tag >> 24u);
    return vec4<f32>(bytes) / 255.0;
}

@vertex
fn vertex(vertex: Vertex) -> Painted {
    var out: Painted;
    let world_from_local = get_world_from_local(vertex.instance);
    out.position = mesh2d_position_local_to_clip(world_from_local, vec4<f32>(vertex.position, 1.0));
    out.color = vertex.color * unpacked(get_tag(vertex.instance)) * light;
    return out;
}

@fragment
fn fragment(in: Painted) -> @location(0) vec4<f32> {
    return in.color;
}
