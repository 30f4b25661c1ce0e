//! Commands on accounts, admins among them.

mod sheet;

use anyhow::{anyhow, ensure};
use diesel::QueryResult;
use protocol::{id::AccountId, text::PlayerName};
use uuid::Uuid;

use crate::{
    account::{
        name::{DELETED, GUEST},
        reset as code,
        store::{
            Account, AccountRow, Role, account_by_key, is_admin_present, put_reset_code, set_ban, set_role,
        },
    },
    clock::unix_ms,
    operator::{
        Operator,
        audit::{self, Record},
        time::{self, Until},
    },
    store::connection::AnyConnection,
};

const REASON_CHARS: usize = 200;

/// Makes an admin of the account, which need not exist. One without a password gets a code.
pub async fn create_admin(operator: &Operator, name: &str, another: bool) -> anyhow::Result<()> {
    let name = player_name(name)?;
    ensure!(
        !given(&name),
        "names that begin with `{GUEST}` or `{DELETED}` are given by the hub; choose another"
    );
    let (actor, secret, now) = (operator.actor.clone(), code::code(), unix_ms());
    let (key, hash) = (name.key(), code::hash_of(&secret));
    let store = operator.store().await?;
    let made = store.write(move |connection| {
        if !another && is_admin_present(connection)? {
            return Ok(None);
        }
        let (account, has_password) = match account_by_key(connection, &key)? {
            Some((account, password)) => (account, password.is_some()),
            None => (insert(connection, name, now)?, false),
        };
        set_role(connection, account.id, Role::Admin)?;
        if !has_password {
            put_reset_code(connection, account.id, &hash, code_ends(now))?;
        }
        audit::note(connection, Record::new(&actor, "admin create", account.id, &account.name, now))?;
        Ok(Some((account, has_password)))
    });
    let (account, has_password) =
        made.await?.ok_or_else(|| anyhow!("there is an admin already; `--another` makes one more"))?;
    println!("`{}` is an admin, {}", account.name, account.id);
    if has_password {
        println!("the account keeps its password");
    } else {
        operator.tell_code(&account, &secret, now);
    }
    Ok(())
}

/// Prints what is known of the account.
pub async fn show(operator: &Operator, name: &str) -> anyhow::Result<()> {
    let (name, key) = (name.to_owned(), player_name(name)?.key());
    let found = operator.store().await?.read(move |connection| sheet::of(connection, &key)).await?;
    print!("{}", found.ok_or_else(|| nobody(&name))?);
    Ok(())
}

/// Prints a code with which the owner sets a new password.
pub async fn reset(operator: &Operator, name: &str) -> anyhow::Result<()> {
    ensure!(
        !given(&player_name(name)?),
        "`{name}` is a guest and has no password; its owner may claim the account"
    );
    let (secret, now) = (code::code(), unix_ms());
    let hash = code::hash_of(&secret);
    let account = operator
        .act(name, "account reset", "", move |connection, account| {
            put_reset_code(connection, account, &hash, code_ends(now))
        })
        .await?;
    operator.tell_code(&account, &secret, now);
    Ok(())
}

/// Keeps the account out and closes its connections. Its sessions stay: they tell the player why, and
/// to a guest they are the account.
pub async fn ban(operator: &Operator, name: &str, reason: String, until: Until) -> anyhow::Result<()> {
    let reason = reason.trim().to_owned();
    let visible = !reason.chars().any(char::is_control);
    ensure!(
        visible && (1..=REASON_CHARS).contains(&reason.chars().count()),
        "`--reason`: the player is told this, in 1 to {REASON_CHARS} visible characters"
    );
    let end = until.unix_ms(unix_ms()).map_err(|why| anyhow!("`--until`: {why}"))?;
    let detail = format!("until {}: {reason}", time::stamp(end));
    let account = operator
        .act(name, "account ban", &detail, move |connection, account| {
            set_ban(connection, account, Some((end, reason)))
        })
        .await?;
    println!("`{}` is kept out {detail}", account.name);
    println!("{}", operator.running_hub.refresh(account.id).await);
    Ok(())
}

/// Lets the account in again.
pub async fn unban(operator: &Operator, name: &str) -> anyhow::Result<()> {
    let account = operator
        .act(name, "account unban", "", |connection, account| set_ban(connection, account, None))
        .await?;
    println!("`{}` may come in", account.name);
    Ok(())
}

impl Operator {
    /// Does something to an account and notes it, both or neither.
    async fn act(
        &self,
        name: &str,
        act: &'static str,
        detail: &str,
        deed: impl FnOnce(&mut AnyConnection, AccountId) -> QueryResult<()> + Send + 'static,
    ) -> anyhow::Result<Account> {
        let key = player_name(name)?.key();
        let (actor, detail, now) = (self.actor.clone(), detail.to_owned(), unix_ms());
        let store = self.store().await?;
        let acted = store.write(move |connection| {
            let Some((account, _)) = account_by_key(connection, &key)? else {
                return Ok(None);
            };
            deed(connection, account.id)?;
            let detail = if detail.is_empty() { account.name.to_string() } else { detail };
            audit::note(connection, Record::new(&actor, act, account.id, detail, now))?;
            Ok(Some(account))
        });
        acted.await?.ok_or_else(|| nobody(name))
    }

    fn tell_code(&self, account: &Account, secret: &str, now: i64) {
        let site = self.public_url.as_deref().unwrap_or("").trim_end_matches('/');
        let end = time::stamp(code_ends(now));
        println!("code for a new password of `{}`, once, until {end}:", account.name);
        println!("{secret}");
        println!("its owner enters it at {site}/reset");
    }
}

fn insert(connection: &mut AnyConnection, name: PlayerName, now: i64) -> QueryResult<Account> {
    let account = Account { id: AccountId(Uuid::now_v7()), name, guest: false };
    AccountRow::new(&account, None, now).insert(connection)?;
    Ok(account)
}

fn code_ends(now: i64) -> i64 {
    now.saturating_add(i64::try_from(code::LIFE.as_millis()).unwrap_or(i64::MAX))
}

/// Whether such names are the hub's to give.
fn given(name: &PlayerName) -> bool {
    [GUEST, DELETED].iter().any(|prefix| name.key().starts_with(&prefix.to_lowercase()))
}

fn player_name(name: &str) -> anyhow::Result<PlayerName> {
    PlayerName::new(name).map_err(|error| anyhow!("`{}`: {error}", name.escape_debug()))
}

fn nobody(name: &str) -> anyhow::Error {
    anyhow!("there is no account `{name}`")
}
