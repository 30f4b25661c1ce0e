//! The standard library's source of exactly this compiler, from Debian's package `rust-src`.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

use super::debian::{Mirror, is_debian};
use crate::{
    children::{Watch, run_quietly, tethered},
    interrupt,
    layout::on_path,
};

/// Where newer compilers than the release's own are found, likeliest first.
const SUITES: [&str; 3] = ["trixie-backports", "forky", "sid"];

/// Puts the source of compiler `release` into `destination`; `work` is an empty folder.
///
/// The lists and sources apt works with are private ones in `work`, so the machine's own apt and
/// its packages stay as they are.
pub fn install(release: &str, destination: &Path, work: &Path, watch: Watch<'_>) -> Result<()> {
    ensure!(
        is_debian() && on_path("apt-get").is_some() && on_path("dpkg-deb").is_some(),
        "this is not a Debian machine, so the standard library's source cannot be fetched"
    );
    let mirror = Mirror::of_this_machine()?;
    let mut refusals = String::new();
    for suite in SUITES {
        let apt = Apt::new(work.join(suite), &mirror.stanza(suite))?;
        let version = match apt.rust_src(release, watch) {
            Ok(Some(version)) => version,
            Ok(None) => continue,
            Err(error) => {
                interrupt::check().and_then(|()| watch())?;
                write!(refusals, "\n{suite}: {error:#}")?;
                continue;
            }
        };
        let package = apt.download(&version, watch)?;
        let unpacked = work.join("unpacked");
        let mut unpack = tethered(Path::new("dpkg-deb"));
        run_quietly("`dpkg-deb`", unpack.arg("-x").arg(&package).arg(&unpacked), watch)?;
        return move_into(&source_tree(&unpacked)?, destination, watch);
    }
    bail!("no package `rust-src` of version {release} in {}{refusals}", SUITES.join(", "))
}

/// Apt with its own sources, lists and cache.
struct Apt {
    work: PathBuf,
    config: PathBuf,
}

impl Apt {
    fn new(work: PathBuf, stanza: &str) -> Result<Self> {
        for directory in ["lists/partial", "archives/partial", "parts"] {
            fs::create_dir_all(work.join(directory))?;
        }
        fs::write(work.join("suite.sources"), stanza)?;
        let config = work.join("apt.conf");
        let root = work.display();
        fs::write(
            &config,
            format!(
                "Dir::Etc::sourcelist \"{root}/suite.sources\";\n\
                 Dir::Etc::sourceparts \"{root}/parts\";\n\
                 Dir::State::lists \"{root}/lists\";\n\
                 Dir::Cache \"{root}\";\n\
                 APT::Sandbox::User \"\";\n"
            ),
        )?;
        Ok(Self { work, config })
    }

    /// The package's full version, if the suite has one for this compiler.
    fn rust_src(&self, release: &str, watch: Watch<'_>) -> Result<Option<String>> {
        run_quietly("`apt-get update`", self.command("apt-get").args(["--quiet", "update"]), watch)?;
        let list = &mut self.command("apt-cache");
        let listed = run_quietly("`apt-cache`", list.args(["madison", "rust-src"]), watch)?;
        Ok(versions(&listed).find(|version| upstream(version) == release).map(str::to_owned))
    }

    fn download(&self, version: &str, watch: Watch<'_>) -> Result<PathBuf> {
        let package = format!("rust-src={version}");
        let fetch = &mut self.command("apt-get");
        run_quietly("`apt-get download`", fetch.args(["--quiet", "download", &package]), watch)?;
        fs::read_dir(&self.work)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .with_context(|| format!("apt-get has left no file for `{package}`"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = tethered(Path::new(program));
        command.current_dir(&self.work).env("APT_CONFIG", &self.config).env("LC_ALL", "C");
        command
    }
}

/// The second column of `apt-cache madison`.
fn versions(madison: &str) -> impl Iterator<Item = &str> {
    madison.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim)
}

/// `1.95.0+dfsg1-2~bpo13+1` as `1.95.0`.
fn upstream(version: &str) -> &str {
    version.split(['+', '-', '~']).next().unwrap_or(version)
}

fn source_tree(unpacked: &Path) -> Result<PathBuf> {
    fs::read_dir(unpacked.join("usr/src"))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.join("library/Cargo.lock").exists())
        .context("the package `rust-src` has no `rustc-*` tree with a `library`")
}

/// Copies, since the toolchain may lie on another disk, and renames when the copy is whole.
fn move_into(tree: &Path, destination: &Path, watch: Watch<'_>) -> Result<()> {
    let parent = destination.parent().context("the source should go into a folder")?;
    fs::create_dir_all(parent)?;
    let draft = destination.with_extension("new");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    run_quietly("`cp`", tethered(Path::new("cp")).arg("-a").arg(tree).arg(&draft), watch)?;
    fs::rename(&draft, destination)
        .with_context(|| format!("unable to put the source into `{}`", destination.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_madison() {
        let text = "  rust-src | 1.96.1+dfsg1-2~bpo13+1 | http://a/debian x/main amd64 Packages\n  \
                    rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://a/debian x/main amd64 Packages\n";
        let found: Vec<_> = versions(text).filter(|version| upstream(version) == "1.95.0").collect();
        assert_eq!(found, ["1.95.0+dfsg1-2~bpo13+1"]);
    }
}
