//! Matches and seats as they are first written.

use diesel::prelude::*;
use protocol::{id::MatchId, registry::ExpectedPlayer, result::SeatResult};

use crate::{
    matches::store::{
        Opening,
        column::{RUNNING, epoch_column, seat_column, team_column},
    },
    store::{
        connection::AnyConnection,
        schema::{match_seats, matches},
    },
};

#[derive(Insertable)]
#[diesel(table_name = matches, treat_none_as_default_value = false)]
pub struct MatchRow {
    id: String,
    epoch: i64,
    room_id: String,
    state: &'static str,
    started_at: i64,
    amber: i32,
    azure: i32,
    ticks: i64,
    mode: String,
    map: String,
    team_size: i16,
}

impl MatchRow {
    pub fn of(opening: &Opening, now: i64) -> Self {
        Self {
            id: opening.allocation.match_id.to_string(),
            epoch: epoch_column(opening.allocation.epoch),
            room_id: opening.room.to_string(),
            state: RUNNING,
            started_at: now,
            amber: 0,
            azure: 0,
            ticks: 0,
            mode: opening.mode.to_string(),
            map: opening.map.to_string(),
            team_size: i16::from(opening.team_size),
        }
    }

    pub fn insert(self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(matches::table).values(self).execute(connection)?;
        Ok(())
    }
}

#[derive(Insertable)]
#[diesel(table_name = match_seats, treat_none_as_default_value = false)]
pub struct SeatRow {
    match_id: String,
    seat: i16,
    account_id: Option<String>,
    name: String,
    team: i16,
    kills: i32,
    deaths: i32,
    bot: bool,
    late: bool,
}

impl SeatRow {
    pub fn of_player(match_id: MatchId, player: &ExpectedPlayer, late: bool) -> Self {
        Self {
            match_id: match_id.to_string(),
            seat: seat_column(player.seat),
            account_id: Some(player.account.to_string()),
            name: player.name.to_string(),
            team: team_column(player.seat.team()),
            kills: 0,
            deaths: 0,
            bot: false,
            late,
        }
    }

    pub fn of_bot(match_id: MatchId, bot: &SeatResult) -> Self {
        Self {
            match_id: match_id.to_string(),
            seat: seat_column(bot.seat),
            account_id: None,
            name: bot.name.to_string(),
            team: team_column(bot.seat.team()),
            kills: bot.kills.into(),
            deaths: bot.deaths.into(),
            bot: true,
            late: false,
        }
    }

    pub fn insert(self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(match_seats::table).values(self).execute(connection)?;
        Ok(())
    }
}
