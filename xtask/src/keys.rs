//! The two secrets that hub, rooms and client builds of one machine share.

use std::{
    env,
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use protocol::challenge::{Bytes32, ChallengeKey};

use crate::layout::Layout;

/// 64 hex digits each, made on first use, readable by their owner only, never in the repository.
/// `FOGLINE_CHALLENGE_KEY` replaces the first, for clients of a hub that runs elsewhere.
pub struct Keys {
    /// Baked into client builds and given to the hub.
    pub challenge_file: PathBuf,
    /// What rooms show to the hub.
    pub host_file: PathBuf,
    challenge: String,
}

impl Keys {
    pub fn load(layout: &Layout) -> Result<Self> {
        let host_file = layout.state.join("host.key");
        load_or_make(&host_file)?;
        let (challenge_file, challenge) = match env::var("FOGLINE_CHALLENGE_KEY") {
            Ok(given) => {
                let file = layout.state.join("challenge.given.key");
                (file.clone(), keep(&file, &given).context("unable to use `FOGLINE_CHALLENGE_KEY`")?)
            }
            Err(_) => {
                let file = layout.state.join("challenge.key");
                (file.clone(), load_or_make(&file)?)
            }
        };
        Ok(Self { challenge_file, host_file, challenge })
    }

    pub fn challenge_hex(&self) -> &str {
        &self.challenge
    }

    pub fn challenge(&self) -> Result<ChallengeKey> {
        ChallengeKey::from_hex(&self.challenge).map_err(anyhow::Error::msg)
    }
}

/// 32 bytes from the operating system.
pub fn random() -> Result<Bytes32> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("unable to get random bytes: {error}"))?;
    Ok(Bytes32(bytes))
}

/// Writes a key that was given from outside.
fn keep(path: &Path, given: &str) -> Result<String> {
    let hex = String::from(Bytes32::try_from(given.trim().to_owned()).map_err(anyhow::Error::msg)?);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{hex}")?;
    Ok(hex)
}

fn load_or_make(path: &Path) -> Result<String> {
    if !path.exists() {
        make(path).with_context(|| format!("unable to write `{}`", path.display()))?;
    }
    let hex = fs::read_to_string(path)
        .with_context(|| format!("unable to read `{}`", path.display()))?
        .trim()
        .to_owned();
    Bytes32::try_from(hex.clone())
        .map_err(|why| anyhow::anyhow!("`{}` is damaged ({why}): delete it and try again", path.display()))?;
    Ok(hex)
}

/// Linked into place when complete, so that two processes at once end with the same key.
fn make(path: &Path) -> Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", String::from(random()?))?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if !path.exists() => Err(error.into()),
        _ => Ok(()),
    }
}
