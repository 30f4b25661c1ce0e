//! Who can see what: range, and a line that no wall and not too much smoke cuts. The room decides with it
//! what a client is told, the client draws its darkness with it.

use bevy::prelude::*;

use crate::sim::{
    arena::Arena,
    smoke::{self, RADIUS as CLOUD},
    tank::{RADIUS, direction},
};

/// How far a tank sees, in metres.
pub const RANGE: f32 = 24.0;

/// What ends sight.
#[derive(Clone, Copy, Debug)]
pub struct Cover<'a> {
    pub arena: &'a Arena,
    /// The middles of all clouds that stand.
    pub smoke: &'a [Vec2],
}

impl Cover<'_> {
    /// How far `eye` sees in unit direction `dir`, at most `range`.
    fn reach(self, eye: Vec2, dir: Vec2, range: f32) -> f32 {
        let wall = self.arena.cast(eye, dir, range);
        self.smoke.iter().fold(wall, |reach, middle| reach.min(smoke::reach(*middle, eye, dir)))
    }
}

/// Is the point in range of `eye`, with nothing between that ends sight?
pub fn sees_point(cover: Cover, eye: Vec2, point: Vec2) -> bool {
    let to = point - eye;
    let distance = to.length();
    distance <= RANGE && (distance < 1e-3 || cover.reach(eye, to / distance, distance) >= distance)
}

/// Is any of a tank's middle and its two flanks, as `eye` sees them, in sight?
pub fn sees_tank(cover: Cover, eye: Vec2, tank: Vec2) -> bool {
    let aside = (tank - eye).normalize_or_zero().perp() * (RADIUS * 0.8);
    [tank, tank + aside, tank - aside].into_iter().any(|point| sees_point(cover, eye, point))
}

/// How far `eye` sees in each of `N` equal directions, from heading 0 on, in metres.
pub fn horizon<const N: usize>(cover: Cover, eye: Vec2) -> [f32; N] {
    std::array::from_fn(|ray| {
        let heading = ray as f32 / N as f32 * std::f32::consts::TAU;
        cover.reach(eye, direction(heading), RANGE)
    })
}

/// Do walls leave any part of a cloud around `middle` in sight? Other smoke does not hide it: whatever smoke
/// takes from sight, it is itself in sight before.
///
/// What a wall hides of the rim can change only where a look passes a landmark. So one look between each two
/// of them is enough to see through every gap, however narrow.
pub fn sees_cloud(arena: &Arena, eye: Vec2, middle: Vec2) -> bool {
    let to = middle - eye;
    let distance = to.length();
    if distance <= CLOUD || distance - CLOUD > RANGE {
        return distance <= CLOUD;
    }
    let ahead = to / distance;
    let free = |off: f32| {
        let dir = direction(off).rotate(ahead);
        let [rim, _] = smoke::span(middle, eye, dir);
        arena.cast(eye, dir, rim) >= rim
    };
    if free(0.0) {
        return true;
    }
    let widest = widest(distance);
    let off = |landmark: Vec2| {
        let to = landmark - eye;
        libm::atan2f(ahead.perp_dot(to), ahead.dot(to))
    };
    let between = landmarks(arena, eye, middle).map(off).filter(|off| off.abs() < widest);
    let mut offs: Vec<f32> = between.chain([-widest, widest]).collect();
    offs.sort_unstable_by(f32::total_cmp);
    offs.windows(2).any(|pair| free((pair[0] + pair[1]) / 2.0))
}

/// Radians to each side of the middle of a cloud within which its rim is in range.
fn widest(distance: f32) -> f32 {
    if distance * distance - CLOUD * CLOUD <= RANGE * RANGE {
        libm::asinf(CLOUD / distance)
    } else {
        let square = distance * distance + RANGE * RANGE - CLOUD * CLOUD;
        libm::acosf((square / (2.0 * distance * RANGE)).min(1.0))
    }
}

/// Corners of the walls that reach between `eye` and a cloud, and where these walls meet its rim.
fn landmarks(arena: &Arena, eye: Vec2, middle: Vec2) -> impl Iterator<Item = Vec2> {
    let between = Rect::from_center_half_size(middle, Vec2::splat(CLOUD)).union_point(eye);
    let near = arena.walls().iter().filter(move |wall| !wall.intersect(between).is_empty());
    near.flat_map(move |wall| {
        let mut marks = Vec::new();
        for x in [wall.min.x, wall.max.x] {
            marks.extend([wall.min.y, wall.max.y].map(|y| Vec2::new(x, y)));
            marks.extend(rim(x - middle.x).map(|y| Vec2::new(x, middle.y + y)));
        }
        for y in [wall.min.y, wall.max.y] {
            marks.extend(rim(y - middle.y).map(|x| Vec2::new(middle.x + x, y)));
        }
        marks.retain(|mark| wall.contains(*mark));
        marks
    })
}

