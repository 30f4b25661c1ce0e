//! Accounts and sessions in the database.

use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
};
use protocol::{id::AccountId, text::PlayerName};
use uuid::Uuid;

use crate::{
    secret::TokenHash,
    store::{
        connection::AnyConnection,
        schema::{accounts, sessions},
    },
};

/// Who somebody is.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    pub name: PlayerName,
    pub guest: bool,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct AccountRow {
    id: String,
    name: String,
    name_key: String,
    guest: bool,
    password_hash: Option<String>,
    created_at: i64,
}

impl AccountRow {
    pub fn new(account: &Account, password_hash: Option<String>, now: i64) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name.to_string(),
            name_key: account.name.key(),
            guest: account.guest,
            password_hash,
            created_at: now,
        }
    }

    /// `false` when the name is taken.
    pub fn insert(self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let taken = accounts::table
            .filter(accounts::name_key.eq(&self.name_key))
            .count()
            .get_result::<i64>(connection)?;
        if taken > 0 {
            return Ok(false);
        }
        diesel::insert_into(accounts::table).values(self).execute(connection)?;
        Ok(true)
    }

    fn account(self) -> QueryResult<Account> {
        Ok(Account {
            id: AccountId(uuid_column(&self.id)?),
            name: name_column(&self.name)?,
            guest: self.guest,
        })
    }
}

/// The account with this name key, and its password hash unless it is a guest's.
pub fn account_by_key(
    connection: &mut AnyConnection,
    key: &str,
) -> QueryResult<Option<(Account, Option<String>)>> {
    let row =
        accounts::table.filter(accounts::name_key.eq(key)).first::<AccountRow>(connection).optional()?;
    row.map(|mut row| {
        let hash = row.password_hash.take();
        Ok((row.account()?, hash))
    })
    .transpose()
}

#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct SessionRow {
    token_hash: String,
    account_id: String,
    created_at: i64,
    last_seen: i64,
}

impl SessionRow {
    pub fn new(token: &TokenHash, account: AccountId, now: i64) -> Self {
        Self {
            token_hash: token.as_str().to_owned(),
            account_id: account.to_string(),
            created_at: now,
            last_seen: now,
        }
    }

    pub fn insert(self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(sessions::table).values(self).execute(connection)?;
        Ok(())
    }
}

/// Whose session it is and when it was last seen; nobody's if that was before `oldest`.
pub fn session_account(
    connection: &mut AnyConnection,
    token: &TokenHash,
    oldest: i64,
) -> QueryResult<Option<(Account, i64)>> {
    let found = sessions::table
        .inner_join(accounts::table)
        .filter(sessions::token_hash.eq(token.as_str()))
        .filter(sessions::last_seen.ge(oldest))
        .select((accounts::id, accounts::name, accounts::guest, sessions::last_seen))
        .first::<(String, String, bool, i64)>(connection)
        .optional()?;
    found
        .map(|(id, name, guest, last_seen)| {
            let account = Account { id: AccountId(uuid_column(&id)?), name: name_column(&name)?, guest };
            Ok((account, last_seen))
        })
        .transpose()
}

pub fn touch_session(connection: &mut AnyConnection, token: &TokenHash, now: i64) -> QueryResult<()> {
    diesel::update(sessions::table.filter(sessions::token_hash.eq(token.as_str())))
        .set(sessions::last_seen.eq(now))
        .execute(connection)?;
    Ok(())
}

pub fn end_session(connection: &mut AnyConnection, token: &TokenHash) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::token_hash.eq(token.as_str()))).execute(connection)?;
    Ok(())
}

/// Forgets sessions that were last seen before `oldest`.
pub fn expire_sessions(connection: &mut AnyConnection, oldest: i64) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::last_seen.lt(oldest))).execute(connection)
}

/// Whether the insertion failed because another got there first.
pub fn is_conflict(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}

pub fn uuid_column(text: &str) -> QueryResult<Uuid> {
    text.parse().map_err(|error: uuid::Error| Error::DeserializationError(Box::new(error)))
}

pub fn name_column(text: &str) -> QueryResult<PlayerName> {
    PlayerName::new(text).map_err(|error| Error::DeserializationError(Box::new(error)))
}
