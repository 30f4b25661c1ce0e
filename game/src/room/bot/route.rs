//! Ways through the map for something as wide as a tank.

use std::collections::VecDeque;

use bevy::prelude::*;

use crate::sim::{
    arena::{Arena, CELL},
    dice::Dice,
};

/// The corners of cells whose four cells are all ground: a tank can stand on each and drive straight
/// from one to the next.
#[derive(Resource, Debug)]
pub struct Crossings {
    columns: usize,
    open: Vec<bool>,
}

impl FromWorld for Crossings {
    fn from_world(world: &mut World) -> Self {
        Self::of(world.resource::<Arena>())
    }
}

impl Crossings {
    pub fn of(arena: &Arena) -> Self {
        let (columns, rows) = arena.cells();
        let open = (0..=rows as isize)
            .flat_map(|row| (0..=columns as isize).map(move |column| (column, row)))
            .map(|(column, row)| {
                [(0, 0), (-1, 0), (0, -1), (-1, -1)]
                    .into_iter()
                    .all(|(x, y)| !arena.solid(column + x, row + y))
            })
            .collect();
        Self { columns: columns + 1, open }
    }

    /// A place anywhere on the map.
    pub fn any(&self, dice: &mut Dice) -> Vec2 {
        let open: Vec<usize> = (0..self.open.len()).filter(|at| self.open[*at]).collect();
        self.place(open[dice.below(open.len())])
    }

    /// The places to pass from `from` to `to`, the last one included; empty if there is no way.
    pub fn way(&self, from: Vec2, to: Vec2) -> Vec<Vec2> {
        let (Some(from), Some(to)) = (self.nearest(from), self.nearest(to)) else { return Vec::new() };
        let mut next = vec![usize::MAX; self.open.len()];
        let mut queue = VecDeque::from([to]);
        next[to] = to;
        while let Some(at) = queue.pop_front() {
            if at == from {
                break;
            }
            for step in [at + 1, at.wrapping_sub(1), at + self.columns, at.wrapping_sub(self.columns)] {
                if self.open.get(step) == Some(&true) && next[step] == usize::MAX {
                    next[step] = at;
                    queue.push_back(step);
                }
            }
        }
        let mut way = Vec::new();
        let mut at = from;
        while next[at] != usize::MAX && at != to {
            at = next[at];
            way.push(self.place(at));
        }
        way
    }

    fn nearest(&self, point: Vec2) -> Option<usize> {
        (0..self.open.len()).filter(|at| self.open[*at]).min_by(|a, b| {
            let far = |at: usize| self.place(at).distance_squared(point);
            far(*a).total_cmp(&far(*b))
        })
    }

    fn place(&self, at: usize) -> Vec2 {
        Vec2::new((at % self.columns) as f32, (at / self.columns) as f32) * CELL
    }
}

#[cfg(test)]
mod tests {
    use protocol::id::Seat;

    use super::*;

    #[test]
    fn every_start_can_reach_every_other() {
        let arena = Arena::default();
        let crossings = Crossings::of(&arena);
        for from in Seat::first(arena.seats()) {
            for to in Seat::first(arena.seats()).filter(|to| *to != from) {
                let way = crossings.way(arena.spawn(from).0, arena.spawn(to).0);
                assert!(!way.is_empty(), "no way from {from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn a_way_never_touches_a_wall() {
        let arena = Arena::default();
        let crossings = Crossings::of(&arena);
        let seat = |index| Seat::try_from(index).expect("seat should exist");
        for place in crossings.way(arena.spawn(seat(0)).0, arena.spawn(seat(1)).0) {
            assert_eq!(arena.push_out(place, crate::sim::tank::RADIUS), place);
        }
    }
}
