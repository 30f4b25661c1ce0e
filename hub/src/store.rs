//! The database: who may write, who may read, and how both get a connection.
//!
//! SQLite has one writer and a pool of readers, so that nobody waits for a lock inside the library.
//! Nothing outside the hub opens this database.

pub mod connection;
pub mod schema;

use std::{fmt, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use diesel::{
    Connection as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _},
    r2d2::{self, ManageConnection, Pool, R2D2Connection as _},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

const READERS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(5);

const RESTORE: &str = "restore a backup as `docs/backup.md` says";

/// Requests that may wait for the database; one more is turned away at once.
const WAITING: usize = 100;

/// A room may forget a result once it has the receipt, hence `synchronous = FULL`.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;";

/// What can go wrong between the hub and its database. Details reach the log, never a client.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("no database connection: {0}")]
    Pool(#[from] r2d2::PoolError),
    #[error("{0}")]
    Query(#[from] diesel::result::Error),
    #[error("too many requests wait for the database")]
    Crowded,
    #[error("the query was stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

type AnyTransactions = <AnyConnection as diesel::Connection>::TransactionManager;

/// The pools. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writers: Pool<Dial>,
    readers: Pool<Dial>,
    line: Arc<Semaphore>,
    name: Arc<str>,
}

impl Store {
    /// Connects and brings the schema up to date. Blocks.
    pub fn open(url: &str) -> anyhow::Result<Self> {
        drop(connect(url)?);
        let dial = Dial::to(url)?;
        let single = matches!(dial, Dial::Sqlite(_));
        let name = dial.to_string().into();
        let writers = Pool::builder()
            .max_size(if single { 1 } else { READERS })
            .connection_timeout(PATIENCE)
            .build(dial.clone())
            .with_context(|| format!("unable to open {dial} (setting `database`)"))?;
        let readers = if single {
            Pool::builder().max_size(READERS).connection_timeout(PATIENCE).build(dial)?
        } else {
            writers.clone()
        };
        Ok(Self { writers, readers, line: Arc::new(Semaphore::new(WAITING)), name })
    }

    /// Which database it is, for people; without a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a query that changes nothing. Turned away at once when too many wait.
    pub async fn read<T, Q>(&self, query: Q) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Q: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let place = self.stand_in_line()?;
        let pool = self.readers.clone();
        let answer = tokio::task::spawn_blocking(move || -> Result<T, StoreError> {
            let _place = place;
            let mut pooled = pool.get()?;
            let connection: &mut AnyConnection = &mut pooled;
            Ok(query(connection)?)
        });
        answer.await?
    }

    /// Runs `change` in one transaction: all of it is done, or nothing. Turned away at once when too
    /// many wait.
    pub async fn write<T, Q>(&self, change: Q) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Q: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let _place = self.stand_in_line()?;
        self.write_in_any_case(change).await
    }

    /// [`Self::write`] for what must not be turned away.
    pub async fn write_in_any_case<T, Q>(&self, change: Q) -> Result<T, StoreError>
    where
        T: Send + 'static,
        Q: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let pool = self.writers.clone();
        let answer = tokio::task::spawn_blocking(move || -> Result<T, StoreError> {
            let mut pooled = pool.get()?;
            let connection: &mut AnyConnection = &mut pooled;
            Ok(in_transaction(connection, change)?)
        });
        answer.await?
    }

    fn stand_in_line(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        self.line.clone().try_acquire_owned().map_err(|_| StoreError::Crowded)
    }
}

/// One connection, known to be whole and with the schema up to date. Blocks.
pub fn connect(url: &str) -> anyhow::Result<AnyConnection> {
    let dial = Dial::to(url)?;
    let mut connection = dial.connect().with_context(|| {
        format!("unable to open {dial} (setting `database`); if it is damaged, {RESTORE}")
    })?;
    check(&mut connection).with_context(|| format!("unable to use {dial}; {RESTORE}"))?;
    migrate(&mut connection).with_context(|| format!("unable to use {dial}; if it is damaged, {RESTORE}"))?;
    Ok(connection)
}

/// On SQLite the transaction takes the writer's place at once: one that began by reading would fail
/// when an operator's command writes beside it.
fn in_transaction<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    let changed = change(connection);
    match &changed {
        Ok(_) => AnyTransactions::commit_transaction(connection)?,
        Err(_) => AnyTransactions::rollback_transaction(connection)?,
    }
    changed
}

/// A damaged file is refused before anything is written to it.
fn check(connection: &mut AnyConnection) -> anyhow::Result<()> {
    #[derive(QueryableByName)]
    struct Finding {
        #[diesel(sql_type = diesel::sql_types::Text)]
        quick_check: String,
    }
    let AnyConnection::Sqlite(sqlite) = connection else {
        return Ok(());
    };
    let found = diesel::sql_query("PRAGMA quick_check(1)").load::<Finding>(sqlite);
    let damage = match found {
        Ok(findings) => findings.into_iter().map(|finding| finding.quick_check).find(|found| found != "ok"),
        Err(error) => Some(error.to_string()),
    };
    match damage {
        None => Ok(()),
        Some(damage) => bail!("it is damaged: {damage}"),
    }
}

fn migrate(connection: &mut AnyConnection) -> anyhow::Result<()> {
    let migrated = match connection {
        AnyConnection::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(|_| ()),
        AnyConnection::Postgres(postgres) => postgres.run_pending_migrations(POSTGRES).map(|_| ()),
    };
    migrated.map_err(|error| anyhow::anyhow!("unable to bring the database up to date: {error}"))
}

/// Where the database is; opens the pools' connections.
#[derive(Clone)]
enum Dial {
    Sqlite(String),
    Postgres(String),
}

impl Dial {
    fn to(url: &str) -> anyhow::Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return Ok(Self::Sqlite(path.to_owned()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        bail!("setting `database`: expected `sqlite://PATH` or `postgres://...`")
    }
}

impl fmt::Display for Dial {
    /// A PostgreSQL URL may hold a password and is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "the SQLite file `{path}`"),
            Self::Postgres(_) => f.write_str("the PostgreSQL database"),
        }
    }
}

impl ManageConnection for Dial {
    type Connection = AnyConnection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, r2d2::Error> {
        match self {
            Self::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(path)?;
                connection.batch_execute(PRAGMAS)?;
                Ok(AnyConnection::Sqlite(connection))
            }
            Self::Postgres(url) => Ok(AnyConnection::Postgres(PgConnection::establish(url)?)),
        }
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), r2d2::Error> {
        Ok(connection.ping()?)
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_url_of_another_kind_is_refused() {
        assert!(Dial::to("mysql://localhost/x").is_err());
        assert!(Dial::to("fogline.db").is_err());
    }

    #[test]
    fn migrations_go_down_and_up_again() {
        let mut connection = SqliteConnection::establish(":memory:").expect("SQLite in memory should open");
        connection.run_pending_migrations(SQLITE).expect("up should run on an empty database");
        connection.revert_all_migrations(SQLITE).expect("down should undo up");
        connection.run_pending_migrations(SQLITE).expect("up should run after down");
    }

    #[test]
    fn postgres_password_is_not_shown() {
        let dial = Dial::to("postgres://ann:secret@db/fogline").expect("the URL should be read");
        assert!(!dial.to_string().contains("secret"));
    }
}
