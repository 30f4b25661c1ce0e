//! What the store promises about matches and whoever waits for one, on both databases.

mod history;
mod queue;
mod settlement;

use diesel::prelude::*;
use hub::{
    matches::store::{self as matches, Opening, Settlement},
    matchmaking::store::QueueEntry,
    store::{Store, connection::AnyConnection, schema::accounts},
};
use protocol::{
    http::{HistoryRow, MatchDetail, Profile},
    id::{AccountId, Epoch, MatchId, RoomId, Seat},
    key::{MapId, ModeId},
    rating::{Rating, RatingChange},
    registry::{Allocation, ExpectedPlayer},
    result::{MatchResult, SeatResult},
    text::PlayerName,
};
use uuid::Uuid;

/// When the matches of these tests begin, in unix milliseconds.
const OPENED: i64 = 1_000;

#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
struct AccountRow {
    id: String,
    name: String,
    name_key: String,
    guest: bool,
    created_at: i64,
}

async fn write<T, Q>(store: &Store, change: Q) -> T
where
    T: Send + 'static,
    Q: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
{
    store.write(change).await.expect("the change should be carried out")
}

async fn read<T, Q>(store: &Store, query: Q) -> T
where
    T: Send + 'static,
    Q: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
{
    store.read(query).await.expect("the query should be answered")
}

async fn account(store: &Store, name: &str) -> AccountId {
    create(store, name, false).await
}

async fn guest(store: &Store, name: &str) -> AccountId {
    create(store, name, true).await
}

async fn create(store: &Store, name: &str, guest: bool) -> AccountId {
    let account = AccountId(Uuid::now_v7());
    let row = AccountRow {
        id: account.to_string(),
        name: name.to_owned(),
        name_key: name.to_lowercase(),
        guest,
        created_at: 500,
    };
    write(store, move |connection| {
        diesel::insert_into(accounts::table).values(row).execute(connection)?;
        Ok(())
    })
    .await;
    account
}

fn name(name: &str) -> PlayerName {
    PlayerName::new(name).expect("the name should be good")
}

fn seat(index: u8) -> Seat {
    Seat::try_from(index).expect("the seat should exist")
}

fn mode() -> ModeId {
    ModeId::try_from("quick".to_owned()).expect("the mode should be a key")
}

fn seated(account: AccountId, called: &str, index: u8) -> ExpectedPlayer {
    ExpectedPlayer {
        account,
        name: name(called),
        seat: seat(index),
        rating: Rating::FIRST,
        mutes: Vec::new(),
    }
}

/// A new account in a seat.
async fn player(store: &Store, called: &str, index: u8) -> ExpectedPlayer {
    seated(account(store, called).await, called, index)
}

/// Two against two in the seats 0 to 3, bots where no player sits.
fn opening(players: &[ExpectedPlayer]) -> Opening {
    Opening {
        allocation: Allocation { match_id: MatchId(Uuid::now_v7()), epoch: Epoch((3 << 32) + 1) },
        room: RoomId(Uuid::now_v7()),
        mode: mode(),
        map: MapId::try_from("crossing".to_owned()).expect("the map should be a key"),
        team_size: 2,
        players: players.to_vec(),
    }
}

/// Every seat has one kill more than its number, and one death.
fn result(opening: &Opening, amber: u16, azure: u16) -> MatchResult {
    let line = |seat: Seat| {
        let player = opening.players.iter().find(|player| player.seat == seat);
        SeatResult {
            seat,
            account: player.map(|player| player.account),
            name: player.map_or_else(|| name("Bot"), |player| player.name.clone()),
            kills: u16::from(seat.index()) + 1,
            deaths: 1,
        }
    };
    MatchResult { amber, azure, ticks: 1_200, seats: Seat::first(4).map(line).collect() }
}

async fn open(store: &Store, opening: &Opening) {
    let opening = opening.clone();
    write(store, move |connection| matches::open(connection, &opening, OPENED)).await;
}

async fn admit(store: &Store, opening: &Opening, player: &ExpectedPlayer) -> bool {
    let (allocation, player) = (opening.allocation, player.clone());
    write(store, move |connection| matches::admit(connection, allocation, &player)).await
}

async fn settle(store: &Store, allocation: Allocation, result: &MatchResult, now: i64) -> Settlement {
    let result = result.clone();
    write(store, move |connection| matches::settle(connection, allocation, &result, now)).await
}

async fn void(store: &Store, opening: &Opening, back: &[QueueEntry]) -> bool {
    let (allocation, back) = (opening.allocation, back.to_vec());
    write(store, move |connection| matches::void(connection, allocation, "The room was lost.", &back, 2_000))
        .await
}

/// A match that is opened and ends at `now`.
async fn play(
    store: &Store,
    players: &[ExpectedPlayer],
    (amber, azure): (u16, u16),
    now: i64,
) -> Vec<(AccountId, RatingChange)> {
    let opening = opening(players);
    open(store, &opening).await;
    recorded(settle(store, opening.allocation, &result(&opening, amber, azure), now).await)
}

fn recorded(settlement: Settlement) -> Vec<(AccountId, RatingChange)> {
    match settlement {
        Settlement::Recorded(changes) => changes,
        other => panic!("the first fitting result should be recorded, not answered {other:?}"),
    }
}

/// Before and after of one player in a rated match.
fn moved(changes: &[(AccountId, RatingChange)], account: AccountId) -> (Rating, Rating) {
    match changes.iter().find(|(changed, _)| *changed == account) {
        Some((_, RatingChange::Rated { before, after })) => (*before, *after),
        other => panic!("the match should be rated for this player, not {other:?}"),
    }
}

async fn history(store: &Store, account: AccountId) -> Vec<HistoryRow> {
    read(store, move |connection| matches::history(connection, account, None, 50)).await
}

async fn detail(store: &Store, match_id: MatchId) -> MatchDetail {
    read(store, move |connection| matches::detail(connection, match_id))
        .await
        .expect("the match should be found")
}

async fn profile(store: &Store, account: AccountId) -> Profile {
    read(store, move |connection| matches::profile(connection, account))
        .await
        .expect("the account should have a profile")
}
