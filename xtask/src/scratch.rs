//! A folder that is gone when the work in it is over.

use std::{
    env, fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::keys;

pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder that only its owner can look into.
    pub fn new(name: &str) -> Result<Self> {
        let random = String::from(keys::random()?);
        let path = env::temp_dir().join(format!("{name}-{}", &random[..12]));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("unable to create `{}`", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("warning: unable to remove `{}`: {error}", self.0.display());
        }
    }
}
