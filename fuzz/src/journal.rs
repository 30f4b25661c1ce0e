//! What a room finds in its journal: files of an earlier process, which may have been cut short.

use protocol::{
    id::{AccountId, Epoch, MatchId, Seat},
    limits::MOST_SEATS,
    registry::Allocation,
    result::{MatchResult, SeatResult},
    text::PlayerName,
};
use server_room::journal::Entry;
use uuid::Uuid;

pub(crate) fn file(bytes: &[u8]) -> bool {
    let Ok(entry) = Entry::read(bytes) else { return false };
    assert!(entry.result.seats.iter().all(|line| line.seat.index() < MOST_SEATS));
    assert_eq!(Entry::read(&write(&entry)), Ok(entry));
    true
}

fn write(entry: &Entry) -> Vec<u8> {
    serde_json::to_vec(entry).expect("a result should be written")
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    let line = |account, seat: Seat| SeatResult {
        seat,
        account,
        name: PlayerName::new("Ann").expect("the name should be good"),
        kills: 2,
        deaths: 1,
    };
    let holders = [Some(AccountId(Uuid::from_u128(1))), None];
    let seats = holders.into_iter().zip(Seat::first(2)).map(|(account, seat)| line(account, seat)).collect();
    let entry = Entry {
        allocation: Allocation { match_id: MatchId(Uuid::from_u128(2)), epoch: Epoch(4_294_967_297) },
        result: MatchResult { amber: 2, azure: 1, ticks: 14_400, seats },
    };
    vec![write(&entry)]
}
