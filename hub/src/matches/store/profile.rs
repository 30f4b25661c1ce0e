//! What everybody may know of players.

use diesel::{dsl, prelude::*};
use protocol::{
    http::{LeaderboardRow, Profile, Statistics},
    id::{AccountId, Team},
};

use crate::{
    account::store::{name_column, uuid_column},
    matches::{
        rating::points,
        store::{
            column::{ENDED, count_of_column, team_column},
            skill,
        },
    },
    store::{
        connection::AnyConnection,
        schema::{accounts, match_seats, matches, ratings},
    },
};

/// Rated matches before an account stands on the leaderboard: fewer say too little about its player.
pub const LEADERBOARD_MATCHES: i32 = 5;

/// `None` for an account that is unknown or deleted.
pub fn profile(connection: &mut AnyConnection, account: AccountId) -> QueryResult<Option<Profile>> {
    let found = accounts::table
        .filter(accounts::id.eq(account.to_string()))
        .filter(accounts::deleted_at.is_null())
        .select((accounts::name, accounts::guest, accounts::created_at))
        .first::<(String, bool, i64)>(connection)
        .optional()?;
    let Some((name, guest, since_ms)) = found else {
        return Ok(None);
    };
    Ok(Some(Profile {
        account,
        name: name_column(&name)?,
        guest,
        since_ms,
        rating: skill(connection, account)?.points(),
        statistics: statistics(connection, account)?,
    }))
}

/// The strongest players, at most `limit`: registered accounts with [`LEADERBOARD_MATCHES`] rated
/// matches, by rating, then by account.
pub fn leaderboard(connection: &mut AnyConnection, limit: i64) -> QueryResult<Vec<LeaderboardRow>> {
    let found = ratings::table
        .inner_join(accounts::table)
        .filter(accounts::deleted_at.is_null())
        .filter(accounts::guest.eq(false))
        .filter(ratings::rated.ge(LEADERBOARD_MATCHES))
        .order((ratings::rating.desc(), ratings::account_id.asc()))
        .limit(limit)
        .select((ratings::account_id, accounts::name, ratings::rating, ratings::rated, ratings::won))
        .load::<(String, String, f64, i32, i32)>(connection)?;
    let mut rows: Vec<LeaderboardRow> = Vec::with_capacity(found.len());
    for (place, (account, name, rating, rated, won)) in (1..).zip(found) {
        let rating = points(rating);
        let rank = rows.last().filter(|above| above.rating == rating).map_or(place, |above| above.rank);
        rows.push(LeaderboardRow {
            rank,
            account: AccountId(uuid_column(&account)?),
            name: name_column(&name)?,
            rating,
            rated: count_of_column(rated.into()),
            won: count_of_column(won.into()),
        });
    }
    Ok(rows)
}

fn statistics(connection: &mut AnyConnection, account: AccountId) -> QueryResult<Statistics> {
    let played = match_seats::table
        .inner_join(matches::table)
        .filter(match_seats::account_id.eq(account.to_string()))
        .filter(matches::state.eq(ENDED));
    let (all, kills, deaths) = played
        .clone()
        .select((dsl::count_star(), dsl::sum(match_seats::kills), dsl::sum(match_seats::deaths)))
        .get_result::<(i64, Option<i64>, Option<i64>)>(connection)?;
    let rated = played
        .clone()
        .filter(match_seats::rating_after.is_not_null())
        .count()
        .get_result::<i64>(connection)?;
    let won_by_amber = played
        .clone()
        .filter(match_seats::team.eq(team_column(Team::Amber)))
        .filter(matches::amber.gt(matches::azure))
        .count()
        .get_result::<i64>(connection)?;
    let won_by_azure = played
        .clone()
        .filter(match_seats::team.eq(team_column(Team::Azure)))
        .filter(matches::azure.gt(matches::amber))
        .count()
        .get_result::<i64>(connection)?;
    let drawn = played.filter(matches::amber.eq(matches::azure)).count().get_result::<i64>(connection)?;
    let won = won_by_amber + won_by_azure;
    Ok(Statistics {
        matches: count_of_column(all),
        rated: count_of_column(rated),
        won: count_of_column(won),
        lost: count_of_column(all - won - drawn),
        drawn: count_of_column(drawn),
        kills: count_of_column(kills.unwrap_or_default()),
        deaths: count_of_column(deaths.unwrap_or_default()),
    })
}