/// Where a straight line that passes a cloud's middle so far off meets its rim, from the foot on it.
fn rim(off: f32) -> [f32; 2] {
    let half = libm::sqrtf((CLOUD * CLOUD - off * off).max(0.0));
    [-half, half]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dice::Dice;

    fn walls(arena: &Arena) -> Cover<'_> {
        Cover { arena, smoke: &[] }
    }

    #[test]
    fn nothing_is_seen_through_a_wall_or_beyond_range() {
        let arena = Arena::default();
        let eye = Vec2::new(5.0, 21.0);
        assert!(sees_point(walls(&arena), eye, eye + Vec2::X * 3.0));
        assert!(!sees_point(walls(&arena), eye, Vec2::new(-1.0, 21.0)));
        let far = Vec2::new(5.0 + RANGE + 0.1, 36.9);
        assert!(!sees_point(walls(&arena), Vec2::new(5.0, 36.9), far));
    }

    #[test]
    fn sight_is_mutual() {
        let arena = Arena::default();
        for (a, b) in [((5.0, 5.0), (20.0, 9.0)), ((9.0, 33.0), (18.0, 30.0)), ((5.0, 37.0), (12.0, 36.5))] {
            let (a, b) = (Vec2::from(a), Vec2::from(b));
            for smoke in [vec![], vec![(a + b) / 2.0], vec![a], vec![b], vec![b + Vec2::new(1.0, 3.2)]] {
                let cover = Cover { arena: &arena, smoke: &smoke };
                assert_eq!(sees_point(cover, a, b), sees_point(cover, b, a), "{a} and {b} in {smoke:?}");
            }
        }
    }

    #[test]
    fn smoke_blocks_sight_through_it_and_leaves_three_metres_inside() {
        let arena = Arena::default();
        let (eye, middle) = (Vec2::new(5.0, 37.0), Vec2::new(15.0, 37.0));
        let smoke = [middle];
        let cover = Cover { arena: &arena, smoke: &smoke };
        let sees = |x: f32| sees_point(cover, eye, Vec2::new(x, 37.0));
        assert!(sees(11.0) && sees(13.9), "the rim and a little behind it");
        assert!(!sees(14.1) && !sees(15.0) && !sees(20.0));
        assert!(sees_point(cover, middle, middle + Vec2::X * 2.9));
        assert!(!sees_point(cover, middle, middle + Vec2::X * 3.1));
        assert!(!sees_tank(cover, eye, Vec2::new(20.0, 37.0)));
        let horizon = horizon::<4>(cover, eye);
        assert!((horizon[0] - 9.0).abs() < 1e-4, "sight ends {} m away", horizon[0]);
    }

    #[test]
    fn smoke_that_takes_something_from_sight_is_itself_in_sight() {
        let (arena, mut dice) = (Arena::default(), Dice::new(5, 0));
        let mut place = || arena.size() / 2.0 * (Vec2::ONE + Vec2::new(dice.spread(), dice.spread()));
        let mut taken = 0;
        for _ in 0..30_000 {
            let (eye, point, middle) = (place(), place(), place());
            let smoke = [middle];
            let (air, fog) = (walls(&arena), Cover { arena: &arena, smoke: &smoke });
            if sees_point(air, eye, point) && !sees_point(fog, eye, point) {
                taken += 1;
                assert!(sees_cloud(&arena, eye, middle), "{middle} hides {point} from {eye}");
            }
        }
        assert!(taken > 50, "only {taken} of the looks ended in smoke");
    }

    #[test]
    fn cloud_behind_a_wall_is_not_seen_and_a_part_beside_it_is() {
        let arena = Arena::default();
        let eye = Vec2::new(11.0, 33.0);
        assert!(!sees_cloud(&arena, eye, Vec2::new(20.5, 33.0)), "the wall at x = 14 to 16 should hide it");
        assert!(sees_cloud(&arena, eye, Vec2::new(18.0, 37.0)), "its upper part stands out");
        assert!(sees_cloud(&arena, eye, eye + Vec2::Y * 3.0), "inside it one sees it");
        assert!(!sees_cloud(&arena, Vec2::new(3.0, 37.0), Vec2::new(3.1 + RANGE + CLOUD, 37.0)));
    }
}
