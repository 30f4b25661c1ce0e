//! One connection type over both backends.

/// A connection to whichever database the hub was started with.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Sqlite(diesel::SqliteConnection),
    Postgres(diesel::PgConnection),
}
