//! One-time codes for owners who lost their password. The code itself is not kept.

use diesel::prelude::*;
use protocol::id::AccountId;

use crate::{
    account::store::{accounts::set_password, uuid_column},
    secret::{self, TokenHash},
    store::{
        connection::AnyConnection,
        schema::{accounts, reset_codes},
    },
};

/// Makes this the account's code, in place of an earlier one. `expires_at` is unix time in
/// milliseconds.
pub fn put_reset_code(
    connection: &mut AnyConnection,
    account: AccountId,
    code_hash: &TokenHash,
    expires_at: i64,
) -> QueryResult<()> {
    let account = account.to_string();
    let changed = diesel::update(reset_codes::table.filter(reset_codes::account_id.eq(&account)))
        .set((reset_codes::code_hash.eq(code_hash.as_str()), reset_codes::expires_at.eq(expires_at)))
        .execute(connection)?;
    if changed == 0 {
        diesel::insert_into(reset_codes::table)
            .values((
                reset_codes::account_id.eq(&account),
                reset_codes::code_hash.eq(code_hash.as_str()),
                reset_codes::expires_at.eq(expires_at),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Takes the code out and sets the password of the account with this name key. `None`, and nothing
/// done, for an unknown name, a wrong code and one that lapsed.
pub fn redeem_reset_code(
    connection: &mut AnyConnection,
    key: &str,
    code_hash: &TokenHash,
    password_hash: &str,
    now: i64,
) -> QueryResult<Option<AccountId>> {
    let found = reset_codes::table
        .inner_join(accounts::table.on(accounts::id.eq(reset_codes::account_id)))
        .filter(accounts::name_key.eq(key))
        .filter(accounts::deleted_at.is_null())
        .filter(reset_codes::expires_at.gt(now))
        .select((accounts::id, reset_codes::code_hash))
        .first::<(String, String)>(connection)
        .optional()?;
    let Some((id, _)) = found.filter(|(_, stored)| secret::same(stored, code_hash.as_str())) else {
        return Ok(None);
    };
    let taken =
        diesel::delete(reset_codes::table.filter(reset_codes::account_id.eq(&id))).execute(connection)?;
    if taken == 0 {
        return Ok(None);
    }
    let account = AccountId(uuid_column(&id)?);
    set_password(connection, account, password_hash)?;
    Ok(Some(account))
}
