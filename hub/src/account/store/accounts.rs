//! Who somebody is.

use diesel::prelude::*;
use protocol::{id::AccountId, text::PlayerName};

use crate::{
    account::{
        ban::Ban,
        store::{name_column, uuid_column},
    },
    store::{connection::AnyConnection, schema::accounts},
};

/// Who somebody is.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    pub name: PlayerName,
    pub guest: bool,
}

/// Somebody who may be signing in.
pub struct Candidate {
    pub account: Account,
    /// `None` for a guest.
    pub hash: Option<String>,
    /// The ban that was last set, which may be over.
    pub ban: Option<Ban>,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Player,
    Admin,
}

#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct AccountRow {
    id: String,
    name: String,
    name_key: String,
    guest: bool,
    password_hash: Option<String>,
    created_at: i64,
}

impl Account {
    pub(super) fn from_columns(id: &str, name: &str, guest: bool) -> QueryResult<Self> {
        Ok(Self { id: AccountId(uuid_column(id)?), name: name_column(name)?, guest })
    }
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Player => "player",
            Self::Admin => "admin",
        }
    }
}

impl AccountRow {
    /// `now` is unix time in milliseconds.
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
        if name_taken(connection, &self.name_key)? {
            return Ok(false);
        }
        diesel::insert_into(accounts::table).values(self).execute(connection)?;
        Ok(true)
    }
}

/// The account with this name key, and its password hash unless it is a guest's. A deleted account is
/// not found.
pub fn account_by_key(
    connection: &mut AnyConnection,
    key: &str,
) -> QueryResult<Option<(Account, Option<String>)>> {
    Ok(candidate(connection, key)?.map(|found| (found.account, found.hash)))
}

/// As [`account_by_key`], with the ban.
pub fn candidate(connection: &mut AnyConnection, key: &str) -> QueryResult<Option<Candidate>> {
    type Columns = (String, String, bool, Option<String>, Option<i64>, Option<String>);
    let found = accounts::table
        .filter(accounts::name_key.eq(key))
        .filter(accounts::deleted_at.is_null())
        .select((
            accounts::id,
            accounts::name,
            accounts::guest,
            accounts::password_hash,
            accounts::banned_until,
            accounts::ban_reason,
        ))
        .first::<Columns>(connection)
        .optional()?;
    found
        .map(|(id, name, guest, hash, until, reason)| {
            let account = Account::from_columns(&id, &name, guest)?;
            Ok(Candidate { account, hash, ban: ban(until, reason) })
        })
        .transpose()
}

/// As [`account_by_key`].
pub fn account_by_id(
    connection: &mut AnyConnection,
    account: AccountId,
) -> QueryResult<Option<(Account, Option<String>)>> {
    let found = accounts::table
        .filter(accounts::id.eq(account.to_string()))
        .filter(accounts::deleted_at.is_null())
        .select((accounts::name, accounts::guest, accounts::password_hash))
        .first::<(String, bool, Option<String>)>(connection)
        .optional()?;
    found
        .map(|(name, guest, hash)| Ok((Account { id: account, name: name_column(&name)?, guest }, hash)))
        .transpose()
}

pub fn name_taken(connection: &mut AnyConnection, key: &str) -> QueryResult<bool> {
    let taken = accounts::table.filter(accounts::name_key.eq(key)).count().get_result::<i64>(connection)?;
    Ok(taken > 0)
}

/// Whether the account still has exactly this password hash.
pub fn has_password(connection: &mut AnyConnection, account: AccountId, hash: &str) -> QueryResult<bool> {
    let current = account_by_id(connection, account)?;
    Ok(current.is_some_and(|(_, current)| current.as_deref() == Some(hash)))
}

/// An account with a password is no guest's.
pub fn set_password(connection: &mut AnyConnection, account: AccountId, hash: &str) -> QueryResult<()> {
    diesel::update(accounts::table.filter(accounts::id.eq(account.to_string())))
        .set((accounts::password_hash.eq(hash), accounts::guest.eq(false)))
        .execute(connection)?;
    Ok(())
}

/// Makes a guest's account one with a name and a password. `false` when it is no guest's.
pub fn claim(
    connection: &mut AnyConnection,
    account: AccountId,
    name: &PlayerName,
    hash: &str,
) -> QueryResult<bool> {
    let guest = accounts::table
        .filter(accounts::id.eq(account.to_string()))
        .filter(accounts::guest.eq(true))
        .filter(accounts::deleted_at.is_null());
    let claimed = diesel::update(guest)
        .set((
            accounts::name.eq(name.as_str()),
            accounts::name_key.eq(name.key()),
            accounts::guest.eq(false),
            accounts::password_hash.eq(hash),
        ))
        .execute(connection)?;
    Ok(claimed == 1)
}

/// The ban that was last set, which may be over.
pub fn ban_of(connection: &mut AnyConnection, account: AccountId) -> QueryResult<Option<Ban>> {
    let columns = accounts::table
        .filter(accounts::id.eq(account.to_string()))
        .select((accounts::banned_until, accounts::ban_reason))
        .first::<(Option<i64>, Option<String>)>(connection)
        .optional()?;
    Ok(columns.and_then(|(until, reason)| ban(until, reason)))
}

/// Until when, as unix time in milliseconds (`i64::MAX` is for good), and why; `None` lifts the ban.
pub fn set_ban(
    connection: &mut AnyConnection,
    account: AccountId,
    ban: Option<(i64, String)>,
) -> QueryResult<()> {
    let (until, reason) = ban.unzip();
    diesel::update(accounts::table.filter(accounts::id.eq(account.to_string())))
        .set((accounts::banned_until.eq(until), accounts::ban_reason.eq(reason)))
        .execute(connection)?;
    Ok(())
}

pub fn set_role(connection: &mut AnyConnection, account: AccountId, role: Role) -> QueryResult<()> {
    diesel::update(accounts::table.filter(accounts::id.eq(account.to_string())))
        .set(accounts::role.eq(role.as_str()))
        .execute(connection)?;
    Ok(())
}

pub fn is_admin_present(connection: &mut AnyConnection) -> QueryResult<bool> {
    Ok(!staff(connection)?.is_empty())
}

/// The names of all admins.
pub fn staff(connection: &mut AnyConnection) -> QueryResult<Vec<PlayerName>> {
    let names = accounts::table
        .filter(accounts::role.eq(Role::Admin.as_str()))
        .filter(accounts::deleted_at.is_null())
        .select(accounts::name)
        .load::<String>(connection)?;
    names.iter().map(|name| name_column(name)).collect()
}

/// A ban from its two columns.
pub(super) fn ban(until: Option<i64>, reason: Option<String>) -> Option<Ban> {
    until.map(|until| Ban { until, reason: reason.unwrap_or_default() })
}
