//! What was running when the hub last wrote about it: how a hub that starts again takes up its matches.

use diesel::prelude::*;
use protocol::{
    id::{AccountId, MatchId, RoomId},
    registry::{Allocation, ExpectedPlayer},
};

use crate::{
    account::store::{name_column, uuid_column},
    matches::{
        rating::{Skill, points},
        store::{
            Opening,
            column::{RUNNING, epoch_of_column, key_of_column, seat_of_column, team_size_of_column},
        },
    },
    store::{
        connection::AnyConnection,
        schema::{match_seats, matches, mutes, ratings},
    },
};

/// A match that is neither ended nor void.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningMatch {
    /// Its room is the one the match was opened in. Latecomers are among its players.
    pub opening: Opening,
    /// Unix time in milliseconds.
    pub started_at: i64,
    /// Who came in while it was running.
    pub late: Vec<AccountId>,
}

/// Every running match, oldest first. Ratings and mutes are those of now.
pub fn running(connection: &mut AnyConnection) -> QueryResult<Vec<RunningMatch>> {
    let rows = matches::table
        .filter(matches::state.eq(RUNNING))
        .order((matches::started_at.asc(), matches::id.asc()))
        .select((
            matches::id,
            matches::epoch,
            matches::room_id,
            matches::mode,
            matches::map,
            matches::team_size,
            matches::started_at,
        ))
        .load::<Row>(connection)?;
    rows.into_iter().map(|row| row.recall(connection)).collect()
}

#[derive(Queryable)]
struct Row {
    id: String,
    epoch: i64,
    room_id: String,
    mode: String,
    map: String,
    team_size: i16,
    started_at: i64,
}

impl Row {
    fn recall(self, connection: &mut AnyConnection) -> QueryResult<RunningMatch> {
        let (players, late) = players(connection, &self.id)?;
        let opening = Opening {
            allocation: Allocation {
                match_id: MatchId(uuid_column(&self.id)?),
                epoch: epoch_of_column(self.epoch)?,
            },
            room: RoomId(uuid_column(&self.room_id)?),
            mode: key_of_column(self.mode)?,
            map: key_of_column(self.map)?,
            team_size: team_size_of_column(self.team_size)?,
            players,
        };
        Ok(RunningMatch { opening, started_at: self.started_at, late })
    }
}

/// All players of a match in seat order, and who of them came late.
fn players(
    connection: &mut AnyConnection,
    match_id: &str,
) -> QueryResult<(Vec<ExpectedPlayer>, Vec<AccountId>)> {
    let seats = match_seats::table
        .left_join(ratings::table.on(ratings::account_id.nullable().eq(match_seats::account_id)))
        .filter(match_seats::match_id.eq(match_id))
        .filter(match_seats::account_id.is_not_null())
        .order(match_seats::seat.asc())
        .select((
            match_seats::seat,
            match_seats::account_id,
            match_seats::name,
            match_seats::late,
            ratings::rating.nullable(),
        ))
        .load::<(i16, Option<String>, String, bool, Option<f64>)>(connection)?;
    let (mut players, mut latecomers) = (Vec::with_capacity(seats.len()), Vec::new());
    for (seat, account, name, late, rating) in seats {
        let Some(account) = account else { continue };
        let account = AccountId(uuid_column(&account)?);
        players.push(ExpectedPlayer {
            account,
            name: name_column(&name)?,
            seat: seat_of_column(seat)?,
            rating: rating.map_or_else(|| Skill::default().points(), points),
            mutes: Vec::new(),
        });
        if late {
            latecomers.push(account);
        }
    }
    let seated: Vec<AccountId> = players.iter().map(|player| player.account).collect();
    for (account, muted) in mutes_of(connection, match_id)? {
        let muter = players.iter_mut().find(|player| player.account == account);
        if let Some(muter) = muter.filter(|_| seated.contains(&muted)) {
            muter.mutes.push(muted);
        }
    }
    Ok((players, latecomers))
}

/// Whom the players of a match have muted, in the match or not.
fn mutes_of(connection: &mut AnyConnection, match_id: &str) -> QueryResult<Vec<(AccountId, AccountId)>> {
    let rows = mutes::table
        .inner_join(match_seats::table.on(match_seats::account_id.eq(mutes::account_id.nullable())))
        .filter(match_seats::match_id.eq(match_id))
        .order((mutes::account_id.asc(), mutes::muted_id.asc()))
        .select((mutes::account_id, mutes::muted_id))
        .load::<(String, String)>(connection)?;
    rows.into_iter()
        .map(|(account, muted)| Ok((AccountId(uuid_column(&account)?), AccountId(uuid_column(&muted)?))))
        .collect()
}
