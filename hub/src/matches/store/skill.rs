//! Ratings in the database.
//!
//! A match reads the ratings in the transaction that settles it, whenever that is. So a result that
//! comes late builds on the newer ratings and never puts older ones back.

use diesel::prelude::*;
use protocol::id::{AccountId, Team};

use crate::{
    matches::{
        rating::{Outcome, Seated, Skill, rate, unrated_reason},
        store::column::team_of_column,
    },
    store::{
        connection::AnyConnection,
        schema::{match_seats, matches, ratings},
    },
};

/// How strong an account is believed to be.
pub fn skill(connection: &mut AnyConnection, account: AccountId) -> QueryResult<Skill> {
    skill_of(connection, &account.to_string())
}

/// Rates a match that has just ended, or writes down why it is not rated.
pub(super) fn rate_match(
    connection: &mut AnyConnection,
    match_id: &str,
    outcome: Outcome,
) -> QueryResult<()> {
    let mut players = players(connection, match_id)?;
    let seated: Vec<Seated> = players.iter().map(|player| player.seated).collect();
    if let Some(reason) = unrated_reason(&seated) {
        diesel::update(matches::table.filter(matches::id.eq(match_id)))
            .set(matches::unrated_reason.eq(reason))
            .execute(connection)?;
        return Ok(());
    }
    for player in &mut players {
        player.before = player.count(connection, outcome)?;
    }
    let (amber, azure): (Vec<&Player>, Vec<&Player>) =
        players.iter().partition(|player| player.seated.team == Team::Amber);
    let before = |side: &[&Player]| side.iter().map(|player| player.before).collect::<Vec<_>>();
    let (amber_after, azure_after) = rate(&before(&amber), &before(&azure), outcome);
    let after = amber_after.into_iter().chain(azure_after);
    for (player, after) in amber.into_iter().chain(azure).zip(after) {
        player.write(connection, match_id, after)?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = ratings, treat_none_as_default_value = false)]
struct RatingRow {
    account_id: String,
    rating: f64,
    uncertainty: f64,
    rated: i32,
    won: i32,
    lost: i32,
    drawn: i32,
}

struct Player {
    seat: i16,
    /// `None` when the account was deleted during the match.
    account: Option<String>,
    seated: Seated,
    before: Skill,
}

impl Player {
    /// Counts a rated match and answers the skill from before it. Writing first locks the row on
    /// PostgreSQL, so that two matches of one player cannot start from the same rating.
    fn count(&self, connection: &mut AnyConnection, outcome: Outcome) -> QueryResult<Skill> {
        let Some(account) = &self.account else {
            return Ok(Skill::default());
        };
        let winner = outcome.winner();
        let won = i32::from(winner == Some(self.seated.team));
        let lost = i32::from(winner == Some(self.seated.team.other()));
        let drawn = i32::from(winner.is_none());
        let counted = diesel::update(ratings::table.filter(ratings::account_id.eq(account)))
            .set((
                ratings::rated.eq(ratings::rated + 1),
                ratings::won.eq(ratings::won + won),
                ratings::lost.eq(ratings::lost + lost),
                ratings::drawn.eq(ratings::drawn + drawn),
            ))
            .execute(connection)?;
        if counted > 0 {
            return skill_of(connection, account);
        }
        let Skill { rating, uncertainty } = Skill::default();
        let row = RatingRow { account_id: account.clone(), rating, uncertainty, rated: 1, won, lost, drawn };
        diesel::insert_into(ratings::table).values(row).execute(connection)?;
        Ok(Skill::default())
    }

    fn write(&self, connection: &mut AnyConnection, match_id: &str, after: Skill) -> QueryResult<()> {
        let Some(account) = &self.account else {
            return Ok(());
        };
        diesel::update(ratings::table.filter(ratings::account_id.eq(account)))
            .set((ratings::rating.eq(after.rating), ratings::uncertainty.eq(after.uncertainty)))
            .execute(connection)?;
        let seat = match_seats::table
            .filter(match_seats::match_id.eq(match_id))
            .filter(match_seats::seat.eq(self.seat));
        diesel::update(seat)
            .set((
                match_seats::rating_before.eq(self.before.rating),
                match_seats::rating_after.eq(after.rating),
            ))
            .execute(connection)?;
        Ok(())
    }
}

/// In the order of their accounts: whoever locks several rows of `ratings` does it in this order.
fn players(connection: &mut AnyConnection, match_id: &str) -> QueryResult<Vec<Player>> {
    let seats = match_seats::table
        .filter(match_seats::match_id.eq(match_id))
        .filter(match_seats::bot.eq(false))
        .order(match_seats::account_id.asc())
        .select((match_seats::seat, match_seats::account_id, match_seats::team, match_seats::late))
        .load::<(i16, Option<String>, i16, bool)>(connection)?;
    let player = |(seat, account, team, late)| Player {
        seat,
        account,
        seated: Seated { team: team_of_column(team), late },
        before: Skill::default(),
    };
    Ok(seats.into_iter().map(player).collect())
}

fn skill_of(connection: &mut AnyConnection, account: &str) -> QueryResult<Skill> {
    let found = ratings::table
        .filter(ratings::account_id.eq(account))
        .select((ratings::rating, ratings::uncertainty))
        .first::<(f64, f64)>(connection)
        .optional()?;
    Ok(found.map_or_else(Skill::default, |(rating, uncertainty)| Skill { rating, uncertainty }))
}
