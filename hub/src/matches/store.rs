//! Matches in the database. Each is `running` once, and then `ended` or `void` for good.
//!
//! What changes anything here belongs into one transaction, which is the caller's.

pub(crate) mod column;
mod history;
mod profile;
mod row;
mod running;
mod skill;

pub use self::{
    history::{detail, history},
    profile::{LEADERBOARD_MATCHES, leaderboard, profile},
    running::{RunningMatch, running},
    skill::skill,
};

use diesel::{dsl, prelude::*};
use protocol::{
    id::{AccountId, MatchId, RoomId},
    key::{MapId, ModeId},
    rating::RatingChange,
    registry::{Allocation, ExpectedPlayer},
    result::{MatchResult, SeatResult},
};

use self::{
    column::{ENDED, RUNNING, VOID, epoch_column, seat_column},
    row::{MatchRow, SeatRow},
};
use crate::{
    matches::rating::Outcome,
    matchmaking::store::{self as queue, QueueEntry},
    store::{
        connection::AnyConnection,
        schema::{match_seats, matches},
    },
};

/// A match that a room has prepared.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub allocation: Allocation,
    pub room: RoomId,
    pub mode: ModeId,
    pub map: MapId,
    /// Players on each side, bots included.
    pub team_size: u8,
    pub players: Vec<ExpectedPlayer>,
}

/// What became of a reported result. The changes are in seat order, bots have none.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// The result is recorded now.
    Recorded(Vec<(AccountId, RatingChange)>),
    /// It had been recorded before with these changes; nothing has moved.
    Repeated(Vec<(AccountId, RatingChange)>),
    /// The match is void, unknown or allocated anew.
    Refused,
}

/// Where an allocation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Never opened, or opened under another epoch.
    Unknown,
    Running,
    Ended,
    Void,
}

/// Writes down that a room plays this match, and takes its players out of the queue. Doing it again
/// while the match is running changes nothing.
pub fn open(connection: &mut AnyConnection, opening: &Opening, now: i64) -> QueryResult<()> {
    if standing_of(connection, opening.allocation)? == Standing::Running {
        return Ok(());
    }
    MatchRow::of(opening, now).insert(connection)?;
    for player in &opening.players {
        SeatRow::of_player(opening.allocation.match_id, player, false).insert(connection)?;
    }
    let accounts: Vec<AccountId> = opening.players.iter().map(|player| player.account).collect();
    queue::dequeue(connection, &accounts)
}

/// Seats a latecomer in a running match and takes this player out of the queue. `false` when the match
/// is not running, or when somebody else holds the seat.
pub fn admit(
    connection: &mut AnyConnection,
    allocation: Allocation,
    player: &ExpectedPlayer,
) -> QueryResult<bool> {
    // Changes nothing, but holds the row against a settlement on another connection.
    let held =
        diesel::update(running_match(allocation)).set(matches::state.eq(RUNNING)).execute(connection)?;
    if held == 0 {
        return Ok(false);
    }
    let seats = match_seats::table
        .filter(match_seats::match_id.eq(allocation.match_id.to_string()))
        .select((match_seats::seat, match_seats::account_id))
        .load::<(i16, Option<String>)>(connection)?;
    let wanted = (seat_column(player.seat), Some(player.account.to_string()));
    let seated = match seats.iter().find(|(seat, account)| *seat == wanted.0 || *account == wanted.1) {
        Some(taken) => *taken == wanted,
        None => {
            SeatRow::of_player(allocation.match_id, player, true).insert(connection)?;
            true
        }
    };
    if seated {
        queue::dequeue(connection, &[player.account])?;
    }
    Ok(seated)
}

/// Records a result once, with history and ratings. Whether its seats fit the match is the caller's to
/// check.
pub fn settle(
    connection: &mut AnyConnection,
    allocation: Allocation,
    result: &MatchResult,
    now: i64,
) -> QueryResult<Settlement> {
    let changed = diesel::update(running_match(allocation))
        .set((
            matches::state.eq(ENDED),
            matches::ended_at.eq(now),
            matches::amber.eq(i32::from(result.amber)),
            matches::azure.eq(i32::from(result.azure)),
            matches::ticks.eq(i64::from(result.ticks)),
        ))
        .execute(connection)?;
    if changed == 0 {
        return match standing_of(connection, allocation)? {
            Standing::Ended => Ok(Settlement::Repeated(history::changes(connection, allocation.match_id)?)),
            Standing::Unknown | Standing::Running | Standing::Void => Ok(Settlement::Refused),
        };
    }
    write_scores(connection, allocation.match_id, &result.seats)?;
    skill::rate_match(connection, &allocation.match_id.to_string(), Outcome::of(result))?;
    Ok(Settlement::Recorded(history::changes(connection, allocation.match_id)?))
}

/// Ends a running match without a result and puts its players' queue entries back. `false` when it was
/// not running; then nobody is put anywhere.
pub fn void(
    connection: &mut AnyConnection,
    allocation: Allocation,
    reason: &str,
    back: &[QueueEntry],
    now: i64,
) -> QueryResult<bool> {
    let changed = diesel::update(running_match(allocation))
        .set((matches::state.eq(VOID), matches::ended_at.eq(now), matches::void_reason.eq(reason)))
        .execute(connection)?;
    if changed == 0 {
        return Ok(false);
    }
    queue::enqueue(connection, back)?;
    Ok(true)
}

pub fn standing_of(connection: &mut AnyConnection, allocation: Allocation) -> QueryResult<Standing> {
    let state = matches::table
        .filter(matches::id.eq(allocation.match_id.to_string()))
        .filter(matches::epoch.eq(epoch_column(allocation.epoch)))
        .select(matches::state)
        .first::<String>(connection)
        .optional()?;
    Ok(match state.as_deref() {
        Some(RUNNING) => Standing::Running,
        Some(ENDED) => Standing::Ended,
        Some(VOID) => Standing::Void,
        Some(_) | None => Standing::Unknown,
    })
}

/// A seat that is not written down was a bot's to the end.
fn write_scores(connection: &mut AnyConnection, match_id: MatchId, lines: &[SeatResult]) -> QueryResult<()> {
    for line in lines {
        let seat = match_seats::table
            .filter(match_seats::match_id.eq(match_id.to_string()))
            .filter(match_seats::seat.eq(seat_column(line.seat)));
        let players = diesel::update(seat)
            .set((
                match_seats::kills.eq(i32::from(line.kills)),
                match_seats::deaths.eq(i32::from(line.deaths)),
            ))
            .execute(connection)?;
        if players == 0 {
            SeatRow::of_bot(match_id, line).insert(connection)?;
        }
    }
    Ok(())
}

type OfAllocation = dsl::Filter<
    dsl::Filter<dsl::Filter<matches::table, dsl::Eq<matches::id, String>>, dsl::Eq<matches::epoch, i64>>,
    dsl::Eq<matches::state, &'static str>,
>;

/// The match that every change goes through: gone once it has ended or is void.
fn running_match(allocation: Allocation) -> OfAllocation {
    matches::table
        .filter(matches::id.eq(allocation.match_id.to_string()))
        .filter(matches::epoch.eq(epoch_column(allocation.epoch)))
        .filter(matches::state.eq(RUNNING))
}
