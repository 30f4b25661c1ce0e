//! The database below the hub: read beside it, locked, filled up, made read-only.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};

use crate::{
    children::{Child, Echo, run_quietly, tethered},
    postgres::Cluster,
    prove::wait::{Look, until},
    scratch::Scratch,
};

/// The hub's database on a server of its own.
const HUB: &str = "hub";

/// What the hub writes while matches are played.
const WRITTEN: &str = "accounts, sessions, ratings, matches, match_seats, queue_entries, hub_counters";

pub enum Database {
    /// A file in a folder of its own.
    Sqlite(Scratch),
    Postgres(Box<Cluster>),
}

impl Database {
    pub fn sqlite() -> Result<Self> {
        Scratch::new("fogline-crash-sqlite").map(Self::Sqlite)
    }

    pub fn postgres() -> Result<Self> {
        let database = Self::Postgres(Box::new(Cluster::start()?));
        database.administer(&[&format!("CREATE DATABASE {HUB}")])?;
        Ok(database)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// As the hub's `--database` takes it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", file(folder).display()),
            Self::Postgres(cluster) => cluster.url(HUB),
        }
    }

    /// The rows of one query, `NULL` as nothing. No text in them may hold a `|` or a line's end.
    pub fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let mut command = match self {
            Self::Sqlite(folder) => {
                let mut command = sqlite(folder);
                command.args(["-cmd", ".timeout 10000", "-separator", "|"]).arg(file(folder)).arg(sql);
                command
            }
            Self::Postgres(cluster) => {
                let mut command = cluster.psql(HUB);
                command.args(["--command", sql]);
                command
            }
        };
        let text = run_quietly(&format!("`{sql}`"), &mut command, &mut || Ok(()))?;
        let rows = text.lines().filter(|line| !line.is_empty());
        Ok(rows.map(|line| line.split('|').map(str::to_owned).collect()).collect())
    }

    /// The one number that a query answers.
    pub fn count(&self, sql: &str) -> Result<usize> {
        let rows = self.rows(sql)?;
        let cell = rows.first().and_then(|row| row.first());
        cell.and_then(|cell| cell.parse().ok()).with_context(|| format!("`{sql}` should answer a number"))
    }

    /// Takes the right to write away from everybody else until the lock is dropped.
    pub fn lock(&self) -> Result<Lock> {
        let (command, begin) = match self {
            Self::Sqlite(folder) => {
                let mut command = sqlite(folder);
                command.args(["-cmd", ".timeout 10000"]).arg(file(folder));
                (command, "BEGIN EXCLUSIVE;".to_owned())
            }
            Self::Postgres(cluster) => {
                (cluster.psql(HUB), format!("BEGIN; LOCK TABLE {WRITTEN} IN EXCLUSIVE MODE;"))
            }
        };
        let log = fs::File::create("/dev/null").context("unable to open `/dev/null`")?;
        let mut holder = Child::spawn("the lock's holder", command, Echo::File(log))?;
        writeln!(holder.stdin()?, "{begin}\nSELECT 'locked';").context("unable to ask for the lock")?;
        until("the database to be locked", Duration::from_secs(20), || {
            holder.check()?;
            let said = holder.log().tail(5);
            Ok(if said.contains("locked\n") && !said.contains("Error") {
                Look::Found(())
            } else {
                Look::Instead(said)
            })
        })?;
        Ok(Lock { _holder: holder })
    }

    /// A server that takes over read-only closes every connection, and then refuses to write.
    pub fn refuse_writes(&self, refuse: bool) -> Result<()> {
        let change = if refuse {
            "ALTER SYSTEM SET default_transaction_read_only = on"
        } else {
            "ALTER SYSTEM RESET default_transaction_read_only"
        };
        self.administer(&[
            change,
            "SELECT pg_reload_conf()",
            "SELECT pg_sleep(0.2)",
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        ])
    }

    /// Takes the right to write the file, its log and their folder away from the owner, or gives it back.
    pub fn protect_files(&self, protected: bool) -> Result<()> {
        let Self::Sqlite(folder) = self else { return Ok(()) };
        let folder = folder.path();
        let set = |path: &Path, mode: u32| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))
                .with_context(|| format!("unable to change what may be done with `{}`", path.display()))
        };
        for entry in fs::read_dir(folder)? {
            set(&entry?.path(), if protected { 0o400 } else { 0o600 })?;
        }
        set(folder, if protected { 0o500 } else { 0o700 })
    }

    /// The server, if the database has one.
    pub fn cluster(&mut self) -> Option<&mut Cluster> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(cluster) => Some(cluster.as_mut()),
        }
    }

    /// Commands outside of any transaction, in a database that is not the hub's.
    fn administer(&self, commands: &[&str]) -> Result<()> {
        let Self::Postgres(cluster) = self else { return Ok(()) };
        let mut psql = cluster.psql("postgres");
        for command in commands {
            psql.args(["--command", command]);
        }
        run_quietly("`psql`", &mut psql, &mut || Ok(())).map(drop)
    }
}

/// Dropping it ends the transaction that holds the lock.
pub struct Lock {
    _holder: Child,
}

fn sqlite(folder: &Scratch) -> Command {
    let mut command = tethered(Path::new("sqlite3"));
    command.args(["-batch", "-noheader", "-list"]).current_dir(folder.path());
    command
}

fn file(folder: &Scratch) -> PathBuf {
    folder.path().join("hub.sqlite")
}
