//! What the operating system has to bring: looked for by its effect, installed as Debian packages.

use std::{fs, path::Path, process::Command};

use anyhow::{Result, bail};

use super::{Need, debian};
use crate::{
    children::{Watch, run_quietly, tethered},
    layout::on_path,
    postgres::Binaries,
    progress::Progress,
};

struct Package {
    debian: &'static str,
    need: Need,
    sign: Sign,
}

/// How one sees that a package is there, wherever it came from.
enum Sign {
    Program(&'static str),
    /// A module that `pkg-config` knows.
    Module(&'static str),
    /// A library that programs load while they run.
    Library(&'static str),
    /// A folder with something in it.
    Folder(&'static str),
    /// Whatever can tell.
    Told(fn() -> bool),
}

const PACKAGES: &[Package] = &[
    package("gcc", Need::Native, Sign::Program("cc")),
    package("g++", Need::Native, Sign::Program("c++")),
    package("make", Need::Native, Sign::Program("make")),
    package("pkg-config", Need::Native, Sign::Program("pkg-config")),
    package("libpq-dev", Need::Native, Sign::Module("libpq")),
    package("libx11-6", Need::Window, Sign::Library("libX11.so.6")),
    package("libx11-xcb1", Need::Window, Sign::Library("libX11-xcb.so.1")),
    package("libxcursor1", Need::Window, Sign::Library("libXcursor.so.1")),
    package("libxi6", Need::Window, Sign::Library("libXi.so.6")),
    package("libxrandr2", Need::Window, Sign::Library("libXrandr.so.2")),
    package("libxkbcommon-x11-0", Need::Window, Sign::Library("libxkbcommon-x11.so.0")),
    package("libgl1", Need::Window, Sign::Library("libGL.so.1")),
    package("mesa-vulkan-drivers", Need::Window, Sign::Folder("/usr/share/vulkan/icd.d")),
    package("npm", Need::WebRelease, Sign::Program("npm")),
    package("chromium", Need::Test, Sign::Program("chromium")),
    package("postgresql", Need::Test, Sign::Told(|| Binaries::find().is_some())),
    package("sqlite3", Need::Test, Sign::Program("sqlite3")),
];

const fn package(debian: &'static str, need: Need, sign: Sign) -> Package {
    Package { debian, need, sign }
}

pub fn ensure(needs: &[Need], progress: &Progress, watch: Watch<'_>) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !debian::is_debian() {
        bail!("missing on this machine: {names} (the names are Debian's); install them and try again");
    }
    if !debian::is_root() {
        bail!(
            "missing on this machine; install with:\n    sudo apt-get update && sudo apt-get install --yes --no-install-recommends {names}"
        );
    }
    progress.note(&format!("installing {names}"));
    apt_get(&["update"], watch)?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(missing);
    apt_get(&install, watch)
}

fn missing(needs: &[Need]) -> Vec<&'static str> {
    let libraries = loadable_libraries();
    PACKAGES
        .iter()
        .filter(|package| needs.contains(&package.need) && !package.sign.is_there(&libraries))
        .map(|package| package.debian)
        .collect()
}

impl Sign {
    fn is_there(&self, libraries: &str) -> bool {
        match self {
            Sign::Program(name) => on_path(name).is_some(),
            Sign::Module(name) => Command::new("pkg-config")
                .args(["--exists", *name])
                .status()
                .is_ok_and(|status| status.success()),
            Sign::Library(name) => libraries.contains(name),
            Sign::Folder(path) => fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()),
            Sign::Told(told) => told(),
        }
    }
}

fn loadable_libraries() -> String {
    let ldconfig = on_path("ldconfig").unwrap_or_else(|| Path::new("/sbin/ldconfig").to_owned());
    Command::new(ldconfig)
        .arg("-p")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

fn apt_get(arguments: &[&str], watch: Watch<'_>) -> Result<()> {
    let mut command = tethered(Path::new("apt-get"));
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run_quietly(&format!("`apt-get {}`", arguments.join(" ")), &mut command, watch).map(drop)
}
