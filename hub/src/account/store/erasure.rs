//! Deleting an account. Its row stays without a name, because matches and the audit log refer to it.

use diesel::prelude::*;
use protocol::{id::AccountId, text::PlayerName};

use crate::{
    account::store::{accounts::Role, sessions::end_sessions},
    secret::TokenHash,
    store::{
        connection::AnyConnection,
        schema::{accounts, match_seats, mutes, party_members, queue_entries, ratings, reset_codes},
    },
};

/// What others read in the matches they played together.
const SEAT_NAME: &str = "Deleted player";

/// Forgets everything about the account but that there was one, which is called `name` from now on.
/// Answers the sessions that ended; `now` is unix time in milliseconds.
pub fn erase(
    connection: &mut AnyConnection,
    account: AccountId,
    name: &PlayerName,
    now: i64,
) -> QueryResult<Vec<TokenHash>> {
    let id = account.to_string();
    let ended = end_sessions(connection, account, None)?;
    diesel::delete(ratings::table.filter(ratings::account_id.eq(&id))).execute(connection)?;
    diesel::delete(mutes::table.filter(mutes::account_id.eq(&id))).execute(connection)?;
    diesel::delete(mutes::table.filter(mutes::muted_id.eq(&id))).execute(connection)?;
    diesel::delete(reset_codes::table.filter(reset_codes::account_id.eq(&id))).execute(connection)?;
    diesel::delete(queue_entries::table.filter(queue_entries::account_id.eq(&id))).execute(connection)?;
    diesel::delete(party_members::table.filter(party_members::account_id.eq(&id))).execute(connection)?;
    diesel::update(match_seats::table.filter(match_seats::account_id.eq(&id)))
        .set((match_seats::account_id.eq(None::<String>), match_seats::name.eq(SEAT_NAME)))
        .execute(connection)?;
    diesel::update(accounts::table.filter(accounts::id.eq(&id)))
        .set((
            accounts::name.eq(name.as_str()),
            accounts::name_key.eq(name.key()),
            accounts::password_hash.eq(None::<String>),
            accounts::role.eq(Role::Player.as_str()),
            accounts::deleted_at.eq(Some(now)),
        ))
        .execute(connection)?;
    Ok(ended)
}
