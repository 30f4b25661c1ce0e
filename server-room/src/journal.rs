//! The journal: results that the hub has not confirmed, on disk, so that neither a crash nor a full
//! disk loses one.
//!
//! `DIR/room-HOST-N/MATCH-EPOCH.json`: one folder a process, locked while it lives, one file a result.

mod folder;

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Context as _;
use async_channel::{Receiver, Sender};
use bevy::log::{error, info, warn};
use game::protocol::{registry::Allocation, result::MatchResult};
use serde::{Deserialize, Serialize};

/// Pause before a result that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// The folder of this process. Another one finds it locked.
pub struct Journal {
    folder: PathBuf,
    keep_confirmed: bool,
    waiting: Arc<AtomicUsize>,
    _lock: File,
}

impl Journal {
    /// Claims a folder under `root` and takes over what earlier rooms with this host key have left,
    /// the oldest first. A damaged file is set aside as `.bad`. With `keep_confirmed`, what the hub
    /// confirms becomes `.done` instead of being deleted.
    pub fn open(root: &Path, host_key: &str, keep_confirmed: bool) -> anyhow::Result<(Self, Vec<Entry>)> {
        let (folder, lock) = folder::claim(root, host_key)
            .with_context(|| format!("unable to open the journal `{}` (--journal)", root.display()))?;
        let left = folder::read(&folder)
            .with_context(|| format!("unable to read the journal `{}`", folder.display()))?;
        if !left.is_empty() {
            info!("the journal holds {} results of earlier rooms", left.len());
        }
        let waiting = Arc::new(AtomicUsize::new(left.len()));
        Ok((Self { folder, keep_confirmed, waiting, _lock: lock }, left))
    }

    /// How many results are not confirmed.
    pub fn waiting(&self) -> Arc<AtomicUsize> {
        self.waiting.clone()
    }

    /// Does what it is told until nobody is left to tell it. Blocks, so it needs a thread of its own:
    /// a slow disk must hold up neither the match nor the line. A result is announced on both channels
    /// once it cannot be lost any more; one that cannot be written is tried again for ever.
    pub fn keep(self, words: Receiver<Word>, recorded: Sender<Allocation>, written: Sender<Entry>) {
        while let Ok(word) = words.recv_blocking() {
            match word {
                Word::Write(entry) => {
                    self.write_at_last(&entry);
                    let told = recorded.send_blocking(entry.allocation).is_ok();
                    if !told || written.send_blocking(entry).is_err() {
                        return;
                    }
                }
                Word::Confirm(allocation) => self.put_away(allocation),
            }
        }
    }

    fn write_at_last(&self, entry: &Entry) {
        let mut failed = false;
        while let Err(error) = self.write(entry) {
            if !failed {
                error!(
                    "unable to write to the journal `{}`: {error}; the match ends when it can be written",
                    self.folder.display()
                );
            }
            failed = true;
            thread::sleep(RETRY);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if failed {
            info!("the journal can be written again");
        }
    }

    fn write(&self, entry: &Entry) -> io::Result<()> {
        let path = self.path(entry.allocation);
        let draft = path.with_extension(folder::DRAFT);
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(entry)?)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        folder::sync(&self.folder)
    }

    fn put_away(&self, allocation: Allocation) {
        let path = self.path(allocation);
        let gone = if self.keep_confirmed {
            fs::rename(&path, path.with_extension("done"))
        } else {
            fs::remove_file(&path)
        };
        if let Err(error) = gone {
            warn!("unable to put `{}` away, a later room will send it again: {error}", path.display());
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    fn path(&self, allocation: Allocation) -> PathBuf {
        self.folder.join(folder::name(allocation))
    }
}

/// What the journal is told.
#[derive(Clone, Debug)]
pub enum Word {
    /// A match has ended like this.
    Write(Entry),
    /// The hub has, or does not want, the result of this match.
    Confirm(Allocation),
}

/// One result, as its file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub allocation: Allocation,
    pub result: MatchResult,
}

impl Entry {
    /// Reads a file of the journal.
    ///
    /// # Errors
    ///
    /// It is not whole, or not one of ours; with what is wrong with it.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(file).map_err(|error| error.to_string())
    }
}
