//! Who did what: one row for every act of an operator, written in the act's own transaction.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    operator::{Operator, time},
    store::{connection::AnyConnection, schema::audit_log},
};

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
pub struct Record {
    id: String,
    /// Unix time in milliseconds.
    pub at: i64,
    pub actor: String,
    pub act: String,
    /// An id where there is one.
    pub subject: String,
    /// Never a code, a key or a password.
    pub detail: String,
}

impl Record {
    pub fn new(actor: &str, act: &str, subject: impl ToString, detail: impl ToString, at: i64) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            at,
            actor: actor.to_owned(),
            act: act.to_owned(),
            subject: subject.to_string(),
            detail: detail.to_string(),
        }
    }
}

pub fn note(connection: &mut AnyConnection, record: Record) -> QueryResult<()> {
    diesel::insert_into(audit_log::table).values(record).execute(connection)?;
    Ok(())
}

/// The last `count` acts, the newest first.
pub fn last(connection: &mut AnyConnection, count: i64) -> QueryResult<Vec<Record>> {
    audit_log::table.order((audit_log::at.desc(), audit_log::id.desc())).limit(count).load(connection)
}

/// Prints the last acts, the newest at the bottom.
pub(super) async fn show(operator: &Operator, count: u16) -> anyhow::Result<()> {
    let store = operator.store().await?;
    let records = store.read(move |connection| last(connection, count.into())).await?;
    for Record { at, actor, act, subject, detail, .. } in records.into_iter().rev() {
        let line = format!("{}  {actor}  {act}  {subject}  {detail}", time::stamp(at));
        println!("{}", line.replace(char::is_control, " ").trim_end());
    }
    Ok(())
}
