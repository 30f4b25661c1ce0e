//! The map: walls, open ground, and where tanks start.

use bevy::prelude::*;
use protocol::{
    id::{Seat, Team},
    limits::TEAM_SIZES,
};

/// The map that is built in: its name and its text.
pub const MAP: &str = "crossing";
pub const MAP_TEXT: &str = include_str!("../../../assets/maps/crossing.txt");

/// Side of a map cell in metres.
pub const CELL: f32 = 2.0;

/// One map. The origin is its lower left corner, x goes right, y goes up, in metres.
#[derive(Resource, Clone, Debug)]
pub struct Arena {
    columns: usize,
    rows: usize,
    /// Row by row from the bottom: is the cell a wall?
    solid: Vec<bool>,
    walls: Vec<Rect>,
    spawns: [Vec<Vec2>; 2],
}

impl Default for Arena {
    fn default() -> Self {
        Self::parse(MAP_TEXT).expect("the built-in map should be well formed")
    }
}

impl Arena {
    /// Reads a map drawn in text, the top row first: `#` wall, `.` ground, `A` and `B` ground where
    /// Amber and Azure start. The error names line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<&str> = text.lines().collect();
        let columns = lines.first().map_or(0, |line| line.len());
        if columns < 3 || lines.len() < 3 {
            return Err("a map has at least 3 rows and 3 columns".into());
        }
        let rows = lines.len();
        let mut solid = vec![false; columns * rows];
        let mut spawns = [Vec::new(), Vec::new()];
        for (line, text) in lines.iter().enumerate() {
            if text.len() != columns {
                return Err(format!("line {}: {} columns, the first has {columns}", line + 1, text.len()));
            }
            let row = rows - 1 - line;
            for (column, cell) in text.bytes().enumerate() {
                let centre = Vec2::new(column as f32 + 0.5, row as f32 + 0.5) * CELL;
                match cell {
                    b'#' => solid[row * columns + column] = true,
                    b'.' => {}
                    b'A' => spawns[Team::Amber.index()].push(centre),
                    b'B' => spawns[Team::Azure.index()].push(centre),
                    other => {
                        return Err(format!(
                            "line {}, column {}: `{}` is not one of # . A B",
                            line + 1,
                            column + 1,
                            char::from(other).escape_default()
                        ));
                    }
                }
            }
        }
        let edge = |cell: usize| {
            let (column, row) = (cell % columns, cell / columns);
            column == 0 || row == 0 || column == columns - 1 || row == rows - 1
        };
        if (0..solid.len()).any(|cell| edge(cell) && !solid[cell]) {
            return Err("the map should be closed by walls all around".into());
        }
        if spawns.iter().any(|spawns| spawns.len() < 3) {
            return Err("each team needs at least 3 places to start".into());
        }
        let walls = merge(&solid, columns, rows);
        Ok(Self { columns, rows, solid, walls, spawns })
    }

    /// Width and height in metres.
    pub fn size(&self) -> Vec2 {
        Vec2::new(self.columns as f32, self.rows as f32) * CELL
    }

    /// Columns and rows of cells.
    pub fn cells(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// The walls as rectangles that do not overlap.
    pub fn walls(&self) -> &[Rect] {
        &self.walls
    }

    /// Is the cell in this column and row a wall? Everything outside the map is.
    pub fn solid(&self, column: isize, row: isize) -> bool {
        let inside = (0..self.columns as isize).contains(&column) && (0..self.rows as isize).contains(&row);
        !inside || self.solid[row as usize * self.columns + column as usize]
    }

    /// Column and row of the cell that holds `pos`.
    pub fn cell_at(&self, pos: Vec2) -> (isize, isize) {
        ((pos.x / CELL).floor() as isize, (pos.y / CELL).floor() as isize)
    }

    /// Players on each side, at most: everybody has a place of their own to start.
    pub fn team_size(&self) -> u8 {
        let places = self.spawns.iter().map(Vec::len).min().unwrap_or(0);
        u8::try_from(places).unwrap_or(u8::MAX).min(*TEAM_SIZES.end())
    }

    /// The seats of the largest match on this map.
    pub fn seats(&self) -> u8 {
        2 * self.team_size()
    }

    /// Where a seat's tank starts, and the heading toward the middle of the map in radians.
    pub fn spawn(&self, seat: Seat) -> (Vec2, f32) {
        let spawns = &self.spawns[seat.team().index()];
        let pos = spawns[usize::from(seat.index() / 2) % spawns.len()];
        let heading = if pos.x < self.size().x / 2.0 { 0.0 } else { std::f32::consts::PI };
        (pos, heading)
    }

    /// How far a ray from `from` in unit direction `dir` gets before a wall, at most `range`.
    /// Walks the grid cell by cell (Amanatides and Woo, 1987).
    pub fn cast(&self, from: Vec2, dir: Vec2, range: f32) -> f32 {
        let (mut column, mut row) = self.cell_at(from);
        if self.solid(column, row) {
            return 0.0;
        }
        let step = |d: f32| if d < 0.0 { -1 } else { 1 };
        let (step_x, step_y) = (step(dir.x), step(dir.y));
        let first = |pos: f32, cell: isize, d: f32| {
            let edge = (cell + isize::from(d >= 0.0)) as f32 * CELL;
            if d == 0.0 { f32::INFINITY } else { (edge - pos) / d }
        };
        let mut next_x = first(from.x, column, dir.x);
        let mut next_y = first(from.y, row, dir.y);
        let (delta_x, delta_y) = (CELL / dir.x.abs(), CELL / dir.y.abs());
        loop {
            let distance = next_x.min(next_y);
            if distance >= range {
                return range;
            }
            if next_x < next_y {
                column += step_x;
                next_x += delta_x;
            } else {
                row += step_y;
                next_y += delta_y;
            }
            if self.solid(column, row) {
                return distance.max(0.0);
            }
        }
    }

    /// Pushes a circle out of every wall it overlaps.
    pub fn push_out(&self, mut centre: Vec2, radius: f32) -> Vec2 {
        for wall in &self.walls {
            let nearest = centre.clamp(wall.min, wall.max);
            let away = centre - nearest;
            let distance = away.length();
            if distance > 0.0 && distance < radius {
                centre = nearest + away * (radius / distance);
            } else if distance == 0.0 {
                centre = self.nearest_side(wall, centre, radius);
            }
        }
        centre
    }

    fn nearest_side(&self, wall: &Rect, inside: Vec2, radius: f32) -> Vec2 {
        let out = [
            Vec2::new(wall.min.x - radius, inside.y),
            Vec2::new(wall.max.x + radius, inside.y),
            Vec2::new(inside.x, wall.min.y - radius),
            Vec2::new(inside.x, wall.max.y + radius),
        ];
        let ground = |at: &Vec2| {
            let (column, row) = self.cell_at(*at);
            !self.solid(column, row)
        };
        out.into_iter()
            .filter(ground)
            .min_by(|a, b| a.distance_squared(inside).total_cmp(&b.distance_squared(inside)))
            .unwrap_or(inside)
    }
}

