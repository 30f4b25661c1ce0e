//! Flat shapes with soft rims, built point by point. The rim stands in for multisampling.

use std::f32::consts::{FRAC_PI_2, TAU};

use bevy::{
    asset::RenderAssetUsages,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};

/// Width of the rim in metres: about one pixel at 1080 lines.
const RIM: f32 = 0.03;

#[derive(Default)]
pub struct Drawing {
    positions: Vec<[f32; 3]>,
    colors: Vec<[f32; 4]>,
    indices: Vec<u16>,
}

impl Drawing {
    /// A convex polygon, its corners counter-clockwise.
    pub fn convex(mut self, corners: &[Vec2], color: Color) -> Self {
        let color = color.to_linear();
        let count = corners.len();
        let inner: Vec<u16> = corners.iter().map(|corner| self.point(*corner, color)).collect();
        for corner in 2..count {
            self.indices.extend([inner[0], inner[corner - 1], inner[corner]]);
        }
        let outer: Vec<u16> = (0..count)
            .map(|at| {
                let (before, here, next) =
                    (corners[(at + count - 1) % count], corners[at], corners[(at + 1) % count]);
                let (a, b) = (outward(before, here), outward(here, next));
                let mitre = (a + b) / (1.0 + a.dot(b)).max(0.4);
                self.point(here + mitre * RIM, color.with_alpha(0.0))
            })
            .collect();
        for at in 0..count {
            let next = (at + 1) % count;
            self.quad([inner[at], outer[at], outer[next], inner[next]]);
        }
        self
    }

    /// A rectangle along the axes.
    pub fn bar(self, min: Vec2, max: Vec2, color: Color) -> Self {
        self.convex(&[min, Vec2::new(max.x, min.y), max, Vec2::new(min.x, max.y)], color)
    }

    pub fn ring(self, radius: f32, width: f32, color: Color) -> Self {
        let color = color.to_linear();
        let clear = color.with_alpha(0.0);
        let (inner, outer) = (radius - width / 2.0, radius + width / 2.0);
        self.band([inner - RIM, inner], [clear, color])
            .band([inner, outer], [color, color])
            .band([outer, outer + RIM], [color, clear])
    }

    /// A disc that fades from its middle to nothing at its rim.
    pub fn glow(self, radius: f32, color: Color) -> Self {
        let color = color.to_linear();
        let half = color.with_alpha(color.alpha * 0.4);
        self.band([0.0, radius * 0.45], [color, half])
            .band([radius * 0.45, radius], [half, color.with_alpha(0.0)])
    }

    /// A disc that keeps its colour for the inner half and fades from there on.
    pub fn puff(self, radius: f32, color: Color) -> Self {
        let color = color.to_linear();
        self.band([0.0, radius * 0.5], [color, color])
            .band([radius * 0.5, radius], [color, color.with_alpha(0.0)])
    }

    /// A line that ends at the origin with full strength and fades along -x; one metre long.
    pub fn tail(mut self, width: f32, color: Color) -> Self {
        let color = color.to_linear();
        let clear = color.with_alpha(0.0);
        let half = Vec2::Y * (width / 2.0);
        let head = self.point(Vec2::ZERO, color);
        let end = self.point(Vec2::NEG_X, clear);
        for side in [half, -half] {
            let near = self.point(side, color);
            let far = self.point(side - Vec2::X, clear);
            let rim = self.point(side + side.normalize_or_zero() * RIM, clear);
            let rim_far = self.point(side + side.normalize_or_zero() * RIM - Vec2::X, clear);
            self.quad([head, near, far, end]);
            self.quad([near, rim, rim_far, far]);
        }
        self
    }

    pub fn mesh(self) -> Mesh {
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default())
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.positions)
            .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, self.colors)
            .with_inserted_indices(Indices::U16(self.indices))
    }

    fn band(mut self, radii: [f32; 2], colors: [LinearRgba; 2]) -> Self {
        const STEPS: usize = 32;
        let rims = [0, 1].map(|rim| {
            circle(radii[rim], STEPS).into_iter().map(|at| self.point(at, colors[rim])).collect::<Vec<_>>()
        });
        for at in 0..STEPS {
            let next = (at + 1) % STEPS;
            self.quad([rims[0][at], rims[1][at], rims[1][next], rims[0][next]]);
        }
        self
    }

    fn point(&mut self, at: Vec2, color: LinearRgba) -> u16 {
        self.positions.push([at.x, at.y, 0.0]);
        self.colors.push([color.red, color.green, color.blue, color.alpha]);
        (self.positions.len() - 1) as u16
    }

    fn quad(&mut self, [a, b, c, d]: [u16; 4]) {
        self.indices.extend([a, b, c, a, c, d]);
    }
}

/// Corners of a circle, counter-clockwise from +x.
pub fn circle(radius: f32, corners: usize) -> Vec<Vec2> {
    (0..corners).map(|at| Vec2::from_angle(at as f32 / corners as f32 * TAU) * radius).collect()
}

/// Corners of a rectangle around the origin whose corners are arcs.
pub fn rounded(half: Vec2, radius: f32) -> Vec<Vec2> {
    const STEPS: usize = 6;
    let centres = [Vec2::new(1.0, 1.0), Vec2::new(-1.0, 1.0), Vec2::new(-1.0, -1.0), Vec2::new(1.0, -1.0)];
    let corner = |quarter: usize| {
        let centre = centres[quarter] * (half - Vec2::splat(radius));
        (0..=STEPS).map(move |step| {
            let turned = quarter as f32 + step as f32 / STEPS as f32;
            centre + Vec2::from_angle(turned * FRAC_PI_2) * radius
        })
    };
    (0..4).flat_map(corner).collect()
}

/// Corners moved toward the origin so that `share` of their distance is left.
pub fn shrunk(corners: &[Vec2], share: f32) -> Vec<Vec2> {
    corners.iter().map(|corner| *corner * share).collect()
}

fn outward(from: Vec2, to: Vec2) -> Vec2 {
    -(to - from).normalize_or_zero().perp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rim_lies_outside_the_polygon() {
        let square = rounded(Vec2::ONE, 0.0);
        let drawing = Drawing::default().convex(&circle(1.0, 12), Color::WHITE);
        for (position, color) in drawing.positions.iter().zip(&drawing.colors) {
            let distance = Vec2::new(position[0], position[1]).length();
            assert_eq!(distance > 1.001, color[3] == 0.0, "a point {distance} m out has alpha {}", color[3]);
        }
        assert!(square.iter().all(|corner| (corner.abs() - Vec2::ONE).length() < 1e-5));
    }

    #[test]
    fn rounded_corners_go_counter_clockwise() {
        let corners = rounded(Vec2::new(1.2, 0.7), 0.5);
        let area: f32 =
            (0..corners.len()).map(|at| corners[at].perp_dot(corners[(at + 1) % corners.len()]) / 2.0).sum();
        assert!(area > 0.0 && area < 1.2 * 0.7 * 4.0, "area is {area}");
    }
}
