//! What the hub is told at start-up. The environment is read here and nowhere else.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use protocol::{challenge::ChallengeKey, limits};

/// Shortest host key, in characters.
const HOST_KEY_CHARS: usize = 32;

/// Fogline's hub: website, accounts, lobby, matchmaking, rooms and history.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Flags {
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "FOGLINE_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// File that gets `IP:PORT` once the hub listens
    #[arg(long, env = "FOGLINE_ADDR_FILE")]
    pub addr_file: Option<PathBuf>,
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(long, env = "FOGLINE_DATABASE", default_value = "sqlite://fogline.db", hide_env_values = true)]
    pub database: String,
    /// File with the key that client builds carry: 64 hex digits
    #[arg(long, env = "FOGLINE_CHALLENGE_KEY_FILE")]
    pub challenge_key_file: PathBuf,
    /// File with the key that rooms register with: 32 characters or more
    #[arg(long, env = "FOGLINE_HOST_KEY_FILE")]
    pub host_key_file: PathBuf,
    /// Trunk's output folder; may appear later
    #[arg(long, env = "FOGLINE_WEB_ROOT", default_value = "target/trunk")]
    pub web_root: PathBuf,
    /// Length of a match in seconds
    #[arg(long, env = "FOGLINE_MATCH_SECONDS", default_value_t = 240,
          value_parser = clap::value_parser!(u16).range(5..=3600))]
    pub match_seconds: u16,
    /// Bots fill a match when its first player has waited this many seconds
    #[arg(long, env = "FOGLINE_BOTS_AFTER_SECS", default_value_t = 5)]
    pub bots_after_secs: u16,
    /// How browsers reach the hub, if not by the address it listens on; `https://` makes cookies secure
    #[arg(long, env = "FOGLINE_PUBLIC_URL")]
    pub public_url: Option<String>,
}

/// Everything [`crate::serve`] needs to know.
#[derive(Clone)]
pub struct Config {
    pub database: String,
    pub challenge_key: ChallengeKey,
    pub host_key: String,
    pub web_root: PathBuf,
    pub match_seconds: u16,
    /// Scheme, host and port without a trailing slash.
    pub public_url: Option<String>,
    pub timings: Timings,
}

/// How long the hub waits for whom.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// Bots fill a match when its first player has waited for this long.
    pub bots_after: Duration,
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
            bots_after: Duration::from_secs(5),
            queue_grace: Duration::from_secs(10),
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
    pub fn from_flags(flags: &Flags) -> anyhow::Result<Self> {
        let challenge_key = fs::read_to_string(&flags.challenge_key_file)
            .map_err(anyhow::Error::from)
            .and_then(|hex| ChallengeKey::from_hex(&hex).map_err(anyhow::Error::msg))
            .with_context(|| {
                format!(
                    "flag `--challenge-key-file`: unable to use `{}`; it should hold 64 hex digits, `cargo xtask up` makes one",
                    flags.challenge_key_file.display()
                )
            })?;
        let host_key = fs::read_to_string(&flags.host_key_file).with_context(|| {
            format!(
                "flag `--host-key-file`: unable to read `{}`; make one with `openssl rand -hex 32`",
                flags.host_key_file.display()
            )
        })?;
        let host_key = host_key.trim().to_owned();
        ensure!(
            host_key.chars().count() >= HOST_KEY_CHARS,
            "flag `--host-key-file`: the key in `{}` should have {HOST_KEY_CHARS} characters or more; make one with `openssl rand -hex 32`",
            flags.host_key_file.display()
        );
        Ok(Self {
            database: flags.database.clone(),
            challenge_key,
            host_key,
            web_root: flags.web_root.clone(),
            match_seconds: flags.match_seconds,
            public_url: flags.public_url.as_deref().map(public_origin).transpose()?,
            timings: Timings {
                bots_after: Duration::from_secs(flags.bots_after_secs.into()),
                ..Timings::default()
            },
        })
    }

    /// Whether browsers reach the hub over TLS.
    pub fn tls(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

fn public_origin(url: &str) -> anyhow::Result<String> {
    let origin = url.trim_end_matches('/');
    let Some((scheme, authority)) = origin.split_once("://") else {
        bail!("flag `--public-url`: expected `https://HOST` or `http://HOST`, found `{url}`");
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    ensure!(
        matches!(scheme, "http" | "https") && !authority.is_empty() && authority.chars().all(plain),
        "flag `--public-url`: expected `https://HOST` or `http://HOST`, found `{url}`"
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
