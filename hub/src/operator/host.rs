//! Commands on hosts of rooms.

use anyhow::{anyhow, ensure};

use crate::{
    clock::unix_ms,
    operator::{
        Operator,
        audit::{self, Record},
        time::stamp,
    },
    rooms::host::{self, HostKind, HostRow},
    secret,
};

/// Prints a fresh key. The hub keeps its hash only.
pub async fn add(operator: &Operator, name: String, kind: HostKind) -> anyhow::Result<()> {
    let (key, actor, now) = (secret::token(), operator.actor.clone(), unix_ms());
    let (theirs, called) = (key.clone(), name.clone());
    let store = operator.store().await?;
    let added = store.write(move |connection| {
        let Some(host) = host::add(connection, &called, kind, &theirs, now)? else {
            return Ok(None);
        };
        audit::note(connection, Record::new(&actor, "host add", host.id, format!("{called}, {kind}"), now))?;
        Ok(Some(host))
    });
    added.await?.ok_or_else(|| anyhow!("there is or was a host `{name}`; choose another name"))?;
    println!("key of the {kind} host `{name}`; it is shown this once:");
    println!("{key}");
    println!("its rooms get it with `server-room --host-key-file FILE`");
    Ok(())
}

pub async fn list(operator: &Operator) -> anyhow::Result<()> {
    for HostRow { host, created_at, revoked_at } in operator.store().await?.read(host::all).await? {
        let end = revoked_at.map(|at| format!(", revoked {}", stamp(at))).unwrap_or_default();
        println!("{}  {}  since {}{end}", host.name, host.kind, stamp(created_at));
    }
    Ok(())
}

/// Rooms that are registered with the key stay until their connection ends.
pub async fn revoke(operator: &Operator, name: String) -> anyhow::Result<()> {
    let (actor, called, now) = (operator.actor.clone(), name.clone(), unix_ms());
    let store = operator.store().await?;
    let revoked = store.write(move |connection| {
        let revoked = host::revoke(connection, &called, now)?;
        if revoked {
            audit::note(connection, Record::new(&actor, "host revoke", &called, "", now))?;
        }
        Ok(revoked)
    });
    ensure!(revoked.await?, "there is no host `{name}` with a key");
    println!("the key of `{name}` works no more");
    println!("its rooms that are registered now stay: `hub rooms list`, `hub rooms drain ROOM`");
    Ok(())
}
