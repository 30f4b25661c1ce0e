//! Where everything lies.
//!
//! Build output and state stay outside the checkout, so that a fresh clone reuses them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::system::ADDRESS;

/// Paths of this checkout and of what is built from it.
pub struct Layout {
    /// The workspace's root.
    pub checkout: PathBuf,
    /// `CARGO_TARGET_DIR`, or `fogline/target` in the user's cache.
    pub target: PathBuf,
    /// Keys, tools, the database and the built client.
    pub state: PathBuf,
}

impl Layout {
    pub fn find() -> Result<Self> {
        let checkout = checkout()?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(target) => env::current_dir().context("unable to find the current directory")?.join(target),
            None => cache()?.join("fogline/target"),
        };
        let state = target.join("fogline");
        fs::create_dir_all(&state).with_context(|| format!("unable to create `{}`", state.display()))?;
        Ok(Self { checkout, target, state })
    }

    /// What the hub serves below `/play/`.
    pub fn web(&self) -> PathBuf {
        self.state.join("web")
    }

    /// How far the client's build is, read by the hub while [`Self::web`] does not exist.
    pub fn web_progress(&self) -> PathBuf {
        self.state.join("web.progress.json")
    }

    /// What the hub of `cargo xtask up` keeps its data in, unless it is told otherwise.
    pub fn database(&self) -> String {
        format!("sqlite://{}", self.state.join("hub.sqlite").display())
    }

    /// The ways to play.
    pub fn modes(&self) -> PathBuf {
        self.checkout.join("assets/modes")
    }

    /// What the golden match of the rules leads to.
    pub fn golden_checksum(&self) -> PathBuf {
        self.checkout.join("game/tests/golden/checksum.txt")
    }

    /// One folder of kept inputs for each decoder.
    pub fn corpus(&self) -> PathBuf {
        self.checkout.join("fuzz/corpus")
    }

    /// `--root` of `cargo install`.
    pub fn tools(&self) -> PathBuf {
        self.state.join("tools")
    }

    /// Where the running hub of `cargo xtask up` has written its address.
    pub fn hub_address(&self) -> PathBuf {
        self.state.join(ADDRESS)
    }

    /// Figures and pictures of `cargo xtask prove`.
    pub fn prove(&self) -> PathBuf {
        self.checkout.join("target/prove")
    }
}

/// The one that `cargo xtask` was called in. A binary may have been built from another clone that shares
/// its target folder, so it is asked while it runs.
fn checkout() -> Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR").context("start it as `cargo xtask`")?;
    let root = Path::new(&package).parent().context("xtask should lie in a workspace")?;
    Ok(root.to_owned())
}

fn cache() -> Result<PathBuf> {
    if let Some(cache) = env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty()) {
        return Ok(cache.into());
    }
    let home = env::var_os("HOME").context("neither `XDG_CACHE_HOME` nor `HOME` is set")?;
    Ok(Path::new(&home).join(".cache"))
}

/// The first executable file of that name in `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;

    let executable = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    env::split_paths(&env::var_os("PATH")?).map(|directory| directory.join(program)).find(executable)
}
