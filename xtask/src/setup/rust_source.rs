//! The standard library's source of exactly this compiler, from Debian's package `rust-src`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::debian::{Mirror, is_debian};
use crate::layout::on_path;

/// Where newer compilers than the release's own are found, likeliest first.
const SUITES: [&str; 3] = ["trixie-backports", "forky", "sid"];

/// Puts the source of compiler `release` into `destination`; `work` is an empty folder.
///
/// The lists and sources apt works with are private ones in `work`, so the machine's own apt and
/// its packages stay as they are.
pub fn install(release: &str, destination: &Path, work: &Path) -> Result<()> {
    ensure!(
        is_debian() && on_path("apt-get").is_some() && on_path("dpkg-deb").is_some(),
        "this is not a Debian machine, so the standard library's source cannot be fetched"
    );
    let mirror = Mirror::of_this_machine()?;
    for suite in SUITES {
        let apt = Apt::new(work.join(suite), &mirror.stanza(suite))?;
        let Ok(Some(version)) = apt.rust_src(release) else {
            continue;
        };
        let package = apt.download(&version)?;
        let unpacked = work.join("unpacked");
        run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked))?;
        return move_into(&source_tree(&unpacked)?, destination);
    }
    bail!("no package `rust-src` of version {release} in {}", SUITES.join(", "))
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
    fn rust_src(&self, release: &str) -> Result<Option<String>> {
        run(self.command("apt-get").args(["--quiet", "update"]))?;
        let listed = run(self.command("apt-cache").args(["madison", "rust-src"]))?;
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        Ok(versions(&text).find(|version| upstream(version) == release).map(str::to_owned))
    }

    fn download(&self, version: &str) -> Result<PathBuf> {
        let package = format!("rust-src={version}");
        run(self.command("apt-get").args(["--quiet", "download", &package]))?;
        fs::read_dir(&self.work)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .with_context(|| format!("apt-get has left no file for `{package}`"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
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
fn move_into(tree: &Path, destination: &Path) -> Result<()> {
    let parent = destination.parent().context("the source should go into a folder")?;
    fs::create_dir_all(parent)?;
    let draft = destination.with_extension("new");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    run(Command::new("cp").arg("-a").arg(tree).arg(&draft))?;
    fs::rename(&draft, destination)
        .with_context(|| format!("unable to put the source into `{}`", destination.display()))
}

fn run(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("unable to start `{program}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("`{program}` failed ({}):\n{said}", output.status);
    }
    Ok(output)
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
