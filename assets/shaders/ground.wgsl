// The map in one quad. Seen ground has a floor, a grid, worn marks and solid walls; the rest is
// remembered as the outline of its walls.

#import bevy_sprite::mesh2d_vertex_output::VertexOutput

struct Ground {
    deep: vec4<f32>,
    floor: vec4<f32>,
    grid: vec4<f32>,
    wall: vec4<f32>,
    edge: vec4<f32>,
    remembered: vec4<f32>,
    // Width and height of the map, depth of the relief, nothing.
    size: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> ground: Ground;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var relief: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var relief_sampler: sampler;
@group(#{MATERIAL_BIND_GROUP}) @binding(3) var mask: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(4) var mask_sampler: sampler;

const GRID: f32 = 2.0;
const SCUFF: f32 = 1.5;

// Three numbers from 0 to 1 for a cell, in integers: the same on every GPU.
fn hash(cell: vec2<f32>) -> vec3<f32> {
    var bits = u32(i32(cell.x) + 4096) * 0x9E3779B1u + u32(i32(cell.y) + 4096) * 0x85EBCA77u;
    bits = (bits ^ (bits >> 15u)) * 0x2C1B3C6Du;
    bits = (bits ^ (bits >> 13u)) * 0x297A2D39u;
    bits = bits ^ (bits >> 16u);
    let parts = vec3<u32>(bits & 1023u, (bits >> 10u) & 1023u, (bits >> 20u) & 1023u);
    return vec3<f32>(parts) / 1023.0;
}

// A short scratch in about half of the cells of a coarse lattice, inside its cell.
fn scuff(at: vec2<f32>, pixel: f32) -> f32 {
    let cell = floor(at / SCUFF);
    let chance = hash(cell);
    let middle = (cell + 0.5 + (chance.xy - 0.5) * 0.4) * SCUFF;
    let turn = chance.y * 12.57;
    let along = vec2<f32>(cos(turn), sin(turn));
    let half_length = 0.06 + 0.24 * fract(chance.z * 7.0);
    let to = at - middle;
    let rest = to - along * clamp(dot(to, along), -half_length, half_length);
    let mark = 1.0 - smoothstep(0.02, 0.03 + pixel, length(rest));
    return select(0.0, mark, chance.z > 0.45);
}

@fragment
fn fragment(in: VertexOutput) -> @location(0) vec4<f32> {
    let at = in.world_position.xy;
    let pixel = max(fwidth(at.x), fwidth(at.y));
    let uv = at / ground.size.xy;
    let texel = textureSampleLevel(relief, relief_sampler, uv, 0.0);
    let seen = smoothstep(0.0, 1.0, textureSampleLevel(mask, mask_sampler, uv, 0.0).r);

    let distance = (texel.r - 0.5) * 2.0 * ground.size.z;
    let wall = 1.0 - smoothstep(-0.5 * pixel, 0.5 * pixel, distance);
    let edge = 1.0 - smoothstep(0.5 * pixel, 1.2 * pixel, abs(distance + 0.75 * pixel));

    var color = ground.deep.rgb;
    if seen > 0.0 {
        let to_line = abs(fract(at / GRID + 0.5) - 0.5) * GRID;
        let line = 1.0 - smoothstep(0.5 * pixel, 1.3 * pixel, min(to_line.x, to_line.y));
        var floor_color = ground.floor.rgb * (0.86 + 0.28 * texel.g);
        floor_color = mix(floor_color, ground.grid.rgb, 0.55 * line);
        floor_color = mix(floor_color, ground.deep.rgb, 0.45 * scuff(at, pixel));
        floor_color *= 1.0 - 0.45 * (1.0 - smoothstep(0.0, 0.8, distance));

        let slab = ground.wall.rgb * (1.0 - 0.16 * smoothstep(0.0, 1.2, -distance));
        let lit = mix(mix(floor_color, slab, wall), ground.edge.rgb, 0.7 * edge);
        color = mix(color, lit, seen);
    }
    color = mix(color, ground.remembered.rgb, edge * (1.0 - seen));
    return vec4<f32>(color, 1.0);
}
