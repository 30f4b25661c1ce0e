//! The journal's folder: claimed by one process, together with what earlier ones have left.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use bevy::log::warn;
use game::protocol::registry::Allocation;
use sha2::{Digest as _, Sha256};

use crate::journal::Entry;

/// Extension of a result.
const RESULT: &str = "json";

/// Extension of a result that is being written.
pub(super) const DRAFT: &str = "tmp";

/// Extension of a result that cannot be read.
const DAMAGED: &str = "bad";

pub(super) fn name(allocation: Allocation) -> String {
    format!("{}-{}.{RESULT}", allocation.match_id, allocation.epoch.0)
}

/// Locks the first free folder of this host, and moves there what lies in its other free ones: a host
/// that starts fewer rooms than before loses nothing. Folders are told apart by a hash of the host
/// key, so that rooms of two hubs on one machine never send each other's results.
pub(super) fn claim(root: &Path, host_key: &str) -> io::Result<(PathBuf, File)> {
    let host: String = Sha256::digest(host_key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let prefix = format!("room-{host}-");
    let mut number = 1;
    let (folder, lock) = loop {
        let folder = root.join(format!("{prefix}{number}"));
        fs::create_dir_all(&folder)?;
        if let Some(lock) = try_lock(&folder)? {
            break (folder, lock);
        }
        number += 1;
    };
    for neighbour in fs::read_dir(root)? {
        let neighbour = neighbour?.path();
        let ours =
            neighbour.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(&prefix));
        if ours
            && neighbour != folder
            && let Err(error) = adopt(&neighbour, &folder)
        {
            warn!("unable to take over the results in `{}`: {error}", neighbour.display());
        }
    }
    sync(root)?;
    sync(&folder)?;
    Ok((folder, lock))
}

/// The results in a folder, the oldest first. Unreadable ones are set aside, unfinished ones deleted.
pub(super) fn read(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        match path.extension().and_then(OsStr::to_str) {
            Some(RESULT) => match entry(&path) {
                Ok(entry) => entries.push(entry),
                Err(error) => set_aside(&path, &error),
            },
            Some(DRAFT) => {
                if let Err(error) = fs::remove_file(&path) {
                    warn!("unable to delete the unfinished `{}`: {error}", path.display());
                }
            }
            _ => {}
        }
    }
    entries.sort_by_key(|entry| entry.allocation.epoch);
    Ok(entries)
}

/// Makes a folder's names last through a loss of power.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn adopt(from: &Path, to: &Path) -> io::Result<()> {
    let Some(_lock) = try_lock(from)? else { return Ok(()) };
    for file in fs::read_dir(from)? {
        let path = file?.path();
        if let Some(name) = path.file_name()
            && path.extension().is_some_and(|extension| extension == RESULT)
        {
            fs::rename(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// The lock goes with the process, however that ends.
fn try_lock(folder: &Path) -> io::Result<Option<File>> {
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn entry(path: &Path) -> Result<Entry, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let entry = Entry::read(&bytes)?;
    if path.file_name() == Some(OsStr::new(&name(entry.allocation))) {
        Ok(entry)
    } else {
        Err("it holds the result of another match".into())
    }
}

fn set_aside(path: &Path, error: &str) {
    let aside = path.with_extension(DAMAGED);
    warn!("`{}` is no result: {error}; it is kept as `{}`", path.display(), aside.display());
    if let Err(error) = fs::rename(path, &aside) {
        warn!("unable to rename `{}`: {error}", path.display());
    }
}
