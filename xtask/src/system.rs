//! The running system: hub and rooms as child processes, the same for `up` and `prove`.

use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
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
    prove::dice::Dice,
    weather::{Gateway, Weather},
};

/// How long the hub may take until it listens.
const HUB_START: Duration = Duration::from_secs(30);

/// Files in the folder of one hub.
pub const ADDRESS: &str = "hub.addr";
pub const ADMIN_ADDRESS: &str = "admin.addr";
const ADMIN_TOKEN: &str = "admin.token";

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
    /// What stands between players and rooms, if anything.
    pub weather: Option<Weather>,
    /// As the hub's `--database` takes it.
    pub database: String,
    /// Where the hub writes its addresses and the rooms their journal.
    pub folder: PathBuf,
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
    /// In front of the rooms.
    gateways: Vec<Gateway>,
}

impl System {
    /// Builds and starts the hub, then builds and starts the rooms while it serves.
    pub fn start(layout: &Layout, keys: &Keys, options: &Options, progress: &mut Progress) -> Result<Self> {
        require_free(options.port)?;
        let binary = build::hub(layout, keys, options.release, options.hub_alone, progress)?;
        let mut hub = start_hub(layout, keys, options, &binary)?;
        let address = listening(&mut hub, &options.folder)?;
        progress.note(&format!("open http://{address}"));
        let mut system = Self { hub: address, children: vec![hub], gateways: Vec::new() };
        let binary = build::room(layout, keys, options.release, progress, &mut || system.check())?;
        for number in 1..=options.rooms {
            let mut dice = Dice::new(number as u64);
            let gateway = options.weather.map(|weather| Gateway::open(weather, &mut dice)).transpose()?;
            let room = start_room(keys, options, &binary, address, number, gateway.as_ref())?;
            system.children.push(room);
            system.gateways.extend(gateway);
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
    let flags = HubFlags {
        binary: binary.to_owned(),
        port: options.port,
        database: options.database.clone(),
        folder: options.folder.clone(),
        modes: layout.modes(),
    };
    let mut command = flags.command(layout, keys)?;
    if let Some(seconds) = options.match_seconds {
        command.args(["--match-seconds", &seconds.to_string()]);
    }
    if let Some(seconds) = options.bots_after_secs {
        command.args(["--bots-after-secs", &seconds.to_string()]);
    }
    Child::spawn("hub", command, options.output.of("hub")?)
}

fn start_room(
    keys: &Keys,
    options: &Options,
    binary: &Path,
    hub: SocketAddr,
    number: usize,
    gateway: Option<&Gateway>,
) -> Result<Child> {
    let name = format!("room {number}");
    let flags =
        RoomFlags { binary: binary.to_owned(), udp_port: 0, journal: options.folder.join("journals") };
    let command = match gateway {
        Some(gateway) => flags.behind(keys, hub, gateway)?,
        None => flags.command(keys, hub)?,
    };
    Child::spawn(&name, command, options.output.of(&name)?)
}

/// What a hub on loopback is told.
#[derive(Clone)]
pub struct HubFlags {
    pub binary: PathBuf,
    /// 0 takes a free one.
    pub port: u16,
    pub database: String,
    /// Gets the files [`ADDRESS`], [`ADMIN_ADDRESS`] and [`ADMIN_TOKEN`].
    pub folder: PathBuf,
    pub modes: PathBuf,
}

impl HubFlags {
    /// Also takes the addresses of an earlier hub away, so that [`listening`] waits for those of this one.
    pub fn command(&self, layout: &Layout, keys: &Keys) -> Result<Command> {
        for file in [ADDRESS, ADMIN_ADDRESS] {
            match fs::remove_file(self.folder.join(file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let mut command = tethered(&self.binary);
        command
            .args(["--bind", &format!("127.0.0.1:{}", self.port), "--admin-bind", "127.0.0.1:0"])
            .arg("--addr-file")
            .arg(self.folder.join(ADDRESS))
            .arg("--admin-addr-file")
            .arg(self.folder.join(ADMIN_ADDRESS))
            .arg("--admin-token-file")
            .arg(self.folder.join(ADMIN_TOKEN))
            .args(["--database", &self.database])
            .arg("--challenge-key-file")
            .arg(&keys.challenge_file)
            .arg("--host-key-file")
            .arg(&keys.host_file)
            .arg("--modes")
            .arg(&self.modes)
            .arg("--web-root")
            .arg(layout.web());
        Ok(command)
    }
}

/// What a room on loopback is told.
#[derive(Clone)]
pub struct RoomFlags {
    pub binary: PathBuf,
    /// 0 takes a free one, as the other two ports always do.
    pub udp_port: u16,
    /// Made if it is missing; rooms may share it.
    pub journal: PathBuf,
}

impl RoomFlags {
    pub fn command(&self, keys: &Keys, hub: SocketAddr) -> Result<Command> {
        self.reached_at(keys, hub, Ipv4Addr::LOCALHOST.into(), [self.udp_port, 0, 0])
    }

    /// A room whose players come through a gateway.
    pub fn behind(&self, keys: &Keys, hub: SocketAddr, gateway: &Gateway) -> Result<Command> {
        self.reached_at(keys, hub, Gateway::HOST, gateway.ports())
    }

    fn reached_at(&self, keys: &Keys, hub: SocketAddr, host: IpAddr, ports: [u16; 3]) -> Result<Command> {
        fs::create_dir_all(&self.journal)
            .with_context(|| format!("unable to create `{}`", self.journal.display()))?;
        let mut command = tethered(&self.binary);
        command
            .args(["--hub", &format!("ws://{hub}")])
            .arg("--host-key-file")
            .arg(&keys.host_file)
            .arg("--journal")
            .arg(&self.journal)
            .args(["--bind", "127.0.0.1", "--advertise", &host.to_string()]);
        for (door, port) in ["--udp-port", "--webtransport-port", "--websocket-port"].into_iter().zip(ports) {
            command.args([door, &port.to_string()]);
        }
        command
            // Whoever stops the system does not wait for its matches.
            .args(["--drain-seconds", "0", "--admin-port", "0"]);
        Ok(command)
    }
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

/// Waits until the hub of [`HubFlags`] listens, and answers where.
fn listening(hub: &mut Child, folder: &Path) -> Result<SocketAddr> {
    let deadline = Instant::now() + HUB_START;
    while Instant::now() < deadline {
        hub.check()?;
        let address = fs::read_to_string(folder.join(ADDRESS)).unwrap_or_default();
        if let Ok(address) = address.trim().parse() {
            return Ok(address);
        }
        interrupt::pause(Duration::from_millis(50))?;
    }
    bail!("the hub does not listen after {} s; it said:\n{}", HUB_START.as_secs(), hub.log().tail(20))
}
