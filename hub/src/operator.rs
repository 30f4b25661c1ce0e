//! The operator's command line: what a person does to the hub's database, and to the hub that runs.
//!
//! A command writes the database itself, so that it works whether a hub runs or not; one that runs is
//! told over its admin port. Every act leaves a row in the audit log, in the act's own transaction.

mod account;
pub mod admin_port;
pub mod audit;
mod backup;
mod host;
mod matches;
mod room;
mod time;

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::ensure;
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::{
    config::flags::Settings,
    operator::{admin_port::AdminPort, time::Until},
    rooms::host::{HostKind, checked_name},
    store::Store,
};

/// Longest name in the audit log, in characters.
const ACTOR_CHARS: usize = 64;

/// Who acts, and where the hub that runs is.
#[derive(Clone, Debug, Args)]
pub struct Acting {
    /// Admin port of the running hub, if not what `admin-addr-file` or `admin-bind` say
    #[arg(long = "admin", value_name = "IP:PORT", global = true)]
    pub running_hub: Option<SocketAddr>,
    /// Name for the audit log, if not the one of your login
    #[arg(long = "as", value_name = "NAME", global = true)]
    pub actor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// People who run this hub
    #[command(subcommand)]
    Admin(AdminTask),
    /// Players' accounts
    #[command(subcommand)]
    Account(AccountTask),
    /// Matches that are or were played
    #[command(subcommand)]
    Match(MatchTask),
    /// Who may run rooms for this hub
    #[command(subcommand)]
    Host(HostTask),
    /// Rooms that are registered at the running hub
    #[command(subcommand)]
    Rooms(RoomsTask),
    /// Shows what operators did
    Audit {
        /// How many acts
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: u16,
    },
    /// Copies the SQLite database, while the hub runs or not
    Backup {
        /// A file that does not exist yet
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum AdminTask {
    /// Makes the account, or promotes it, and prints a code to set its password with
    Create {
        name: String,
        /// There is an admin already and there shall be one more
        #[arg(long)]
        another: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum AccountTask {
    /// Shows what the hub knows of the account
    Show { name: String },
    /// Prints a code with which the owner sets a new password
    Reset { name: String },
    /// Keeps the account out and closes its connections
    Ban {
        name: String,
        /// What the player is told
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// A date such as 2026-12-24, a time such as 3d, or `forever`
        #[arg(long)]
        until: Until,
    },
    /// Lets the account in again
    Unban { name: String },
}

#[derive(Debug, Subcommand)]
pub enum MatchTask {
    /// Shows players, result and ratings
    Show { id: Uuid },
}

#[derive(Debug, Subcommand)]
pub enum HostTask {
    /// Prints a new key for somebody's rooms, once
    Add {
        #[arg(value_parser = checked_name)]
        name: String,
        /// `operator`: its matches are official; `community`: they are not
        #[arg(long)]
        kind: HostKind,
    },
    /// Shows all hosts
    List,
    /// Makes the host's key worthless
    Revoke { name: String },
}

#[derive(Debug, Subcommand)]
pub enum RoomsTask {
    /// Shows the rooms
    List,
    /// Gives a room no more matches; it ends when the one in it is over
    Drain {
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        room: Option<Uuid>,
        /// Every room
        #[arg(long)]
        all: bool,
    },
}

/// What every task works with.
pub struct Operator {
    actor: String,
    database: String,
    public_url: Option<String>,
    running_hub: AdminPort,
}

pub async fn run(task: Task, settings: &Settings, acting: Acting) -> anyhow::Result<()> {
    let operator = Operator {
        actor: actor(acting.actor)?,
        database: settings.database.clone(),
        public_url: settings.public_url.clone(),
        running_hub: AdminPort::new(acting.running_hub, settings),
    };
    match task {
        Task::Admin(AdminTask::Create { name, another }) => {
            account::create_admin(&operator, &name, another).await
        }
        Task::Account(AccountTask::Show { name }) => account::show(&operator, &name).await,
        Task::Account(AccountTask::Reset { name }) => account::reset(&operator, &name).await,
        Task::Account(AccountTask::Ban { name, reason, until }) => {
            account::ban(&operator, &name, reason, until).await
        }
        Task::Account(AccountTask::Unban { name }) => account::unban(&operator, &name).await,
        Task::Match(MatchTask::Show { id }) => matches::show(&operator, id).await,
        Task::Host(HostTask::Add { name, kind }) => host::add(&operator, name, kind).await,
        Task::Host(HostTask::List) => host::list(&operator).await,
        Task::Host(HostTask::Revoke { name }) => host::revoke(&operator, name).await,
        Task::Rooms(RoomsTask::List) => room::list(&operator).await,
        Task::Rooms(RoomsTask::Drain { room, .. }) => room::drain(&operator, room).await,
        Task::Audit { last } => audit::show(&operator, last).await,
        Task::Backup { file } => backup::make(&operator, file).await,
    }
}

impl Operator {
    /// The database, its schema up to date. Where there is none, none is made.
    async fn store(&self) -> anyhow::Result<Store> {
        if let Some(file) = self.database.strip_prefix("sqlite://") {
            ensure!(
                Path::new(file).exists(),
                "there is no database `{file}`; name it with `--database`, or start the hub once"
            );
        }
        let url = self.database.clone();
        tokio::task::spawn_blocking(move || Store::open(&url)).await?
    }
}

fn actor(given: Option<String>) -> anyhow::Result<String> {
    let login = || ["USER", "LOGNAME"].iter().find_map(|name| env::var(name).ok());
    let actor = given.or_else(login).unwrap_or_else(|| "unknown".to_owned());
    let chars = actor.chars().count();
    ensure!(
        (1..=ACTOR_CHARS).contains(&chars) && !actor.chars().any(char::is_control),
        "`--as`: a name for the audit log has 1 to {ACTOR_CHARS} visible characters"
    );
    Ok(actor)
}
