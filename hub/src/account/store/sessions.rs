//! Where somebody is signed in.

use diesel::prelude::*;
use protocol::{http, id::AccountId};

use crate::{
    account::{
        ban::Ban,
        store::accounts::{Account, ban},
    },
    secret::TokenHash,
    store::{
        connection::AnyConnection,
        schema::{accounts, sessions},
    },
};

/// Letters of a session's hash that name it in a list.
const ID_LETTERS: usize = 16;

/// Sessions in one list, the last used first.
const MOST_LISTED: i64 = 100;

#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct SessionRow {
    token_hash: String,
    account_id: String,
    created_at: i64,
    last_seen: i64,
    device: String,
}

/// A session that is not over, and whose it is.
pub struct LiveSession {
    pub account: Account,
    /// Unix time in milliseconds.
    pub last_seen: i64,
    /// The ban that was last set, which may be over.
    pub ban: Option<Ban>,
}

impl SessionRow {
    /// `now` is unix time in milliseconds, `device` what the session is called in a list.
    pub fn new(token: &TokenHash, account: AccountId, now: i64, device: &str) -> Self {
        Self {
            token_hash: token.as_str().to_owned(),
            account_id: account.to_string(),
            created_at: now,
            last_seen: now,
            device: device.to_owned(),
        }
    }

    pub fn insert(self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(sessions::table).values(self).execute(connection)?;
        Ok(())
    }
}

/// `None` when the session was last seen before `oldest`, and for a deleted account.
pub fn live_session(
    connection: &mut AnyConnection,
    token: &TokenHash,
    oldest: i64,
) -> QueryResult<Option<LiveSession>> {
    type Columns = (String, String, bool, Option<i64>, Option<String>, i64);
    let found = sessions::table
        .inner_join(accounts::table)
        .filter(sessions::token_hash.eq(token.as_str()))
        .filter(sessions::last_seen.ge(oldest))
        .filter(accounts::deleted_at.is_null())
        .select((
            accounts::id,
            accounts::name,
            accounts::guest,
            accounts::banned_until,
            accounts::ban_reason,
            sessions::last_seen,
        ))
        .first::<Columns>(connection)
        .optional()?;
    found
        .map(|(id, name, guest, until, reason, last_seen)| {
            let account = Account::from_columns(&id, &name, guest)?;
            Ok(LiveSession { account, last_seen, ban: ban(until, reason) })
        })
        .transpose()
}

pub fn touch_session(connection: &mut AnyConnection, token: &TokenHash, now: i64) -> QueryResult<()> {
    diesel::update(sessions::table.filter(sessions::token_hash.eq(token.as_str())))
        .set(sessions::last_seen.eq(now))
        .execute(connection)?;
    Ok(())
}

/// Where the account is signed in, seen from the session `current`.
pub fn sessions_of(
    connection: &mut AnyConnection,
    account: AccountId,
    current: &TokenHash,
    oldest: i64,
) -> QueryResult<Vec<http::SessionRow>> {
    let rows = sessions::table
        .filter(sessions::account_id.eq(account.to_string()))
        .filter(sessions::last_seen.ge(oldest))
        .order((sessions::last_seen.desc(), sessions::token_hash))
        .limit(MOST_LISTED)
        .select((sessions::token_hash, sessions::device, sessions::created_at, sessions::last_seen))
        .load::<(String, String, i64, i64)>(connection)?;
    let list = rows.into_iter().map(|(hash, device, created_at_ms, last_seen_ms)| http::SessionRow {
        id: hash.chars().take(ID_LETTERS).collect(),
        device,
        created_at_ms,
        last_seen_ms,
        current: hash == current.as_str(),
    });
    Ok(list.collect())
}

pub fn end_session(connection: &mut AnyConnection, token: &TokenHash) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::token_hash.eq(token.as_str()))).execute(connection)?;
    Ok(())
}

/// Ends the account's own session that a list calls `id`; `None` when it has no such session.
pub fn end_listed_session(
    connection: &mut AnyConnection,
    account: AccountId,
    id: &str,
) -> QueryResult<Option<TokenHash>> {
    let mut own = tokens_of(connection, account)?.into_iter();
    let Some(token) = own.find(|token| token.as_str().get(..ID_LETTERS) == Some(id)) else {
        return Ok(None);
    };
    end_session(connection, &token)?;
    Ok(Some(token))
}

/// Ends the account's sessions, all or all but one; answers those that ended.
pub fn end_sessions(
    connection: &mut AnyConnection,
    account: AccountId,
    except: Option<&TokenHash>,
) -> QueryResult<Vec<TokenHash>> {
    let mut ended = tokens_of(connection, account)?;
    ended.retain(|token| Some(token) != except);
    for token in &ended {
        end_session(connection, token)?;
    }
    Ok(ended)
}

/// Forgets sessions that were last seen before `oldest`.
pub fn expire_sessions(connection: &mut AnyConnection, oldest: i64) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::last_seen.lt(oldest))).execute(connection)
}

fn tokens_of(connection: &mut AnyConnection, account: AccountId) -> QueryResult<Vec<TokenHash>> {
    let hashes = sessions::table
        .filter(sessions::account_id.eq(account.to_string()))
        .select(sessions::token_hash)
        .load::<String>(connection)?;
    Ok(hashes.into_iter().map(TokenHash::stored).collect())
}
