//! A copy of the SQLite database as of one moment.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _, sql_query,
    sql_types::Text,
};

use crate::operator::Operator;

/// Neither brings the schema up to date nor notes anything: a backup comes before an upgrade.
pub async fn make(operator: &Operator, file: PathBuf) -> anyhow::Result<()> {
    let Some(database) = operator.database.strip_prefix("sqlite://").map(PathBuf::from) else {
        bail!(
            "PostgreSQL has its own program for this: \
             pg_dump --no-owner --file={} \"$DATABASE_URL\"",
            shell_quoted(&file.to_string_lossy())
        );
    };
    let (from, to) = (database.clone(), file.clone());
    let bytes = tokio::task::spawn_blocking(move || copy(&from, &to)).await??;
    println!("copied `{}` to `{}`, {bytes} bytes", database.display(), file.display());
    Ok(())
}

fn copy(database: &Path, file: &Path) -> anyhow::Result<u64> {
    ensure!(database.exists(), "there is no database `{}`; name it with `--database`", database.display());
    let target = file.to_str().context("the name of the copy should be UTF-8")?;
    let from = database.to_str().context("the name of the database should be UTF-8")?;
    let mut connection = SqliteConnection::establish(from)
        .with_context(|| format!("unable to open the SQLite file `{from}`"))?;
    connection.batch_execute("PRAGMA busy_timeout = 5000")?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("unable to make `{target}`; a backup overwrites nothing"))?;
    let copied = sql_query("VACUUM INTO ?").bind::<Text, _>(target).execute(&mut connection);
    if let Err(error) = copied {
        fs::remove_file(file).with_context(|| format!("unable to remove the unfinished `{target}`"))?;
        return Err(error).with_context(|| format!("unable to copy `{from}` to `{target}`"));
    }
    let copy = File::open(file)?;
    copy.sync_all().with_context(|| format!("unable to write `{target}` to the disk"))?;
    Ok(copy.metadata()?.len())
}

/// One word for a shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
