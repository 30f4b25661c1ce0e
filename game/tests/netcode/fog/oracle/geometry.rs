//! Walls and smoke of the reference, exact.

use game::sim::arena::MAP_TEXT;

/// Metres by which sight is longer and walls are thinner than in the rules.
pub const SLACK: f64 = 1e-3;

/// From the middle of a cloud to its rim.
pub const SMOKE: f64 = 4.0;

const CELL: f64 = 2.0;

pub type Point = [f64; 2];

pub struct Wall {
    min: Point,
    max: Point,
}

/// Metres of smoke on the way.
pub fn thickness(middle: Point, from: Point, to: Point) -> f64 {
    let way = [to[0] - from[0], to[1] - from[1]];
    let length = way[0].hypot(way[1]);
    if length == 0.0 {
        return 0.0;
    }
    let [x, y] = [middle[0] - from[0], middle[1] - from[1]];
    let along = (x * way[0] + y * way[1]) / length;
    let aside = (x * way[1] - y * way[0]) / length;
    let half = ((SMOKE - SLACK).powi(2) - aside.powi(2)).max(0.0).sqrt();
    (along + half).min(length) - (along - half).max(0.0)
}

impl Wall {
    /// Whether some part of the way lies inside: between the wall's edges along both axes at once.
    pub fn cuts(&self, from: Point, to: Point) -> bool {
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for axis in 0..2 {
            let step = to[axis] - from[axis];
            let (low, high) = (self.min[axis] - from[axis], self.max[axis] - from[axis]);
            if step == 0.0 {
                if low >= 0.0 || high <= 0.0 {
                    return false;
                }
                continue;
            }
            let (near, far) = if step > 0.0 { (low / step, high / step) } else { (high / step, low / step) };
            enter = enter.max(near);
            leave = leave.min(far);
        }
        enter < leave
    }

    /// Whether it touches the smallest rectangle around an eye and a cloud.
    pub fn reaches_between(&self, eye: Point, middle: Point, radius: f64) -> bool {
        (0..2).all(|axis| {
            let low = eye[axis].min(middle[axis] - radius);
            let high = eye[axis].max(middle[axis] + radius);
            self.min[axis] <= high && low <= self.max[axis]
        })
    }

    /// Its corners, and where its edges cross the rim of a cloud.
    pub fn marks(&self, middle: Point, radius: f64) -> Vec<Point> {
        let mut marks = Vec::new();
        for x in [self.min[0], self.max[0]] {
            marks.extend([[x, self.min[1]], [x, self.max[1]]]);
            let half = (radius.powi(2) - (x - middle[0]).powi(2)).sqrt();
            marks.extend([[x, middle[1] - half], [x, middle[1] + half]]);
        }
        for y in [self.min[1], self.max[1]] {
            let half = (radius.powi(2) - (y - middle[1]).powi(2)).sqrt();
            marks.extend([[middle[0] - half, y], [middle[0] + half, y]]);
        }
        let inside = |at: f64, axis: usize| self.min[axis] <= at && at <= self.max[axis];
        marks.retain(|[x, y]| inside(*x, 0) && inside(*y, 1));
        marks
    }
}

/// A square for every `#` of the map, thinner where it borders on ground.
pub fn walls() -> Vec<Wall> {
    let rows: Vec<&[u8]> = MAP_TEXT.lines().rev().map(str::as_bytes).collect();
    let solid = |column: usize, row: usize| {
        rows.get(row).and_then(|cells| cells.get(column)).is_none_or(|cell| *cell == b'#')
    };
    let mut walls = Vec::new();
    for (row, cells) in rows.iter().enumerate() {
        for column in (0..cells.len()).filter(|column| solid(*column, row)) {
            let slack = |solid: bool| if solid { 0.0 } else { SLACK };
            let [left, bottom] = [column, row].map(|cell| cell as f64 * CELL);
            walls.push(Wall {
                min: [
                    left + slack(solid(column.wrapping_sub(1), row)),
                    bottom + slack(solid(column, row.wrapping_sub(1))),
                ],
                max: [
                    left + CELL - slack(solid(column + 1, row)),
                    bottom + CELL - slack(solid(column, row + 1)),
                ],
            });
        }
    }
    walls
}
