//! The command line. Every field of [`Settings`] is a flag, an environment variable and a key of the
//! file at once.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{ArgAction, Args, Parser, ValueEnum, value_parser};

use crate::{
    account::limit::Limits,
    operator::{Acting, Task},
};

/// Fogline's hub: website, accounts, lobby, matchmaking, rooms and history.
///
/// Without a command it serves. The commands are for operators and act on the same database.
#[derive(Parser)]
#[command(version)]
pub struct CommandLine {
    /// File with settings, one `key = value` a line; the keys are the flags' names
    #[arg(long, env = "FOGLINE_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Prints every setting and where it came from, and starts nothing
    #[arg(long)]
    pub check_config: bool,
    #[command(flatten)]
    pub settings: Settings,
    #[command(flatten)]
    pub acting: Acting,
    #[command(subcommand)]
    pub task: Option<Task>,
}

/// Not `Debug`: the database's URL may hold a password.
#[derive(Clone, Args)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "FOGLINE_BIND", value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// File that gets `IP:PORT` once the hub listens
    #[arg(long, env = "FOGLINE_ADDR_FILE", value_name = "FILE")]
    pub addr_file: Option<PathBuf>,
    /// How browsers reach the hub, if not by the address it listens on; `https://` makes cookies secure
    #[arg(long, env = "FOGLINE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        default_value = "sqlite://fogline.db",
        hide_env_values = true,
        global = true
    )]
    pub database: String,
    /// File with the key that client builds carry: 64 hex digits
    #[arg(long, env = "FOGLINE_CHALLENGE_KEY_FILE", value_name = "FILE")]
    pub challenge_key_file: Option<PathBuf>,
    /// File with the key that the operator's own rooms register with: 32 characters or more
    #[arg(long, env = "FOGLINE_HOST_KEY_FILE", value_name = "FILE")]
    pub host_key_file: Option<PathBuf>,
    /// Trunk's output folder; may appear later
    #[arg(long, env = "FOGLINE_WEB_ROOT", value_name = "FOLDER", default_value = "target/trunk")]
    pub web_root: PathBuf,
    /// Folder with one file for each mode
    #[arg(long, env = "FOGLINE_MODES", value_name = "FOLDER", default_value = "assets/modes")]
    pub modes: PathBuf,
    /// Length of a match in seconds, in place of what each mode says: 5 to 3600
    #[arg(
        long,
        env = "FOGLINE_MATCH_SECONDS",
        value_name = "N",
        value_parser = value_parser!(u16).range(5..=3600)
    )]
    pub match_seconds: Option<u16>,
    /// Bots fill a match when its first player has waited this many seconds, in place of what each mode says
    #[arg(long, env = "FOGLINE_BOTS_AFTER_SECS", value_name = "N")]
    pub bots_after_secs: Option<u16>,
    /// A room that is silent for this many seconds gets no new match: 2 to 9
    #[arg(
        long,
        env = "FOGLINE_SUSPECT_SECONDS",
        value_name = "N",
        default_value_t = 3,
        value_parser = value_parser!(u8).range(2..=9)
    )]
    pub suspect_seconds: u8,
    /// Where the admin port listens: a loopback address, or `none` for no admin port
    #[arg(
        long,
        env = "FOGLINE_ADMIN_BIND",
        value_name = "IP:PORT",
        default_value = "127.0.0.1:9080",
        global = true
    )]
    pub admin_bind: AdminBind,
    /// File that gets `IP:PORT` once the admin port listens
    #[arg(long, env = "FOGLINE_ADMIN_ADDR_FILE", value_name = "FILE", global = true)]
    pub admin_addr_file: Option<PathBuf>,
    /// File with the admin token, made if missing; unless set, beside the SQLite file
    #[arg(long, env = "FOGLINE_ADMIN_TOKEN_FILE", value_name = "FILE", global = true)]
    pub admin_token_file: Option<PathBuf>,
    /// How the log on stderr is written: `text` or `json`
    #[arg(long, env = "FOGLINE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Accounts that may be registered from one address in an hour
    #[arg(
        long,
        env = "FOGLINE_REGISTER_PER_HOUR",
        value_name = "N",
        default_value_t = Limits::default().register_per_hour,
        value_parser = value_parser!(u32).range(1..)
    )]
    pub register_per_hour: u32,
    /// Guests that may come from one address in an hour
    #[arg(
        long,
        env = "FOGLINE_GUEST_PER_HOUR",
        value_name = "N",
        default_value_t = Limits::default().guest_per_hour,
        value_parser = value_parser!(u32).range(1..)
    )]
    pub guest_per_hour: u32,
    /// Passwords and reset codes that may be tried from one address in ten minutes
    #[arg(
        long = "login-per-10-min",
        env = "FOGLINE_LOGIN_PER_10_MIN",
        value_name = "N",
        default_value_t = Limits::default().login_per_10_min,
        value_parser = value_parser!(u32).range(1..)
    )]
    pub login_per_10_min: u32,
    /// API calls and forms that may come from one address in a second
    #[arg(
        long,
        env = "FOGLINE_REQUESTS_PER_SECOND",
        value_name = "N",
        default_value_t = Limits::default().requests_per_second,
        value_parser = value_parser!(u32).range(1..)
    )]
    pub requests_per_second: u32,
    /// Wrong passwords for one account before the next try has to wait
    #[arg(
        long,
        env = "FOGLINE_FAILURES_BEFORE_PAUSE",
        value_name = "N",
        default_value_t = Limits::default().failures_before_pause,
        value_parser = value_parser!(u32).range(1..)
    )]
    pub failures_before_pause: u32,
    /// Whether a proxy of yours stands in front and writes `X-Forwarded-For`
    #[arg(
        long,
        env = "FOGLINE_TRUSTED_PROXY",
        value_name = "BOOL",
        default_value_t = Limits::default().trusted_proxy,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub trusted_proxy: bool,
    /// Connections that may be open from one address at the same time
    #[arg(
        long,
        env = "FOGLINE_SOCKETS_PER_ADDRESS",
        value_name = "N",
        default_value_t = 64,
        value_parser = value_parser!(u16).range(1..)
    )]
    pub sockets_per_address: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Where the admin port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminBind {
    Off,
    At(SocketAddr),
}

impl FromStr for AdminBind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Off);
        }
        let address = text
            .parse::<SocketAddr>()
            .map_err(|_| format!("expected `none` or an address such as `127.0.0.1:9080`, found `{text}`"))?;
        if address.ip().is_loopback() {
            Ok(Self::At(address))
        } else {
            Err(format!(
                "`{address}` can be reached from other machines; the admin port has no TLS and listens on \
                 loopback only, reach it through a tunnel"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_port_is_on_loopback_or_nowhere() {
        assert_eq!("none".parse(), Ok(AdminBind::Off));
        assert!("127.0.0.1:0".parse::<AdminBind>().is_ok());
        assert!("[::1]:9080".parse::<AdminBind>().is_ok());
        for open in ["0.0.0.0:9080", "192.168.0.7:9080", "[::]:9080", "9080"] {
            assert!(open.parse::<AdminBind>().is_err(), "`{open}` should be refused");
        }
    }

    #[test]
    fn command_line_is_consistent() {
        use clap::CommandFactory as _;

        CommandLine::command().debug_assert();
    }
}
