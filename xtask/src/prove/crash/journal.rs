//! What the rooms wrote down before they told anybody.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use protocol::{id::MatchId, registry::Allocation, result::MatchResult};
use serde::Deserialize;

/// A result that the hub has neither confirmed nor refused.
const WAITING: &str = "json";

/// A result that no room has to report any more.
const DONE: &str = "done";

/// Every result of all rooms that share a journal.
#[derive(Default)]
pub struct Journal {
    pub results: BTreeMap<MatchId, (Allocation, MatchResult)>,
    /// Results that no room has been told the end of.
    pub waiting: usize,
    /// Matches with more than one result.
    pub twice: usize,
}

#[derive(Deserialize)]
struct Entry {
    allocation: Allocation,
    result: MatchResult,
}

impl Journal {
    /// Rooms may be at work on it: files that go away meanwhile are passed over.
    pub fn read(root: &Path) -> Result<Self> {
        let mut journal = Self::default();
        let unreadable = |path: &Path| format!("unable to read `{}`", path.display());
        for folder in listed(root).with_context(|| unreadable(root))? {
            for file in listed(&folder).with_context(|| unreadable(&folder))? {
                let done = match file.extension().and_then(|extension| extension.to_str()) {
                    Some(WAITING) => false,
                    Some(DONE) => true,
                    _ => continue,
                };
                let Some(text) = there(fs::read(&file)).with_context(|| unreadable(&file))? else { continue };
                let entry = serde_json::from_slice(&text)
                    .with_context(|| format!("`{}` holds no result", file.display()))?;
                journal.take(entry, done);
            }
        }
        Ok(journal)
    }

    fn take(&mut self, Entry { allocation, result }: Entry, done: bool) {
        self.waiting += usize::from(!done);
        let known = self.results.insert(allocation.match_id, (allocation, result));
        self.twice += usize::from(known.is_some());
    }
}

/// What is in a folder; nothing in one that is none.
fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn there<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
