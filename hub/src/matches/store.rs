//! Matches in the database. Each is `running` once, and then `ended` or `void` for good.

use diesel::{dsl, prelude::*};
use protocol::{
    http::HistoryRow,
    id::{AccountId, Epoch, MatchId, RoomId, Seat, Team},
    registry::{Allocation, ExpectedPlayer},
    result::{MatchResult, SeatResult},
};

use crate::{
    account::store::{name_column, uuid_column},
    store::{
        connection::AnyConnection,
        schema::{match_seats, matches},
    },
};

const RUNNING: &str = "running";
const ENDED: &str = "ended";
const VOID: &str = "void";

/// Longest history that is shown.
const HISTORY_ROWS: i64 = 100;

/// What became of a reported result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The result is recorded now.
    Recorded,
    /// It had been recorded before, nothing has changed.
    Repeated,
    /// The match is void, unknown or allocated anew.
    Refused,
}

/// A match that was running when the hub last wrote about it.
#[derive(Clone, Debug)]
pub struct RunningMatch {
    pub allocation: Allocation,
    pub players: Vec<ExpectedPlayer>,
}

#[derive(Insertable)]
#[diesel(table_name = matches, treat_none_as_default_value = false)]
struct MatchRow {
    id: String,
    epoch: i64,
    room_id: String,
    state: &'static str,
    started_at: i64,
    amber: i32,
    azure: i32,
    ticks: i64,
}

#[derive(Insertable)]
#[diesel(table_name = match_seats, treat_none_as_default_value = false)]
struct SeatRow {
    match_id: String,
    seat: i16,
    account_id: Option<String>,
    name: String,
    team: i16,
    kills: i32,
    deaths: i32,
}

impl SeatRow {
    fn of_player(match_id: MatchId, player: &ExpectedPlayer) -> Self {
        Self {
            match_id: match_id.to_string(),
            seat: seat_column(player.seat),
            account_id: Some(player.account.to_string()),
            name: player.name.to_string(),
            team: team_column(player.seat.team()),
            kills: 0,
            deaths: 0,
        }
    }

    fn of_bot(match_id: MatchId, bot: &SeatResult) -> Self {
        Self {
            match_id: match_id.to_string(),
            seat: seat_column(bot.seat),
            account_id: None,
            name: bot.name.to_string(),
            team: team_column(bot.seat.team()),
            kills: bot.kills.into(),
            deaths: bot.deaths.into(),
        }
    }

    fn insert(self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(match_seats::table).values(self).execute(connection)?;
        Ok(())
    }
}

/// Writes down that a room plays this match with these players.
pub fn open(
    connection: &mut AnyConnection,
    allocation: Allocation,
    room: RoomId,
    players: &[ExpectedPlayer],
    now: i64,
) -> QueryResult<()> {
    let row = MatchRow {
        id: allocation.match_id.to_string(),
        epoch: epoch_column(allocation.epoch),
        room_id: room.to_string(),
        state: RUNNING,
        started_at: now,
        amber: 0,
        azure: 0,
        ticks: 0,
    };
    diesel::insert_into(matches::table).values(row).execute(connection)?;
    for player in players {
        SeatRow::of_player(allocation.match_id, player).insert(connection)?;
    }
    Ok(())
}

/// Records a result once. Whether its seats fit the match is the caller's to check.
pub fn settle(
    connection: &mut AnyConnection,
    allocation: Allocation,
    result: &MatchResult,
    now: i64,
) -> QueryResult<Settlement> {
    let id = allocation.match_id.to_string();
    let running = matches::table
        .filter(matches::id.eq(&id))
        .filter(matches::epoch.eq(epoch_column(allocation.epoch)))
        .filter(matches::state.eq(RUNNING));
    let changed = diesel::update(running)
        .set((
            matches::state.eq(ENDED),
            matches::ended_at.eq(now),
            matches::amber.eq(i32::from(result.amber)),
            matches::azure.eq(i32::from(result.azure)),
            matches::ticks.eq(i64::from(result.ticks)),
        ))
        .execute(connection)?;
    if changed == 0 {
        return Ok(if is_ended(connection, allocation)? {
            Settlement::Repeated
        } else {
            Settlement::Refused
        });
    }
    for line in &result.seats {
        match line.account {
            None => SeatRow::of_bot(allocation.match_id, line).insert(connection)?,
            Some(account) => {
                let seat = match_seats::table
                    .filter(match_seats::match_id.eq(&id))
                    .filter(match_seats::account_id.eq(account.to_string()));
                diesel::update(seat)
                    .set((
                        match_seats::kills.eq(i32::from(line.kills)),
                        match_seats::deaths.eq(i32::from(line.deaths)),
                    ))
                    .execute(connection)?;
            }
        }
    }
    Ok(Settlement::Recorded)
}

