//! Which texels of the map are in sight, and how they get there.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use bevy::prelude::*;

use crate::sim::{
    arena::{Arena, CELL},
    sight::{Cover, RANGE, horizon},
};

/// Texels along one metre.
pub const PER_METRE: f32 = 4.0;

const RAYS: usize = 512;

/// Metres over which sight fades at its border.
const SOFT: f32 = 0.5;

/// Metres that light goes on where something ends it, so that the ground before a wall is fully lit.
const INTO_WALL: f32 = 0.3;

/// Passes of the blur that takes the steps off slanted borders.
const SMOOTHING: usize = 3;

/// Metres into a wall that take the light of the ground beside it.
const WALL_DEPTH: f32 = 2.0 * CELL;

/// The four sides and the four corners.
const TOWARD: [Vec2; 8] = [
    Vec2::X,
    Vec2::Y,
    Vec2::NEG_X,
    Vec2::NEG_Y,
    Vec2::new(1.0, 1.0),
    Vec2::new(-1.0, 1.0),
    Vec2::new(1.0, -1.0),
    Vec2::new(-1.0, -1.0),
];

pub struct Mask {
    width: usize,
    height: usize,
    lit: Vec<u8>,
    target: Vec<u8>,
    /// Room for one row above the one that is being blurred.
    row: Vec<u8>,
    /// Texels in walls, each with an open texel that lights it.
    faces: Vec<(usize, usize)>,
}

impl Mask {
    pub fn new(arena: &Arena) -> Self {
        let size = (arena.size() * PER_METRE).as_uvec2();
        let (width, height) = (size.x as usize, size.y as usize);
        let faces = (0..width * height)
            .flat_map(|texel| {
                let sides = open_sides(arena, centre(texel % width, texel / width));
                sides.into_iter().map(move |open| {
                    let (column, row) = ((open.x * PER_METRE) as usize, (open.y * PER_METRE) as usize);
                    (texel, row * width + column)
                })
            })
            .collect();
        Self {
            width,
            height,
            lit: vec![0; width * height],
            target: vec![0; width * height],
            row: vec![0; width],
            faces,
        }
    }

    pub fn size(&self) -> UVec2 {
        UVec2::new(self.width as u32, self.height as u32)
    }

    pub fn lit(&self) -> &[u8] {
        &self.lit
    }

    /// Aims every texel at what `eyes` see.
    pub fn look(&mut self, cover: Cover, eyes: &[Vec2]) {
        self.target.fill(0);
        for eye in eyes {
            let reach = horizon::<RAYS>(cover, *eye)
                .map(|distance| if distance < RANGE { distance + INTO_WALL } else { distance });
            self.light(*eye, &reach);
        }
        for (wall, open) in &self.faces {
            self.target[*wall] = self.target[*wall].max(self.target[*open]);
        }
        for _ in 0..SMOOTHING {
            blur(&mut self.target, &mut self.row, self.width);
        }
    }

    /// Moves every texel by `share` of its way, at least by one. True if any moved.
    pub fn ease(&mut self, share: f32) -> bool {
        let mut moved = false;
        for (lit, target) in self.lit.iter_mut().zip(&self.target) {
            if lit != target {
                *lit = nearer(*lit, *target, share);
                moved = true;
            }
        }
        moved
    }

    fn light(&mut self, eye: Vec2, reach: &[f32; RAYS]) {
        let most = RANGE + SOFT;
        let span = |middle: f32, end: usize| {
            let texel = |at: f32| ((at * PER_METRE).max(0.0) as usize).min(end);
            texel(middle - most)..texel(middle + most + 1.0)
        };
        for row in span(eye.y, self.height) {
            for column in span(eye.x, self.width) {
                let to = centre(column, row) - eye;
                let distance = to.length();
                let texel = &mut self.target[row * self.width + column];
                if distance >= most || *texel == u8::MAX {
                    continue;
                }
                let ray = turns(to) * RAYS as f32;
                let (first, part) = (ray as usize, ray.fract());
                let (a, b) = (reach[first % RAYS], reach[(first + 1) % RAYS]);
                let seen = (a + (b - a) * part - distance) / SOFT + 0.5;
                *texel = (*texel).max((seen.clamp(0.0, 1.0) * 255.0) as u8);
            }
        }
    }
}

/// Middle of a texel in metres.
pub fn centre(column: usize, row: usize) -> Vec2 {
    (Vec2::new(column as f32, row as f32) + 0.5) / PER_METRE
}

