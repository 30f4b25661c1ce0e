//! What the hub is told at start-up: by flag, environment, file or default, in that order.
//! The environment is read below here and nowhere else, but for `RUST_LOG`.

pub mod address_file;
pub mod file;
pub mod flags;
pub mod layers;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use protocol::{challenge::ChallengeKey, limits};

use crate::{
    account::limit::Limits,
    config::flags::{AdminBind, Settings},
    matchmaking::mode::Modes,
};

/// Shortest host key, in characters.
const HOST_KEY_CHARS: usize = 32;

/// Everything [`crate::serve`] needs to know.
#[derive(Clone)]
pub struct Config {
    pub database: String,
    pub challenge_key: ChallengeKey,
    /// Of the operator's own rooms; others are in the database.
    pub host_key: String,
    pub web_root: PathBuf,
    pub modes: Modes,
    /// Scheme, host and port without a trailing slash.
    pub public_url: Option<String>,
    /// `None`: no admin port.
    pub admin: Option<AdminConfig>,
    pub limits: Limits,
    pub sockets_per_address: usize,
    pub timings: Timings,
}

/// Where the admin port is and who may act there.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// A loopback address; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Gets `IP:PORT` once the port listens.
    pub addr_file: Option<PathBuf>,
    /// Holds the token; made at start if it is missing.
    pub token_file: PathBuf,
}

/// How long the hub waits for whom.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// A player whose socket closed keeps the place in the queue for this long.
    pub queue_grace: Duration,
    /// A handshake that takes longer is refused.
    pub handshake: Duration,
    /// A room that does not answer `Prepare` in this time is passed over.
    pub prepare: Duration,
    /// A room that declined or was too slow gets no match for this long.
    pub room_rest: Duration,
    /// A room whose socket closed may come back in this time.
    pub room_return: Duration,
    /// A room that is silent for this long gets no new match.
    pub room_suspect: Duration,
    /// A room that is silent for this long is lost.
    pub room_silence: Duration,
    /// A match found in the database at start-up waits this long for its room.
    pub restart_return: Duration,
    /// Who is here is told at most this often.
    pub roster_every: Duration,
    pub ping_every: Duration,
    /// A client socket without any frame for this long is closed.
    pub idle_close: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            queue_grace: Duration::from_secs(30),
            handshake: limits::HANDSHAKE_LIFE,
            prepare: Duration::from_secs(3),
            room_rest: Duration::from_secs(5),
            room_return: Duration::from_secs(3),
            room_suspect: Duration::from_secs(3),
            room_silence: limits::ROOM_SILENCE,
            restart_return: Duration::from_secs(15),
            roster_every: Duration::from_secs(1),
            ping_every: Duration::from_secs(15),
            idle_close: Duration::from_secs(45),
        }
    }
}

impl Config {
    /// Reads the files that the settings name. An error names the setting.
    pub fn from_settings(settings: &Settings) -> anyhow::Result<Self> {
        let mut modes = Modes::load(&settings.modes)
            .with_context(|| format!("setting `modes`: unable to use `{}`", settings.modes.display()))?;
        let timings = Timings {
            room_suspect: Duration::from_secs(settings.suspect_seconds.into()),
            ..Timings::default()
        };
        if let Some(seconds) = settings.match_seconds {
            modes = modes.with_match_seconds(seconds);
        }
        if let Some(seconds) = settings.bots_after_secs {
            modes = modes.with_bots_after(Duration::from_secs(seconds.into()));
        }
        Ok(Self {
            database: settings.database.clone(),
            challenge_key: challenge_key(settings.challenge_key_file.as_deref())?,
            host_key: host_key(settings.host_key_file.as_deref())?,
            web_root: settings.web_root.clone(),
            modes,
            public_url: settings.public_url.as_deref().map(public_origin).transpose()?,
            admin: settings.admin(),
            limits: settings.limits(),
            sockets_per_address: settings.sockets_per_address.into(),
            timings,
        })
    }

    /// Whether browsers reach the hub over TLS.
    pub fn tls(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

impl Settings {
    fn admin(&self) -> Option<AdminConfig> {
        match self.admin_bind {
            AdminBind::Off => None,
            AdminBind::At(bind) => Some(AdminConfig {
                bind,
                addr_file: self.admin_addr_file.clone(),
                token_file: self.admin_token_file(),
            }),
        }
    }

    /// Where the admin token is: unless set, beside the SQLite file.
    pub fn admin_token_file(&self) -> PathBuf {
        if let Some(file) = &self.admin_token_file {
            return file.clone();
        }
        match self.database.strip_prefix("sqlite://") {
            Some(path) if !path.starts_with(':') && !path.starts_with("file:") => {
                PathBuf::from(format!("{path}.admin-token"))
            }
            _ => PathBuf::from("fogline.admin-token"),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            register_per_hour: self.register_per_hour,
            guest_per_hour: self.guest_per_hour,
            login_per_10_min: self.login_per_10_min,
            requests_per_second: self.requests_per_second,
            failures_before_pause: self.failures_before_pause,
            trusted_proxy: self.trusted_proxy,
        }
    }
}

fn challenge_key(file: Option<&Path>) -> anyhow::Result<ChallengeKey> {
    let file = file.context(
        "setting `challenge-key-file` is missing: the file with the key that client builds carry, \
         64 hex digits; `cargo xtask up` makes one",
    )?;
    fs::read_to_string(file)
        .map_err(anyhow::Error::from)
        .and_then(|hex| ChallengeKey::from_hex(&hex).map_err(anyhow::Error::msg))
        .with_context(|| {
            format!(
                "setting `challenge-key-file`: unable to use `{}`; it should hold 64 hex digits, \
                 `cargo xtask up` makes one",
                file.display()
            )
        })
}

fn host_key(file: Option<&Path>) -> anyhow::Result<String> {
    let file = file.context(
        "setting `host-key-file` is missing: the file with the key that rooms register with; \
         make one with `openssl rand -hex 32`",
    )?;
    let key = fs::read_to_string(file).with_context(|| {
        format!(
            "setting `host-key-file`: unable to read `{}`; make one with `openssl rand -hex 32`",
            file.display()
        )
    })?;
    let key = key.trim().to_owned();
    ensure!(
        key.chars().count() >= HOST_KEY_CHARS,
        "setting `host-key-file`: the key in `{}` should have {HOST_KEY_CHARS} characters or more; \
         make one with `openssl rand -hex 32`",
        file.display()
    );
    Ok(key)
}

fn public_origin(url: &str) -> anyhow::Result<String> {
    let origin = url.trim_end_matches('/');
    let Some((scheme, authority)) = origin.split_once("://") else {
        bail!("setting `public-url`: expected `https://HOST` or `http://HOST`, found `{url}`");
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    ensure!(
        matches!(scheme, "http" | "https") && !authority.is_empty() && authority.chars().all(plain),
        "setting `public-url`: expected `https://HOST` or `http://HOST`, found `{url}`"
    );
    Ok(origin.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_is_an_origin() {
        let origin = public_origin("https://fogline.example/").expect("an origin should pass");
        assert_eq!(origin, "https://fogline.example");
        for bad in ["fogline.example", "https://", "ftp://a", "https://a/b", "https://a b"] {
            assert!(public_origin(bad).is_err(), "`{bad}` should be refused");
        }
    }
}
