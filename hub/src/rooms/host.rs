//! Hosts: who runs rooms, and what their matches are worth.
//!
//! The key of the operator's own rooms is in a file and not here; every other host has a row. Of a key
//! only its SHA-256 is kept: 256 random bits cannot be guessed from it.

use std::{fmt, str::FromStr};

use diesel::{prelude::*, result::Error};
use uuid::Uuid;

use crate::{
    secret::TokenHash,
    store::{connection::AnyConnection, schema::hosts},
};

/// The host whose key is in `host-key-file`; no other one may be called so.
pub const OWN: &str = "own";

/// Longest name of a host, in bytes.
const NAME_BYTES: usize = 40;

/// What the results of a host's rooms are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// Its matches are official.
    Operator,
    Community,
}

/// Somebody who runs rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub id: Uuid,
    pub name: String,
    pub kind: HostKind,
}

/// A host as an operator sees it; times are unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRow {
    pub host: Host,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = hosts, treat_none_as_default_value = false)]
struct NewHost {
    id: String,
    name: String,
    kind: String,
    key_hash: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

/// Whose key this is; nobody's once it is revoked.
pub fn host_of_key(connection: &mut AnyConnection, key: &str) -> QueryResult<Option<Host>> {
    let found = hosts::table
        .filter(hosts::key_hash.eq(TokenHash::of(key).as_str()))
        .filter(hosts::revoked_at.is_null())
        .select((hosts::id, hosts::name, hosts::kind))
        .first::<(String, String, String)>(connection)
        .optional()?;
    found.map(|(id, name, kind)| host(&id, name, &kind)).transpose()
}

/// `None` when the name is taken; a revoked host keeps its name.
pub fn add(
    connection: &mut AnyConnection,
    name: &str,
    kind: HostKind,
    key: &str,
    now: i64,
) -> QueryResult<Option<Host>> {
    let taken = hosts::table.filter(hosts::name.eq(name)).count().get_result::<i64>(connection)?;
    if taken > 0 {
        return Ok(None);
    }
    let host = Host { id: Uuid::now_v7(), name: name.to_owned(), kind };
    let row = NewHost {
        id: host.id.to_string(),
        name: host.name.clone(),
        kind: kind.to_string(),
        key_hash: TokenHash::of(key).as_str().to_owned(),
        created_at: now,
        revoked_at: None,
    };
    diesel::insert_into(hosts::table).values(row).execute(connection)?;
    Ok(Some(host))
}

/// Every host, the revoked ones too, by name.
pub fn all(connection: &mut AnyConnection) -> QueryResult<Vec<HostRow>> {
    hosts::table
        .order(hosts::name.asc())
        .select((hosts::id, hosts::name, hosts::kind, hosts::created_at, hosts::revoked_at))
        .load::<(String, String, String, i64, Option<i64>)>(connection)?
        .into_iter()
        .map(|(id, name, kind, created_at, revoked_at)| {
            Ok(HostRow { host: host(&id, name, &kind)?, created_at, revoked_at })
        })
        .collect()
}

/// Makes the host's key worthless. `false` when there is no such host, or none any more.
pub fn revoke(connection: &mut AnyConnection, name: &str, now: i64) -> QueryResult<bool> {
    let current = hosts::table.filter(hosts::name.eq(name)).filter(hosts::revoked_at.is_null());
    let revoked = diesel::update(current).set(hosts::revoked_at.eq(Some(now))).execute(connection)?;
    Ok(revoked > 0)
}

/// A host's name as an operator types it.
///
/// # Errors
///
/// Says what a name may be.
pub fn checked_name(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if name.is_empty() || name.len() > NAME_BYTES || !name.chars().all(plain) {
        return Err(format!("a host's name has 1 to {NAME_BYTES} of a-z, 0-9, `-` and `.`"));
    }
    if name == OWN {
        return Err(format!("`{OWN}` is the host of the hub's own key file"));
    }
    Ok(name.to_owned())
}

fn host(id: &str, name: String, kind: &str) -> QueryResult<Host> {
    let id = id.parse().map_err(|error: uuid::Error| Error::DeserializationError(Box::new(error)))?;
    let kind = kind.parse::<HostKind>().map_err(|error| Error::DeserializationError(error.into()))?;
    Ok(Host { id, name, kind })
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Operator => "operator",
            Self::Community => "community",
        })
    }
}

impl FromStr for HostKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "operator" => Ok(Self::Operator),
            "community" => Ok(Self::Community),
            _ => Err(format!("expected `operator` or `community`, found `{text}`")),
        }
    }
}
