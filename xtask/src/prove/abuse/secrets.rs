//! T20: whoever steals the database, or reads the log, finds nothing that signs anybody in.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::stage::Stage;
use crate::prove::report::Figures;

const NET: u8 = 20;

/// Less is no secret and may be anywhere.
const SHORTEST: usize = 16;

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let (account, credentials) = stage.registered(NET, 0)?;
    let unused = account.socket_token()?;
    let _signed_in = stage.visitor(&account)?;
    let secrets = [
        ("password", credentials.password.as_str()),
        ("session", account.bearer.as_str()),
        ("socket token", unused.as_str()),
        ("host key", stage.host_key.as_str()),
    ];
    let mut found = Vec::new();
    let mut bytes = 0;
    let mut seen = false;
    for file in stage.database_files().into_iter().chain([stage.log.clone()]) {
        let text = fs::read(&file).with_context(|| format!("unable to read `{}`", file.display()))?;
        bytes += text.len();
        seen |= holds(&text, credentials.name.as_bytes());
        for (what, secret) in secrets {
            ensure!(secret.len() >= SHORTEST, "the {what} is too short to be one");
            if holds(&text, secret.as_bytes()) {
                found.push(format!("the {what} in `{}`", file.display()));
            }
        }
    }
    figures.note("bytes_searched", bytes);
    figures.note("secrets_found_in_clear", found.len());
    ensure!(seen, "the account should be in the files that were searched");
    ensure!(found.is_empty(), "found {}", found.join(", "));
    Ok(())
}

fn holds(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}
