//! What an operator sees of an account. Nothing in it opens anything.

use std::fmt;

use diesel::prelude::*;

use crate::{
    matches::rating::points,
    operator::time::stamp,
    store::{
        connection::AnyConnection,
        schema::{accounts, ratings, sessions},
    },
};

/// Times are unix milliseconds.
pub struct Sheet {
    id: String,
    name: String,
    guest: bool,
    role: String,
    created_at: i64,
    ban: Option<(i64, String)>,
    sessions: i64,
    /// Rating as it is kept, and over how many matches.
    rating: Option<(f64, i32)>,
}

type Columns = (String, String, bool, String, i64, Option<i64>, Option<String>);

pub fn of(connection: &mut AnyConnection, key: &str) -> QueryResult<Option<Sheet>> {
    let found = accounts::table
        .filter(accounts::name_key.eq(key))
        .filter(accounts::deleted_at.is_null())
        .select((
            accounts::id,
            accounts::name,
            accounts::guest,
            accounts::role,
            accounts::created_at,
            accounts::banned_until,
            accounts::ban_reason,
        ))
        .first::<Columns>(connection)
        .optional()?;
    let Some((id, name, guest, role, created_at, until, reason)) = found else {
        return Ok(None);
    };
    let sessions =
        sessions::table.filter(sessions::account_id.eq(&id)).count().get_result::<i64>(connection)?;
    let rating = ratings::table
        .filter(ratings::account_id.eq(&id))
        .select((ratings::rating, ratings::rated))
        .first::<(f64, i32)>(connection)
        .optional()?;
    let ban = until.map(|until| (until, reason.unwrap_or_default()));
    Ok(Some(Sheet { id, name, guest, role, created_at, ban, sessions, rating }))
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name      {}", self.name)?;
        writeln!(f, "id        {}", self.id)?;
        writeln!(f, "kind      {}, {}", if self.guest { "guest" } else { "registered" }, self.role)?;
        writeln!(f, "since     {}", stamp(self.created_at))?;
        writeln!(f, "sessions  {}", self.sessions)?;
        match self.rating {
            Some((rating, rated)) => {
                writeln!(f, "rating    {} after {rated} rated matches", points(rating).0)?;
            }
            None => writeln!(f, "rating    none yet")?,
        }
        match &self.ban {
            Some((until, reason)) => {
                writeln!(f, "banned    until {}: {}", stamp(*until), reason.escape_debug())
            }
            None => writeln!(f, "banned    no"),
        }
    }
}
