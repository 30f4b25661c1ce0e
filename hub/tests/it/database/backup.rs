use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Command,
};

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, sql_query, sql_types::Text,
};
use hub::store::{Store, connection::AnyConnection};

use super::{Database, ROWS};
use crate::support::Folder;

/// The page whose commands are performed.
const PAGE: &str = include_str!("../../../../docs/backup.md");

/// Folder with `pg_dump` and `psql` of the server's version; without it they are taken from `PATH`.
const PROGRAMS: &str = "FOGLINE_POSTGRES_BIN";

/// One statement a table, each of which writes every row as one line.
const SQLITE_TABLES: &str = r#"
    SELECT 'SELECT ''' || m.name || ' '' || '
        || group_concat('quote("' || c.name || '")', ' || '', '' || ')
        || ' AS line FROM "' || m.name || '"' AS line
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table'
    GROUP BY m.name
"#;
const POSTGRES_TABLES: &str = r"
    SELECT 'SELECT ''' || table_name::text || ' '' || to_jsonb(t)::text AS line FROM '
        || table_name::text || ' t' AS line
    FROM information_schema.tables
    WHERE table_schema = 'public'
";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[tokio::test]
async fn backup_is_restored_with_everything() {
    let folder = Folder::new();

    let sqlite = Database::sqlite();
    let file = sqlite.file();
    let store = sqlite.open().await;
    let before = filled(&store).await;
    let backup = folder.path().join("backup.sqlite");
    perform("SQLite", "Back up", file.as_os_str(), &backup);
    change(&store).await;
    drop(store);
    perform("SQLite", "Restore", file.as_os_str(), &backup);
    assert_eq!(contents(&sqlite.open().await).await, before, "SQLite should be as it was");

    let postgres = Database::postgres();
    let store = postgres.open().await;
    let before = filled(&store).await;
    let backup = folder.path().join("backup.sql");
    perform("PostgreSQL", "Back up", postgres.url().as_ref(), &backup);
    change(&store).await;
    let empty = Database::postgres();
    perform("PostgreSQL", "Restore", empty.url().as_ref(), &backup);
    assert_eq!(contents(&empty.open().await).await, before, "PostgreSQL should be as it was");
}

async fn filled(store: &Store) -> Vec<String> {
    store.write(|connection| connection.batch_execute(ROWS)).await.expect("rows should be taken");
    let lines = contents(store).await;
    assert!(lines.len() > 14, "every table should have a row, there are only {lines:?}");
    lines
}

/// What happens after the backup and is gone with the restore.
async fn change(store: &Store) {
    let sql = "UPDATE ratings SET rating = 1.0; DELETE FROM queue_entries";
    store.write(move |connection| connection.batch_execute(sql)).await.expect("a change should be taken");
}

/// Every row of every table, migrations included.
async fn contents(store: &Store) -> Vec<String> {
    let lines = store.read(|connection| match connection {
        AnyConnection::Sqlite(sqlite) => rows_in_sqlite(sqlite),
        AnyConnection::Postgres(postgres) => rows_in_postgres(postgres),
    });
    let mut lines: Vec<_> =
        lines.await.expect("every table should be read").into_iter().map(|line| line.line).collect();
    lines.sort();
    lines
}

fn rows_in_sqlite(connection: &mut SqliteConnection) -> QueryResult<Vec<Line>> {
    let mut rows = Vec::new();
    for table in sql_query(SQLITE_TABLES).load::<Line>(connection)? {
        rows.extend(sql_query(table.line).load::<Line>(connection)?);
    }
    Ok(rows)
}

fn rows_in_postgres(connection: &mut PgConnection) -> QueryResult<Vec<Line>> {
    let mut rows = Vec::new();
    for table in sql_query(POSTGRES_TABLES).load::<Line>(connection)? {
        rows.extend(sql_query(table.line).load::<Line>(connection)?);
    }
    Ok(rows)
}

/// Runs the page's commands for one step as a person would.
fn perform(section: &str, step: &str, database: &OsStr, backup: &Path) {
    let commands = commands(section, step);
    let said = Command::new("sh")
        .args(["-euc", &commands])
        .env("DATABASE", database)
        .env("BACKUP", backup)
        .env("PATH", path())
        .output()
        .expect("a shell should start");
    assert!(
        said.status.success(),
        "the page's commands should work ({}):\n{commands}\n{}",
        said.status,
        String::from_utf8_lossy(&said.stderr)
    );
}

fn path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let ours = env::var_os(PROGRAMS).map(PathBuf::from);
    env::join_paths(ours.into_iter().chain(env::split_paths(&path))).expect("`PATH` should be extended")
}

/// The block of commands below `## SECTION` and `### STEP`.
fn commands(section: &str, step: &str) -> String {
    PAGE.lines()
        .skip_while(|line| line.strip_prefix("## ") != Some(section))
        .skip_while(|line| line.strip_prefix("### ") != Some(step))
        .skip_while(|line| *line != "```sh")
        .skip(1)
        .take_while(|line| *line != "```")
        .map(|line| format!("{line}\n"))
        .collect()
}
