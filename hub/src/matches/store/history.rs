//! What was played, as players read it.

use diesel::prelude::*;
use protocol::{
    http::{HistoryRow, MatchDetail, MatchSeat},
    id::{AccountId, MatchId},
    rating::{Rating, RatingChange},
};

use crate::{
    account::store::uuid_column,
    matches::{
        rating::points,
        store::column::{ENDED, key_of_column, score_of_column, seat_of_column, team_of_column},
    },
    store::{
        connection::AnyConnection,
        schema::{match_seats, matches},
    },
};

/// Of matches that were recorded without any word on rating.
const BEFORE_RATINGS: &str = "Not rated: it was played before there were ratings.";

type RecordColumns = (
    matches::id,
    matches::state,
    matches::mode,
    matches::map,
    matches::started_at,
    matches::ended_at,
    matches::amber,
    matches::azure,
    matches::void_reason,
    matches::unrated_reason,
);

const RECORD: RecordColumns = (
    matches::id,
    matches::state,
    matches::mode,
    matches::map,
    matches::started_at,
    matches::ended_at,
    matches::amber,
    matches::azure,
    matches::void_reason,
    matches::unrated_reason,
);

/// Ended and void matches of one player, newest first, at most `limit`. With `before`, a unix time in
/// milliseconds, only those that ended earlier.
pub fn history(
    connection: &mut AnyConnection,
    account: AccountId,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<HistoryRow>> {
    let rows = match_seats::table
        .inner_join(matches::table)
        .filter(match_seats::account_id.eq(account.to_string()))
        .filter(matches::ended_at.lt(before.unwrap_or(i64::MAX)))
        .order((matches::ended_at.desc(), matches::id.desc()))
        .limit(limit)
        .select((
            RECORD,
            (
                match_seats::team,
                match_seats::kills,
                match_seats::deaths,
                match_seats::rating_before,
                match_seats::rating_after,
            ),
        ))
        .load::<(Record, OwnSeat)>(connection)?;
    rows.into_iter().map(|(record, seat)| record.row(seat)).collect()
}

/// A match in full, running ones too; `None` when there is no such match.
pub fn detail(connection: &mut AnyConnection, match_id: MatchId) -> QueryResult<Option<MatchDetail>> {
    let id = match_id.to_string();
    let record =
        matches::table.filter(matches::id.eq(&id)).select(RECORD).first::<Record>(connection).optional()?;
    let Some(record) = record else {
        return Ok(None);
    };
    let seats = match_seats::table
        .filter(match_seats::match_id.eq(&id))
        .order(match_seats::seat.asc())
        .select((
            match_seats::seat,
            match_seats::account_id,
            match_seats::name,
            match_seats::bot,
            match_seats::kills,
            match_seats::deaths,
            match_seats::rating_before,
            match_seats::rating_after,
        ))
        .load::<SeatRecord>(connection)?;
    let seats = seats.into_iter().map(SeatRecord::seat).collect::<QueryResult<Vec<_>>>()?;
    record.detail(seats).map(Some)
}

/// What an ended match did to its players' ratings, in seat order.
pub(super) fn changes(
    connection: &mut AnyConnection,
    match_id: MatchId,
) -> QueryResult<Vec<(AccountId, RatingChange)>> {
    let rows = match_seats::table
        .inner_join(matches::table)
        .filter(match_seats::match_id.eq(match_id.to_string()))
        .filter(match_seats::account_id.is_not_null())
        .order(match_seats::seat.asc())
        .select((
            match_seats::account_id,
            match_seats::rating_before,
            match_seats::rating_after,
            matches::unrated_reason,
        ))
        .load::<(Option<String>, Option<f64>, Option<f64>, Option<String>)>(connection)?;
    rows.into_iter()
        .filter_map(|(account, before, after, reason)| Some((account?, change(before, after, reason))))
        .map(|(account, change)| Ok((AccountId(uuid_column(&account)?), change)))
        .collect()
}

#[derive(Queryable)]
struct Record {
    id: String,
    state: String,
    mode: String,
    map: String,
    started_at: i64,
    ended_at: Option<i64>,
    amber: i32,
    azure: i32,
    void_reason: Option<String>,
    unrated_reason: Option<String>,
}

#[derive(Queryable)]
struct OwnSeat {
    team: i16,
    kills: i32,
    deaths: i32,
    rating_before: Option<f64>,
    rating_after: Option<f64>,
}

#[derive(Queryable)]
struct SeatRecord {
    seat: i16,
    account_id: Option<String>,
    name: String,
    bot: bool,
    kills: i32,
    deaths: i32,
    rating_before: Option<f64>,
    rating_after: Option<f64>,
}

impl Record {
    fn ended(&self) -> bool {
        self.state == ENDED
    }

    fn row(self, seat: OwnSeat) -> QueryResult<HistoryRow> {
        let ended = self.ended();
        Ok(HistoryRow {
            match_id: MatchId(uuid_column(&self.id)?),
            ended_at_ms: self.ended_at.unwrap_or_default(),
            mode: key_of_column(self.mode)?,
            map: key_of_column(self.map)?,
            team: team_of_column(seat.team),
            amber: score_of_column(self.amber),
            azure: score_of_column(self.azure),
            kills: score_of_column(seat.kills),
            deaths: score_of_column(seat.deaths),
            rating: ended.then(|| change(seat.rating_before, seat.rating_after, self.unrated_reason)),
            void_reason: self.void_reason,
        })
    }

    fn detail(self, seats: Vec<MatchSeat>) -> QueryResult<MatchDetail> {
        let unrated = self.ended() && seats.iter().all(|seat| seat.rating.is_none());
        Ok(MatchDetail {
            match_id: MatchId(uuid_column(&self.id)?),
            mode: key_of_column(self.mode)?,
            map: key_of_column(self.map)?,
            started_at_ms: self.started_at,
            ended_at_ms: self.ended_at,
            amber: score_of_column(self.amber),
            azure: score_of_column(self.azure),
            void_reason: self.void_reason,
            unrated_reason: unrated.then(|| in_words(self.unrated_reason)),
            seats,
        })
    }
}

impl SeatRecord {
    fn seat(self) -> QueryResult<MatchSeat> {
        let account = self.account_id.as_deref().map(uuid_column).transpose()?.map(AccountId);
        Ok(MatchSeat {
            seat: seat_of_column(self.seat)?,
            account,
            name: self.name,
            bot: self.bot,
            kills: score_of_column(self.kills),
            deaths: score_of_column(self.deaths),
            rating: moved(self.rating_before, self.rating_after),
        })
    }
}

fn change(before: Option<f64>, after: Option<f64>, unrated_reason: Option<String>) -> RatingChange {
    match moved(before, after) {
        Some((before, after)) => RatingChange::Rated { before, after },
        None => RatingChange::Unrated { reason: in_words(unrated_reason) },
    }
}

fn moved(before: Option<f64>, after: Option<f64>) -> Option<(Rating, Rating)> {
    Some((points(before?), points(after?)))
}

fn in_words(unrated_reason: Option<String>) -> String {
    unrated_reason.unwrap_or_else(|| BEFORE_RATINGS.to_owned())
}
