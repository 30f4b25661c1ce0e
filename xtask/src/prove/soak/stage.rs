//! A hub, and one room behind bad weather.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{Binaries, Scale, kernel::Process};
use crate::{
    children::{Child, Echo},
    interrupt,
    keys::Keys,
    layout::Layout,
    prove::{
        dial::{HERE, free_port},
        dice::Dice,
        guard::gauge::Gauge,
        headless::{Headless, Identity},
        http::Api,
        hub::Hub,
        wait::{Look, until},
    },
    scratch::Scratch,
    system::{HubFlags, Output, RoomFlags},
    weather::{Gateway, Weather},
};

/// As bad as a line may be on which people still play.
const WEATHER: Weather = Weather {
    lag: Duration::from_millis(80),
    jitter: Duration::from_millis(20),
    loss: 2.0,
    doubled: 1.0,
    overtaken: 2.0,
};

/// Everybody comes from this machine.
const FLAGS: [&str; 2] = ["--guest-per-hour=1000", "--sockets-per-address=1000"];

const START: Duration = Duration::from_secs(30);

/// How long a room may take to let go of a match and of everybody in it; netcode waits 5 s for whoever was
/// killed.
const LETS_GO: Duration = Duration::from_secs(15);

/// A room looks at itself once a second, and two turns of a free one are half a second apart.
const GLANCE: Duration = Duration::from_secs(3);

pub struct Stage<'a> {
    pub scale: Scale,
    pub dice: Dice,
    /// From the start of the room's process to its first `/readyz`.
    pub ready: Duration,
    room: Child,
    pub hub: Hub<'a>,
    client: PathBuf,
    output: Output,
    /// File with the address of the room's admin port.
    admin: PathBuf,
    _gateway: Gateway,
    _folder: Scratch,
}

/// What a room has while nobody needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holdings {
    pub entities: f64,
    pub open_files: f64,
    pub threads: usize,
}

impl<'a> Stage<'a> {
    pub fn set(
        layout: &'a Layout,
        keys: &'a Keys,
        binaries: &Binaries,
        scale: Scale,
        mut dice: Dice,
    ) -> Result<Self> {
        let logs = layout.prove().join("soak");
        fs::create_dir_all(&logs).with_context(|| format!("unable to create `{}`", logs.display()))?;
        let folder = Scratch::new("fogline-soak")?;
        let modes = folder.path().join("modes");
        fs::create_dir(&modes)?;
        fs::write(modes.join("quick.ron"), mode(scale.match_seconds))?;
        let hub_flags = HubFlags {
            binary: binaries.hub.clone(),
            port: free_port(&mut dice, |port| TcpListener::bind(("127.0.0.1", port)).is_ok())?,
            database: format!("sqlite://{}", folder.path().join("hub.sqlite").display()),
            folder: folder.path().to_owned(),
            modes,
        };
        let hub = Hub::start(layout, keys, hub_flags, &FLAGS, logs.join("hub.log"))?;
        let gateway = Gateway::open(WEATHER, &mut dice)?;
        let flags =
            RoomFlags { binary: binaries.room.clone(), udp_port: 0, journal: folder.path().join("journal") };
        let admin = folder.path().join("room-admin.addr");
        let mut command = flags.behind(keys, hub.address(), &gateway)?;
        command.arg("--admin-addr-file").arg(&admin);
        let began = Instant::now();
        let mut room = Child::spawn("room", command, Echo::append(&logs.join("room.log"))?)?;
        while !ready(&admin) {
            interrupt::check()?;
            room.check()?;
            if began.elapsed() > START {
                bail!("the room is not ready; it said:\n{}", room.log().tail(20));
            }
            sleep(Duration::from_millis(2));
        }
        Ok(Self {
            scale,
            dice,
            ready: began.elapsed(),
            room,
            hub,
            client: binaries.client.clone(),
            output: Output::Folder(logs),
            admin,
            _gateway: gateway,
            _folder: folder,
        })
    }

    /// A client in the lobby.
    pub fn visitor(&self, name: &str, transport: &'static str) -> Result<Headless> {
        let hub = self.hub.address();
        Headless::start_by(transport, name, &self.client, hub, &Identity::Guest, &self.output)
    }

    pub fn process(&self) -> Process {
        Process(self.room.id())
    }

    pub fn gauge(&self) -> Result<Gauge> {
        Gauge::read(&self.admin)
    }

    /// How much of a core the room takes while it is left alone.
    pub fn idle_percent(&mut self) -> Result<f64> {
        let before = self.process().cpu_seconds()?;
        let began = Instant::now();
        while began.elapsed() < self.scale.idle {
            interrupt::pause(Duration::from_millis(100))?;
        }
        self.check()?;
        Ok(100.0 * (self.process().cpu_seconds()? - before) / began.elapsed().as_secs_f64())
    }

    /// What the room has, once it is free and has let go of everybody. With `wanted` it is waited for.
    pub fn holdings(&mut self, wanted: Option<Holdings>) -> Result<(Holdings, Gauge)> {
        until("the room to be free", LETS_GO, || {
            self.check()?;
            Ok(if is_free(&self.gauge()?)? { Look::Found(()) } else { Look::Instead("links".to_owned()) })
        })?;
        if wanted.is_none() {
            interrupt::pause(GLANCE)?;
        }
        until("the room to hold what it held before", LETS_GO, || {
            self.check()?;
            let gauge = self.gauge()?;
            let holdings = Holdings {
                entities: gauge.figure("fogline_room_entities")?,
                open_files: gauge.figure("fogline_room_open_files")?,
                threads: self.process().threads()?,
            };
            Ok(if wanted.is_none_or(|wanted| wanted == holdings) {
                Look::Found((holdings, gauge))
            } else {
                Look::Instead(format!("{holdings:?} instead of {wanted:?}"))
            })
        })
    }

    /// An error if the hub or the room has ended by itself.
    fn check(&mut self) -> Result<()> {
        interrupt::check()?;
        self.hub.check()?;
        self.room.check()
    }
}

fn is_free(gauge: &Gauge) -> Result<bool> {
    let mut busy = gauge.figure("fogline_room_playing")? + gauge.figure("fogline_room_links_pending")?;
    for transport in ["udp", "webtransport", "websocket"] {
        busy += gauge.figure(&format!("fogline_room_links{{transport=\"{transport}\"}}"))?;
    }
    Ok(busy == 0.0)
}

fn ready(admin: &Path) -> bool {
    let address = fs::read_to_string(admin).ok().and_then(|address| address.trim().parse().ok());
    address.is_some_and(|address| {
        Api::new(address, HERE).get("/readyz", None).is_ok_and(|answer| answer.status == 200)
    })
}

/// The largest match that the map holds, and no waiting.
fn mode(match_seconds: u16) -> String {
    format!(
        "(
    name: \"Quick play\",
    about: \"Match after match in one room.\",
    order: 0,
    team_size: 3,
    maps: [\"crossing\"],
    match_seconds: {match_seconds},
    bots_after_seconds: Some(2),
    ready_seconds: None,
    fills_running: true,
    rating_window: 10000,
    rating_window_per_second: 0,
)
"
    )
}
