//! The hub's process: killed, started again where it was, and asked how it is.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::{dial::HERE, http::Api};
use crate::{
    children::{Child, Echo},
    interrupt,
    keys::Keys,
    layout::Layout,
    setup::debian::is_root,
    system::{ADMIN_ADDRESS, HubFlags},
};

/// How long a hub may take until it serves, if it ever does.
const START: Duration = Duration::from_secs(20);

/// Matches as short as the hub allows, and bots soon: many results in little time.
pub const SPEED: [&str; 4] = ["--match-seconds", "5", "--bots-after-secs", "1"];

pub struct Hub<'a> {
    layout: &'a Layout,
    keys: &'a Keys,
    flags: HubFlags,
    more_flags: Vec<&'static str>,
    log: PathBuf,
    process: Option<Child>,
}

impl<'a> Hub<'a> {
    /// Starts `flags.binary` in such a way that a full disk is an error for it and not its death.
    pub fn start(
        layout: &'a Layout,
        keys: &'a Keys,
        mut flags: HubFlags,
        more_flags: &[&'static str],
        log: PathBuf,
    ) -> Result<Self> {
        let hub = flags.binary.display();
        flags.binary = script(&flags.folder, "hub.sh", &format!("trap '' XFSZ\nexec '{hub}' \"$@\""))?;
        let mut hub = Self { layout, keys, flags, more_flags: more_flags.to_vec(), log, process: None };
        hub.serve()?;
        Ok(hub)
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.flags.port))
    }

    /// Starts the process and waits until it serves; how long that took.
    pub fn serve(&mut self) -> Result<Duration> {
        let command = self.command(&self.flags)?;
        let began = Instant::now();
        let mut process = Child::spawn("hub", command, Echo::append(&self.log)?)?;
        while !serves(self.address()) {
            interrupt::check()?;
            process.check()?;
            if began.elapsed() > START {
                bail!("the hub does not serve; it said:\n{}", process.log().tail(20));
            }
            sleep(Duration::from_millis(5));
        }
        self.process = Some(process);
        Ok(began.elapsed())
    }

    /// Starts a hub without the power to write what it may not; it must give up. Its last words.
    pub fn refuse_to_serve(&self) -> Result<String> {
        let mut flags = self.flags.clone();
        let hub = flags.binary.display();
        // Root may write everywhere, unless it gives that up.
        let powerless =
            if is_root() { "setpriv --bounding-set=-dac_override,-dac_read_search --" } else { "" };
        flags.binary = script(&flags.folder, "powerless.sh", &format!("exec {powerless} '{hub}' \"$@\""))?;
        let mut process = Child::spawn("hub", self.command(&flags)?, Echo::append(&self.log)?)?;
        let began = Instant::now();
        while began.elapsed() < START {
            if process.check().is_err() {
                // What it said last may still be on its way here.
                interrupt::pause(Duration::from_millis(100))?;
                return Ok(process.log().tail(10));
            }
            ensure!(!serves(self.address()), "the hub serves without being able to write");
            interrupt::pause(Duration::from_millis(20))?;
        }
        bail!("the hub neither serves nor gives up; it said:\n{}", process.log().tail(10))
    }

    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("the hub should run")?.kill()
    }

    /// An error if the process has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Child::check)
    }

    /// From now on, while `full`, the process cannot write to any file.
    pub fn fill_the_disk(&self, full: bool) -> Result<()> {
        let process = self.process.as_ref().context("the hub should run")?.id();
        let limit = if full { "0:" } else { "unlimited:" };
        let status = Command::new("prlimit")
            .arg(format!("--pid={process}"))
            .arg(format!("--fsize={limit}"))
            .status()
            .context("unable to start `prlimit`")?;
        ensure!(status.success(), "`prlimit` failed: {status}");
        Ok(())
    }

    pub fn admin(&self) -> Result<Api> {
        let address = fs::read_to_string(self.flags.folder.join(ADMIN_ADDRESS))
            .context("the hub should have written where its admin port is")?;
        Ok(Api::new(address.trim().parse()?, HERE))
    }

    /// How many rooms are in which state, as the hub tells operators.
    pub fn rooms(&self) -> Result<Rooms> {
        Ok(Rooms::read(&self.admin()?.get("/metrics", None)?.body))
    }

    /// A counter of the hub's without labels.
    pub fn counter(&self, name: &str) -> Result<u64> {
        let figures = self.admin()?.get("/metrics", None)?.body;
        let value = figures.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.with_context(|| format!("the hub should count `{name}`"))
    }

    /// Memory of the process that is not on disk, in kB.
    pub fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(self.proc()?.join("status"))?;
        let value = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let value = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
        value.context("`/proc` should tell the memory of a process")
    }

    /// Files and sockets that the process has open.
    pub fn open_files(&self) -> Result<usize> {
        Ok(fs::read_dir(self.proc()?.join("fd"))?.count())
    }

    fn proc(&self) -> Result<PathBuf> {
        let process = self.process.as_ref().context("the hub should run")?.id();
        Ok(Path::new("/proc").join(process.to_string()))
    }

    pub fn words(&self) -> String {
        self.process.as_ref().map(|process| process.log().tail(10)).unwrap_or_default()
    }

    fn command(&self, flags: &HubFlags) -> Result<Command> {
        let mut command = flags.command(self.layout, self.keys)?;
        command.args(&self.more_flags);
        Ok(command)
    }
}

/// Rooms by state.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rooms(BTreeMap<String, usize>);

impl Rooms {
    pub fn registered(&self) -> usize {
        self.0.values().sum()
    }

    pub fn suspect(&self) -> usize {
        self.0.get("suspect").copied().unwrap_or_default()
    }

    fn read(figures: &str) -> Self {
        let line = |line: &str| {
            let (state, count) = line.strip_prefix("fogline_rooms{state=\"")?.split_once("\"}")?;
            Some((state.to_owned(), count.trim().parse().ok()?))
        };
        Self(figures.lines().filter_map(line).collect())
    }
}

/// Whether the landing page comes.
fn serves(hub: SocketAddr) -> bool {
    Api::new(hub, HERE).get("/", None).is_ok_and(|answer| answer.status == 200)
}

fn script(folder: &Path, name: &str, lines: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n"))
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o700)))
        .with_context(|| format!("unable to write `{}`", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_read_from_the_figures() {
        let figures = "# TYPE fogline_rooms gauge\nfogline_rooms{state=\"free\"} 2\n\
                       fogline_rooms{state=\"suspect\"} 1\nfogline_players_online 4\n";
        let rooms = Rooms::read(figures);
        assert_eq!((rooms.registered(), rooms.suspect()), (3, 1));
    }
}