/// The open places around one inside a wall, the first in each direction; none for open ground and
/// for the depth of a wall. Any of them in sight lights the wall, so a slab is seen as a whole.
fn open_sides(arena: &Arena, at: Vec2) -> Vec<Vec2> {
    let open = |at: Vec2| {
        let (column, row) = arena.cell_at(at);
        !arena.solid(column, row)
    };
    if open(at) {
        return Vec::new();
    }
    let steps = 1..=(WALL_DEPTH * PER_METRE) as usize;
    TOWARD
        .into_iter()
        .filter_map(|toward| {
            steps.clone().map(|step| at + toward * (step as f32 / PER_METRE)).find(|at| open(*at))
        })
        .collect()
}

/// Heading of a vector in turns, 0 to 1, right to a few ten-thousandths of a radian: far less than
/// the angle between two rays, and much faster than the library's.
fn turns(to: Vec2) -> f32 {
    let (x, y) = (to.x.abs(), to.y.abs());
    let slope = x.min(y) / x.max(y).max(1e-9);
    let square = slope * slope;
    let eighth = ((-0.046_496_5 * square + 0.159_314_22) * square - 0.327_622_77) * square * slope + slope;
    let quarter = if y > x { FRAC_PI_2 - eighth } else { eighth };
    let half = if to.x < 0.0 { PI - quarter } else { quarter };
    let whole = if to.y < 0.0 { TAU - half } else { half };
    whole / TAU
}

/// One pass of a 3 by 3 binomial blur; the outermost texels stay.
fn blur(texels: &mut [u8], above: &mut [u8], width: usize) {
    let mix = |a: u8, b: u8, c: u8| ((u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2) / 4) as u8;
    for row in texels.chunks_exact_mut(width) {
        let mut left = row[0];
        for column in 1..width - 1 {
            let here = row[column];
            row[column] = mix(left, here, row[column + 1]);
            left = here;
        }
    }
    above.copy_from_slice(&texels[..width]);
    for start in (width..texels.len() - width).step_by(width) {
        for column in 0..width {
            let here = texels[start + column];
            texels[start + column] = mix(above[column], here, texels[start + width + column]);
            above[column] = here;
        }
    }
}

fn nearer(from: u8, to: u8, share: f32) -> u8 {
    let step = (f32::from(to) - f32::from(from)) * share;
    let step = if step > 0.0 { step.ceil() } else { step.floor() };
    (f32::from(from) + step) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{sight::sees_point, tank::direction};

    fn looked(eye: Vec2, smoke: &[Vec2]) -> (Arena, Mask) {
        let arena = Arena::default();
        let mut mask = Mask::new(&arena);
        mask.look(Cover { arena: &arena, smoke }, &[eye]);
        (arena, mask)
    }

    #[test]
    fn lit_ground_is_what_the_rules_see() {
        let (eye, smoke) = (Vec2::new(5.0, 21.0), [Vec2::new(9.0, 27.0)]);
        let (arena, mask) = looked(eye, &smoke);
        let cover = Cover { arena: &arena, smoke: &smoke };
        let (mut open, mut wrong) = (0, 0);
        for texel in 0..mask.target.len() {
            let at = centre(texel % mask.width, texel / mask.width);
            let (column, row) = arena.cell_at(at);
            if arena.solid(column, row) {
                continue;
            }
            open += 1;
            wrong += usize::from(sees_point(cover, eye, at) != (mask.target[texel] > 127));
        }
        assert!(wrong * 50 < open, "{wrong} of {open} open texels differ from the rules");
    }

    #[test]
    fn nobody_sees_nothing() {
        let arena = Arena::default();
        let mut mask = Mask::new(&arena);
        mask.look(Cover { arena: &arena, smoke: &[] }, &[]);
        assert!(!mask.ease(1.0), "darkness should stay dark");
    }

    #[test]
    fn wall_is_lit_from_the_side_that_is_seen() {
        let (_, mask) = looked(Vec2::new(5.0, 21.0), &[]);
        let texel =
            |x: f32, y: f32| mask.target[(y * PER_METRE) as usize * mask.width + (x * PER_METRE) as usize];
        assert!(texel(1.5, 21.0) > 250, "the left border faces the eye");
        assert_eq!(texel(62.5, 21.0), 0, "the right border is out of range");
    }

    #[test]
    fn border_moves_without_steps_and_arrives() {
        let (mut value, mut frames) = (0, 0);
        while value != 200 {
            let next = nearer(value, 200, 0.3);
            assert!(next > value, "should not stall at {value}");
            (value, frames) = (next, frames + 1);
        }
        assert!(frames > 5 && frames < 30, "took {frames} frames");
        assert_eq!(nearer(9, 0, 1.0), 0);
    }

    #[test]
    fn fast_heading_is_the_true_one() {
        for step in 0..1000 {
            let heading = step as f32 / 1000.0 * TAU;
            let error = (turns(direction(heading) * 7.0) - heading / TAU).abs();
            assert!(error.min(1.0 - error) * TAU < 1e-3, "off by {error} turns at {heading}");
        }
    }
}
