//! The running system: hub and rooms as child processes, the same for `up` and `prove`.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    build,
    children::{Child, Echo, Log, stop_all, tethered},
    interrupt,
    keys::Keys,
    layout::Layout,
    progress::Progress,
};

/// How long the hub may take until it listens.
const HUB_START: Duration = Duration::from_secs(30);

/// What is started and how.
pub struct Options {
    /// The hub's port; 0 takes a free one.
    pub port: u16,
    pub rooms: usize,
    pub release: bool,
    /// Builds the hub with nothing but its own crates, so that it serves minutes earlier. Where all
    /// else is built already, that would be double work.
    pub hub_alone: bool,
    pub match_seconds: Option<u16>,
    pub bots_after_secs: Option<u16>,
    pub database: PathBuf,
    pub address_file: PathBuf,
    pub output: Output,
}

/// Where the processes' output goes.
pub enum Output {
    Console,
    /// One file a process.
    Folder(PathBuf),
}

/// Dropping it stops every process.
pub struct System {
    hub: SocketAddr,
    /// The hub, then the rooms.
    children: Vec<Child>,
}

impl System {
    /// Builds and starts the hub, then builds and starts the rooms while it serves.
    pub fn start(layout: &Layout, keys: &Keys, options: &Options, progress: &mut Progress) -> Result<Self> {
        require_free(options.port)?;
        let binary = build::hub(layout, keys, options.release, options.hub_alone, progress)?;
        let mut hub = start_hub(layout, keys, options, &binary)?;
        let address = listening(&mut hub, &options.address_file)?;
        progress.note(&format!("open http://{address}"));
        let mut system = Self { hub: address, children: vec![hub] };
        let binary = build::room(layout, keys, options.release, progress, &mut || system.check())?;
        for number in 1..=options.rooms {
            let room = start_room(keys, options, &binary, address, number)?;
            system.children.push(room);
        }
        Ok(system)
    }

    pub fn hub(&self) -> SocketAddr {
        self.hub
    }

    /// What the first room has said.
    pub fn room_log(&self) -> Result<&Log> {
        self.children.get(1).map(Child::log).context("no room was started")
    }

    /// An error if any process has ended.
    pub fn check(&mut self) -> Result<()> {
        self.children.iter_mut().try_for_each(Child::check)
    }
}

impl Drop for System {
    fn drop(&mut self) {
        stop_all(&mut self.children);
    }
}

/// Found out before minutes go into building.
pub fn require_free(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port)).map(drop).with_context(|| {
        format!("port {port} is not free; stop what uses it or choose another with `--port`")
    })
}

fn start_hub(layout: &Layout, keys: &Keys, options: &Options, binary: &Path) -> Result<Child> {
    match fs::remove_file(&options.address_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut command = tethered(binary);
    command
        .args(["--bind", &format!("127.0.0.1:{}", options.port)])
        .arg("--addr-file")
        .arg(&options.address_file)
        .args(["--database", &format!("sqlite://{}", options.database.display())])
        .arg("--challenge-key-file")
        .arg(&keys.challenge_file)
        .arg("--host-key-file")
        .arg(&keys.host_file)
        .arg("--web-root")
        .arg(layout.web());
    if let Some(seconds) = options.match_seconds {
        command.args(["--match-seconds", &seconds.to_string()]);
    }
    if let Some(seconds) = options.bots_after_secs {
        command.args(["--bots-after-secs", &seconds.to_string()]);
    }
    Child::spawn("hub", command, options.output.of("hub")?)
}

/// Port 0: each room takes free ones and tells the hub.
fn start_room(
    keys: &Keys,
    options: &Options,
    binary: &Path,
    hub: SocketAddr,
    number: usize,
) -> Result<Child> {
    let name = format!("room {number}");
    let mut command = tethered(binary);
    command
        .args(["--hub", &format!("ws://{hub}")])
        .arg("--host-key-file")
        .arg(&keys.host_file)
        .args(["--bind", "127.0.0.1", "--advertise", "127.0.0.1"])
        .args(["--udp-port", "0", "--webtransport-port", "0", "--websocket-port", "0"]);
    Child::spawn(&name, command, options.output.of(&name)?)
}

impl Output {
    pub fn of(&self, name: &str) -> Result<Echo> {
        match self {
            Output::Console => Ok(Echo::Console),
            Output::Folder(folder) => {
                let path = folder.join(format!("{}.log", name.replace(' ', "-")));
                let file =
                    File::create(&path).with_context(|| format!("unable to write `{}`", path.display()))?;
                Ok(Echo::File(file))
            }
        }
    }
}

fn listening(hub: &mut Child, address_file: &Path) -> Result<SocketAddr> {
    let deadline = Instant::now() + HUB_START;
    while Instant::now() < deadline {
        hub.check()?;
        let address = fs::read_to_string(address_file).unwrap_or_default();
        if let Ok(address) = address.trim().parse() {
            return Ok(address);
        }
        interrupt::pause(Duration::from_millis(50))?;
    }
    bail!("the hub does not listen after {} s; it said:\n{}", HUB_START.as_secs(), hub.log().tail(20))
}
