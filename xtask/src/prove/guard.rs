//! `prove guard`: a room's walls are tried one by one, and then it is attacked beside a match that people
//! play.

mod deaths;
mod flood;
pub(super) mod gauge;
mod request;
mod stage;
mod walls;

use anyhow::Result;

use self::stage::{Binaries, Stage};
use super::{dice::Dice, report::Report};
use crate::{build, keys::Keys, layout::Layout, progress::Progress};

/// How the room is compiled. Arithmetic that overflows ends a debug build only, and what is left out of a
/// release build may end that one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Profile {
    Debug,
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Debug => "debug",
            Profile::Release => "release",
        }
    }
}

/// Both profiles in turn; debug alone, and less of everything, if it has to be quick.
pub fn perform(
    layout: &Layout,
    keys: &Keys,
    quick: bool,
    seed: u64,
    progress: &mut Progress,
    report: &mut Report,
) -> Result<()> {
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let hub = build::hub(layout, keys, false, false, progress)?;
    let client = build::native_client(layout, keys, false, progress)?;
    let profiles = if quick { vec![Profile::Debug] } else { vec![Profile::Debug, Profile::Release] };
    for profile in profiles {
        let name = profile.name();
        walls::compile(layout, keys, profile, progress)?;
        let release = profile == Profile::Release;
        let room = build::room(layout, keys, release, progress, &mut || Ok(()))?;
        report.case(&format!("every wall holds by itself ({name})"), |figures| {
            walls::run(layout, keys, profile, quick, figures)
        })?;
        let binaries = Binaries { hub: hub.clone(), room, client: client.clone() };
        let stage = &mut Stage::set(layout, keys, &binaries, profile, quick, dice.another())?;
        report.case(&format!("T5 T6 no datagram ends a room that people play in ({name})"), |figures| {
            deaths::run(stage, figures)
        })?;
        let title = format!("T8 junk from everywhere disturbs nobody and keeps nobody out ({name})");
        report.case(&title, |figures| flood::run(stage, figures))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn t31_no_crate_may_use_unsafe_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask should lie in a workspace");
        let read = |path: &Path| fs::read_to_string(path).expect("a manifest should be readable");
        let workspace = read(&root.join("Cargo.toml"));
        assert!(workspace.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\"\n"));
        let members = workspace
            .split_once("members = [")
            .and_then(|(_, rest)| rest.split_once(']'))
            .map(|(members, _)| members)
            .expect("the workspace should name its members");
        let members: Vec<_> = members.split(',').map(|member| member.trim().trim_matches('"')).collect();
        assert!(members.len() >= 6);
        for member in members.into_iter().filter(|member| !member.is_empty()) {
            let manifest = read(&root.join(member).join("Cargo.toml"));
            assert!(manifest.contains("[lints]\nworkspace = true\n"), "{member} should obey the workspace");
        }
    }
}