/// Whether this allocation's result is recorded.
pub fn is_ended(connection: &mut AnyConnection, allocation: Allocation) -> QueryResult<bool> {
    let ended = matches::table
        .filter(matches::id.eq(allocation.match_id.to_string()))
        .filter(matches::epoch.eq(epoch_column(allocation.epoch)))
        .filter(matches::state.eq(ENDED))
        .count()
        .get_result::<i64>(connection)?;
    Ok(ended > 0)
}

/// Ends a running match without a result. `false` when it was not running.
pub fn void(
    connection: &mut AnyConnection,
    allocation: Allocation,
    reason: &str,
    now: i64,
) -> QueryResult<bool> {
    let running = matches::table
        .filter(matches::id.eq(allocation.match_id.to_string()))
        .filter(matches::epoch.eq(epoch_column(allocation.epoch)))
        .filter(matches::state.eq(RUNNING));
    let changed = diesel::update(running)
        .set((matches::state.eq(VOID), matches::ended_at.eq(now), matches::void_reason.eq(reason)))
        .execute(connection)?;
    Ok(changed > 0)
}

/// What was running when the hub stopped.
pub fn running(connection: &mut AnyConnection) -> QueryResult<Vec<RunningMatch>> {
    let rows = matches::table
        .filter(matches::state.eq(RUNNING))
        .order(matches::started_at.asc())
        .select((matches::id, matches::epoch))
        .load::<(String, i64)>(connection)?;
    rows.into_iter()
        .map(|(id, epoch)| {
            let players = players(connection, &id)?;
            let allocation = Allocation {
                match_id: MatchId(uuid_column(&id)?),
                epoch: Epoch(u64::try_from(epoch).unwrap_or(0)),
            };
            Ok(RunningMatch { allocation, players })
        })
        .collect()
}

fn players(connection: &mut AnyConnection, id: &str) -> QueryResult<Vec<ExpectedPlayer>> {
    let seats = match_seats::table
        .filter(match_seats::match_id.eq(id))
        .filter(match_seats::account_id.is_not_null())
        .order(match_seats::seat.asc())
        .select((match_seats::seat, match_seats::account_id, match_seats::name))
        .load::<(i16, Option<String>, String)>(connection)?;
    seats
        .into_iter()
        .filter_map(|(seat, account, name)| Some((seat_of_column(seat)?, account?, name)))
        .map(|(seat, account, name)| {
            Ok(ExpectedPlayer { account: AccountId(uuid_column(&account)?), name: name_column(&name)?, seat })
        })
        .collect()
}

/// The highest epoch that was ever written down.
pub fn last_epoch(connection: &mut AnyConnection) -> QueryResult<u64> {
    let last = matches::table.select(dsl::max(matches::epoch)).first::<Option<i64>>(connection)?;
    Ok(last.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or(0))
}

/// Finished and void matches of one player, newest first.
pub fn history(connection: &mut AnyConnection, account: AccountId) -> QueryResult<Vec<HistoryRow>> {
    let rows = match_seats::table
        .inner_join(matches::table)
        .filter(match_seats::account_id.eq(account.to_string()))
        .filter(matches::ended_at.is_not_null())
        .order(matches::ended_at.desc())
        .limit(HISTORY_ROWS)
        .select((
            (matches::id, matches::ended_at, matches::amber, matches::azure),
            (match_seats::team, match_seats::kills, match_seats::deaths),
            matches::void_reason,
        ))
        .load::<((String, Option<i64>, i32, i32), (i16, i32, i32), Option<String>)>(connection)?;
    rows.into_iter()
        .map(|((id, ended_at, amber, azure), (team, kills, deaths), void_reason)| {
            Ok(HistoryRow {
                match_id: MatchId(uuid_column(&id)?),
                ended_at_ms: ended_at.unwrap_or_default(),
                team: team_of_column(team),
                amber: count_of_column(amber),
                azure: count_of_column(azure),
                kills: count_of_column(kills),
                deaths: count_of_column(deaths),
                void_reason,
            })
        })
        .collect()
}

fn epoch_column(epoch: Epoch) -> i64 {
    i64::try_from(epoch.0).unwrap_or(i64::MAX)
}

fn seat_column(seat: Seat) -> i16 {
    i16::from(seat.index())
}

fn seat_of_column(column: i16) -> Option<Seat> {
    u8::try_from(column).ok().and_then(|index| Seat::try_from(index).ok())
}

fn team_column(team: Team) -> i16 {
    match team {
        Team::Amber => 0,
        Team::Azure => 1,
    }
}

fn team_of_column(column: i16) -> Team {
    if column == 0 { Team::Amber } else { Team::Azure }
}

fn count_of_column(column: i32) -> u16 {
    u16::try_from(column).unwrap_or_default()
}
