//! The text of a map.

use game::sim::arena::{Arena, CELL, MAP_TEXT};
use protocol::id::Seat;

pub(crate) fn text(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let arena = match Arena::parse(text) {
        Ok(arena) => arena,
        Err(flaw) => {
            assert!(!flaw.is_empty() && flaw.len() < 100, "`{flaw}`");
            return false;
        }
    };
    let (columns, rows) = (arena.cells().0 as isize, arena.cells().1 as isize);
    let every = || (0..rows).flat_map(move |row| (0..columns).map(move |column| (column, row)));
    let solid = every().filter(|(column, row)| arena.solid(*column, *row)).count();
    let walled: f32 = arena.walls().iter().map(|wall| wall.width() * wall.height()).sum();
    assert_eq!(walled, solid as f32 * CELL * CELL, "the walls should be the cells that are walls");
    assert!(every().all(|(column, row)| {
        let edge = column == 0 || row == 0 || column == columns - 1 || row == rows - 1;
        !edge || arena.solid(column, row)
    }));
    for seat in Seat::first(arena.seats()) {
        let (pos, _) = arena.spawn(seat);
        let (column, row) = arena.cell_at(pos);
        assert!(!arena.solid(column, row), "a tank should start on open ground");
    }
    true
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    vec![MAP_TEXT.as_bytes().to_vec()]
}
