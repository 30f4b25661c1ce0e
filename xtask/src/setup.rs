//! A fresh machine becomes one that can build, play and test Fogline. Nothing is done twice.

pub mod debian;
mod packages;
mod rust_source;
pub mod tools;
pub mod wasm_target;

use anyhow::Result;

use crate::{children::Watch, layout::Layout, progress::Progress};

/// What the machine is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Building hub, rooms and native client.
    Native,
    /// Opening the native client's window.
    Window,
    /// Building the wasm client.
    Web,
    /// Shrinking the wasm client.
    WebRelease,
    /// Running the tests, on a real browser and on both databases.
    Test,
}

impl Need {
    pub fn for_web(release: bool) -> Vec<Need> {
        let mut needs = vec![Need::Native, Need::Web];
        if release {
            needs.push(Need::WebRelease);
        }
        needs
    }
}

/// Installs what is missing, or says with which command to do so. `watch` can end it early.
pub fn set_up(layout: &Layout, needs: &[Need], progress: &mut Progress, watch: Watch<'_>) -> Result<()> {
    packages::ensure(needs, progress, watch)?;
    if needs.contains(&Need::Web) {
        wasm_target::ensure(layout, progress, watch)?;
        tools::ensure_trunk(layout, progress, watch)?;
        tools::ensure_wasm_bindgen(layout, progress, watch)?;
    }
    if needs.contains(&Need::WebRelease) {
        tools::ensure_wasm_opt(layout, progress, watch)?;
    }
    Ok(())
}
