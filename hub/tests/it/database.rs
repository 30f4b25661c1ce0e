//! The same rules on both databases, each time on a fresh one.

mod backup;
mod damage;
mod schema;

use std::{env, path::PathBuf};

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};
use hub::store::Store;
use uuid::Uuid;

use crate::support::Folder;

/// URL of a PostgreSQL where databases may be made and dropped.
const SERVER: &str = "FOGLINE_TEST_POSTGRES";

/// A row and more for every table.
const ROWS: &str = include_str!("database/rows.sql");

/// Runs `rule` on a fresh SQLite file, then on a fresh PostgreSQL database.
pub async fn both<F, Fut>(rule: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    for database in Database::of_each_kind() {
        println!("on {}", database.kind());
        rule(database.open().await).await;
    }
}

/// A database that goes with its owner.
pub struct Database {
    url: String,
    place: Place,
}

enum Place {
    File(#[expect(dead_code, reason = "the folder goes when it is dropped")] Folder),
    Server { server: String, name: String },
}

impl Database {
    pub fn of_each_kind() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    /// A file that does not exist yet.
    pub fn sqlite() -> Self {
        let folder = Folder::new();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        Self { url, place: Place::File(folder) }
    }

    /// An empty database. Fails without a server: a rule that holds on one database only does not hold.
    pub fn postgres() -> Self {
        let server = env::var(SERVER).unwrap_or_else(|_| {
            panic!(
                "`{SERVER}` is not set: run `cargo xtask test`, which starts a PostgreSQL, or start one with \
                 `cargo xtask postgres` and do as it says, or set it to the URL of another one where databases \
                 may be made, for instance `postgres:///postgres?host=/var/run/postgresql`"
            )
        });
        let name = format!("fogline_{}", Uuid::now_v7().simple());
        command(&server, &format!("CREATE DATABASE {name}"));
        Self { url: beside(&server, &name), place: Place::Server { server, name } }
    }

    /// As the hub's `--database` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn kind(&self) -> &'static str {
        match self.place {
            Place::File(_) => "SQLite",
            Place::Server { .. } => "PostgreSQL",
        }
    }

    /// The hub's store on it, its schema up to date.
    pub async fn open(&self) -> Store {
        let url = self.url.clone();
        tokio::task::spawn_blocking(move || Store::open(&url))
            .await
            .expect("opening should not panic")
            .expect("a fresh database should open")
    }

    /// The file, where it is one.
    fn file(&self) -> PathBuf {
        self.url.strip_prefix("sqlite://").expect("a SQLite database should be a file").into()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server { server, name } = &self.place {
            command(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn command(server: &str, sql: &str) {
    let done = PgConnection::establish(server)
        .map_err(|error| error.to_string())
        .and_then(|mut connection| connection.batch_execute(sql).map_err(|error| error.to_string()));
    if let Err(error) = done {
        assert!(std::thread::panicking(), "the server of `{SERVER}` should carry out `{sql}`: {error}");
    }
}

/// The URL of another database on the same server.
fn beside(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, None), |(a, o)| (a, Some(o)));
    let (address, _) = address
        .rsplit_once('/')
        .filter(|(address, _)| address.contains("://"))
        .unwrap_or_else(|| panic!("`{SERVER}` should name a database, as in `postgres://host/postgres`"));
    match options {
        Some(options) => format!("{address}/{name}?{options}"),
        None => format!("{address}/{name}"),
    }
}

#[test]
fn another_database_keeps_the_servers_options() {
    let url = beside("postgres:///postgres?host=/run/pg&user=ann", "mine");
    assert_eq!(url, "postgres:///mine?host=/run/pg&user=ann");
    assert_eq!(beside("postgres://ann@db:5433/x", "mine"), "postgres://ann@db:5433/mine");
}
