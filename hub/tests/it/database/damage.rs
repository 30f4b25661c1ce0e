use std::{fs, path::Path};

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Text},
};
use hub::store::Store;

use super::{Database, ROWS};
use crate::support::Folder;

/// Bytes that no page of a database begins with.
const GARBAGE: [u8; 16] = [0xA5; 16];

/// Accounts that the write-ahead log of one test holds, each in a transaction of its own.
const LOGGED: i64 = 20;

#[derive(QueryableByName)]
struct Root {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rootpage: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A page of every table and every index is damaged in turn.
#[tokio::test]
async fn f20_damaged_database_is_refused_at_start() {
    let whole = Database::sqlite();
    let store = whole.open().await;
    store.write(|connection| connection.batch_execute(ROWS)).await.expect("rows should be taken");
    drop(store);
    let (page, roots) = roots(&whole.file());
    assert!(roots.len() > 20, "tables and indexes should be found, there are only {}", roots.len());
    for root in roots {
        let damaged = Database::sqlite();
        let file = damaged.file();
        let mut bytes = fs::read(whole.file()).expect("the database should be read");
        let begin = usize::try_from(page * (root.rootpage - 1)).expect("a page should be in the file");
        bytes[begin..begin + GARBAGE.len()].copy_from_slice(&GARBAGE);
        fs::write(&file, bytes).expect("the damaged database should be written");
        expect_refused(&file, &format!("damage to `{}`", root.name));
    }
}

#[test]
fn f20_file_that_is_no_database_is_refused_at_start() {
    let folder = Folder::new();
    let file = folder.path().join("hub.db");
    fs::write(&file, GARBAGE.repeat(4096)).expect("the file should be written");
    expect_refused(&file, "a file of another kind");
}

#[tokio::test]
async fn f20_database_cut_short_is_refused_at_start() {
    let whole = Database::sqlite();
    drop(whole.open().await);
    let bytes = fs::read(whole.file()).expect("the database should be read");
    fs::write(whole.file(), &bytes[..bytes.len() / 2]).expect("half of it should be written");
    expect_refused(&whole.file(), "a file cut short");
}

/// Wherever the write-ahead log is cut or damaged: what was committed before stays, what came after goes
/// whole, and nothing is half there.
#[test]
fn f20_torn_write_ahead_log_loses_its_tail_only() {
    let whole = Database::sqlite();
    let (database, log) = written_ahead(&whole.file());
    let mut kept = Vec::new();
    for share in 0..=8 {
        let cut = log.len() * share / 8;
        kept.push(recovered(&database, &log[..cut]));
        let mut flipped = log.clone();
        flipped[cut.min(log.len() - 1)] ^= 0xFF;
        recovered(&database, &flipped);
    }
    assert!(kept.is_sorted(), "a longer log should not hold less: {kept:?}");
    assert_eq!((kept[0], kept[8]), (0, LOGGED), "nothing of no log, everything of all of it: {kept:?}");
}

/// `Store::open` must fail and say which file it is and what to read.
fn expect_refused(file: &Path, what: &str) {
    let Err(error) = Store::open(&format!("sqlite://{}", file.display())) else {
        panic!("{what} should be noticed at start");
    };
    let words = format!("{error:#}");
    assert!(words.contains(&file.display().to_string()), "the file should be named: {words}");
    assert!(words.contains("docs/backup.md"), "the way to restore it should be named: {words}");
}

/// Bytes of a page, and where tables and indexes begin.
fn roots(file: &Path) -> (i64, Vec<Root>) {
    let mut connection = established(file);
    let page: Number = sql_query("SELECT page_size AS number FROM pragma_page_size")
        .get_result(&mut connection)
        .expect("the page size should be read");
    let roots = sql_query("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 1")
        .load(&mut connection)
        .expect("the schema should be read");
    (page.number, roots)
}

/// A database and its write-ahead log as a crash leaves them.
fn written_ahead(file: &Path) -> (Vec<u8>, Vec<u8>) {
    drop(Store::open(&format!("sqlite://{}", file.display())).expect("a new database should open"));
    let mut connection = established(file);
    connection
        .batch_execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0")
        .expect("the log should be kept");
    for number in 0..LOGGED {
        let insert = format!(
            "INSERT INTO accounts (id, name, name_key, guest, created_at)
             VALUES ('a{number}', 'Ann {number}', 'ann {number}', TRUE, {number})"
        );
        connection.batch_execute(&insert).expect("an account should be taken");
    }
    let log = file.with_extension("db-wal");
    let files = (fs::read(file), fs::read(log));
    (files.0.expect("the database should be read"), files.1.expect("the log should be read"))
}

/// Opens database and log as the hub does; how many accounts there are, counted from the first without a gap.
fn recovered(database: &[u8], log: &[u8]) -> i64 {
    let copy = Database::sqlite();
    fs::write(copy.file(), database).expect("the database should be written");
    fs::write(copy.file().with_extension("db-wal"), log).expect("the log should be written");
    drop(Store::open(copy.url()).expect("a database with a torn log should open"));
    let mut connection = established(&copy.file());
    let mut count = |sql: &str| -> i64 {
        sql_query(sql).get_result::<Number>(&mut connection).expect("accounts should be counted").number
    };
    let number = count("SELECT count(*) AS number FROM accounts");
    let reach = count("SELECT coalesce(max(created_at), -1) + 1 AS number FROM accounts");
    assert_eq!(number, reach, "an account should not be there without those before it");
    number
}

fn established(file: &Path) -> SqliteConnection {
    SqliteConnection::establish(&file.display().to_string()).expect("SQLite should open")
}
