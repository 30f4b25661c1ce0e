use std::collections::BTreeSet;

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, sql_query, sql_types::Text,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use hub::store::{Store, connection::AnyConnection};

use super::{Database, ROWS, both};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// One line for each column, each reference and each index.
const IN_SQLITE: &str = r#"
    SELECT m.name || '.' || c.name || ' ' || replace(lower(c.type), 'double', 'double precision')
        || CASE WHEN c."notnull" THEN ' required' ELSE ' optional' END
        || ' default ' || coalesce(lower(c.dflt_value), 'none') AS line
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE '\_\_diesel%' ESCAPE '\'
    UNION ALL
    SELECT m.name || '.' || k."from" || ' -> ' || k."table" || '.' || k."to"
        || ' on delete ' || lower(k.on_delete)
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k
    WHERE m.type = 'table'
    UNION ALL
    SELECT m.name || ' (' || (
            SELECT group_concat(name, ', ')
            FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)
        ) || ')' || CASE WHEN i.origin = 'pk' THEN ' primary' WHEN i."unique" THEN ' unique' ELSE '' END
    FROM sqlite_master m JOIN pragma_index_list(m.name) i
    WHERE m.type = 'table' AND m.name NOT LIKE '\_\_diesel%' ESCAPE '\'
"#;

/// The same lines.
const IN_POSTGRES: &str = r"
    SELECT table_name::text || '.' || column_name::text || ' ' || data_type::text
        || CASE is_nullable WHEN 'NO' THEN ' required' ELSE ' optional' END
        || ' default ' || coalesce(lower(regexp_replace(column_default::text, '::[a-z ]+$', '')), 'none')
        AS line
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\_\_diesel%'
    UNION ALL
    SELECT child.relname::text || '.' || here.attname::text
        || ' -> ' || parent.relname::text || '.' || there.attname::text
        || ' on delete ' || CASE k.confdeltype
            WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
            WHEN 'n' THEN 'set null' ELSE 'set default' END
    FROM pg_constraint k
    JOIN pg_class child ON child.oid = k.conrelid
    JOIN pg_class parent ON parent.oid = k.confrelid
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (source, target)
    JOIN pg_attribute here ON here.attrelid = k.conrelid AND here.attnum = pair.source
    JOIN pg_attribute there ON there.attrelid = k.confrelid AND there.attnum = pair.target
    WHERE k.contype = 'f'
    UNION ALL
    SELECT t.relname::text || ' (' || (
            SELECT string_agg(a.attname::text, ', ' ORDER BY c.place)
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS c (number, place)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.number
        ) || ')' || CASE WHEN i.indisprimary THEN ' primary' WHEN i.indisunique THEN ' unique' ELSE '' END
    FROM pg_index i
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = 'public' AND t.relname NOT LIKE '\_\_diesel%'
";

/// What each database must refuse once [`ROWS`] are in it.
const BREACHES: &[&str] = &[
    "UPDATE accounts SET role = 'king'",
    "UPDATE hosts SET kind = 'friend'",
    "UPDATE matches SET state = 'over'",
    "UPDATE match_seats SET team = 2",
    "UPDATE match_seats SET seat = 16 WHERE seat = 5",
    "UPDATE accounts SET name_key = 'ann'",
    "UPDATE match_seats SET account_id = 'a1'",
    "INSERT INTO mutes (account_id, muted_id) VALUES ('a1', 'nobody')",
    "DELETE FROM accounts WHERE id = 'a1'",
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[tokio::test]
async fn schemas_of_both_databases_agree() {
    let [sqlite, postgres] = Database::of_each_kind();
    let (sqlite, postgres) = (described(&sqlite.open().await).await, described(&postgres.open().await).await);
    assert!(sqlite.len() > 50, "the schema should be seen, not only {sqlite:?}");
    let only = |here: &BTreeSet<String>, there: &BTreeSet<String>| {
        here.difference(there).cloned().collect::<Vec<_>>().join("\n")
    };
    assert_eq!(only(&sqlite, &postgres), "", "what SQLite has, PostgreSQL should have");
    assert_eq!(only(&postgres, &sqlite), "", "what PostgreSQL has, SQLite should have");
}

#[tokio::test]
async fn what_breaks_a_rule_of_the_schema_is_refused() {
    both(|store| async move {
        let filled = store.write(|connection| connection.batch_execute(ROWS)).await;
        filled.expect("rows that keep the rules should be taken");
        for breach in BREACHES {
            let refused = store.write(move |connection| connection.batch_execute(breach)).await;
            assert!(refused.is_err(), "`{breach}` should be refused");
        }
    })
    .await;
}

#[tokio::test]
async fn migrations_go_down_and_up_again() {
    let [sqlite, postgres] = Database::of_each_kind();
    let file = sqlite.file().display().to_string();
    down_and_up(SqliteConnection::establish(&file).expect("SQLite should open a new file"), || SQLITE);
    down_and_up(PgConnection::establish(postgres.url()).expect("PostgreSQL should answer"), || POSTGRES);
}

fn down_and_up<C>(mut connection: C, migrations: fn() -> EmbeddedMigrations)
where
    C: Connection + MigrationHarness<<C as Connection>::Backend>,
{
    let up = connection.run_pending_migrations(migrations()).map(|versions| versions.len());
    assert!(up.expect("up should run on an empty database") > 1, "there should be several migrations");
    connection.batch_execute(ROWS).expect("rows should be taken");
    connection
        .revert_last_migration(migrations())
        .expect("the last migration should go down with rows in it");
    connection.run_pending_migrations(migrations()).expect("and up again");
    let again = connection.batch_execute("UPDATE accounts SET name_key = 'ann' WHERE id = 'a2'");
    assert!(again.is_err(), "the accounts should have outlived it");

    connection.revert_all_migrations(migrations()).expect("all should go down");
    connection.run_pending_migrations(migrations()).expect("and up again");
    connection.batch_execute(ROWS).expect("nothing should be left of what was there");
}

async fn described(store: &Store) -> BTreeSet<String> {
    let lines = store.read(|connection| match connection {
        AnyConnection::Sqlite(sqlite) => sql_query(IN_SQLITE).load::<Line>(sqlite),
        AnyConnection::Postgres(postgres) => sql_query(IN_POSTGRES).load::<Line>(postgres),
    });
    lines.await.expect("the schema should be read").into_iter().map(|line| line.line).collect()
}