/// Few large rectangles in place of many cells: runs along a row, then equal runs stacked.
fn merge(solid: &[bool], columns: usize, rows: usize) -> Vec<Rect> {
    let mut taken = vec![false; solid.len()];
    let mut walls = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let free = |cell: usize, taken: &[bool]| solid[cell] && !taken[cell];
            if !free(row * columns + column, &taken) {
                continue;
            }
            let width = (column..columns).take_while(|c| free(row * columns + c, &taken)).count();
            let height = (row..rows)
                .take_while(|r| (column..column + width).all(|c| free(r * columns + c, &taken)))
                .count();
            for r in row..row + height {
                taken[r * columns + column..r * columns + column + width].fill(true);
            }
            let min = Vec2::new(column as f32, row as f32) * CELL;
            walls.push(Rect::from_corners(min, min + Vec2::new(width as f32, height as f32) * CELL));
        }
    }
    walls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_map_is_the_same_for_both_teams() {
        let arena = Arena::default();
        let (columns, rows) = arena.cells();
        for row in 0..rows as isize {
            for column in 0..columns as isize {
                let turned = arena.solid(columns as isize - 1 - column, rows as isize - 1 - row);
                assert_eq!(arena.solid(column, row), turned, "cell {column}, {row} should equal its twin");
            }
        }
    }

    #[test]
    fn every_seat_has_a_place_of_its_own() {
        let arena = Arena::default();
        let mut places: Vec<Vec2> = Seat::first(arena.seats()).map(|seat| arena.spawn(seat).0).collect();
        assert!(places.len() >= 6, "two teams of three should fit");
        while let Some(place) = places.pop() {
            assert!(!places.contains(&place), "two seats start at {place}");
        }
    }

    #[test]
    fn bad_map_is_refused_with_its_place() {
        assert_eq!(
            Arena::parse("###\n#x#\n###").expect_err("x should be refused"),
            "line 2, column 2: `x` is not one of # . A B"
        );
        assert_eq!(
            Arena::parse("###\n##\n###").expect_err("a short line should be refused"),
            "line 2: 2 columns, the first has 3"
        );
    }

    #[test]
    fn ray_stops_at_the_first_wall() {
        let arena = Arena::default();
        let (from, _) = arena.spawn(Seat::try_from(0).expect("seat 0 should exist"));
        let distance = arena.cast(from, Vec2::NEG_X, 100.0);
        assert!((distance - (from.x - CELL)).abs() < 1e-4, "the left border is {distance} m away");
        assert_eq!(arena.cast(from, Vec2::X, 1.0), 1.0);
    }

    #[test]
    fn nothing_stays_inside_a_wall() {
        let arena = Arena::default();
        let centre = arena.push_out(Vec2::new(1.0, 20.0), 1.3);
        let (column, row) = arena.cell_at(centre);
        assert!(!arena.solid(column, row));
    }
}
