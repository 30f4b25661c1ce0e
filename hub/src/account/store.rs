//! Accounts and sessions in the database.

mod accounts;
mod erasure;
mod reset_codes;
mod sessions;

use diesel::{
    QueryResult,
    result::{DatabaseErrorKind, Error},
};
use protocol::text::PlayerName;
use uuid::Uuid;

pub use self::{
    accounts::{
        Account, AccountRow, Candidate, Role, account_by_id, account_by_key, ban_of, candidate, claim,
        has_password, is_admin_present, name_taken, set_ban, set_password, set_role, staff,
    },
    erasure::erase,
    reset_codes::{put_reset_code, redeem_reset_code},
    sessions::{
        LiveSession, SessionRow, end_listed_session, end_session, end_sessions, expire_sessions,
        live_session, sessions_of, touch_session,
    },
};

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
