//! What the command line says, checked before anything starts.

use std::{
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _, UdpSocket},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Parser;
use game::{
    room::{
        life::NoShow,
        listen::{Doors, gate::Limits},
    },
    sim::schedule::ticks,
};

use crate::{admin::Port, telemetry::LogFormat};

/// A Fogline room: plays matches for a hub.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Config {
    /// The hub, as `ws://HOST:PORT` or `wss://HOST[:PORT]`
    #[arg(long, env = "FOGLINE_HUB")]
    pub hub: String,

    /// File with the host key that the hub knows
    #[arg(long, env = "FOGLINE_HOST_KEY_FILE")]
    host_key_file: PathBuf,

    /// Address to listen on
    #[arg(long, env = "FOGLINE_BIND", default_value = "0.0.0.0")]
    bind: IpAddr,

    /// Host name or address under which players reach this machine
    #[arg(long, env = "FOGLINE_ADVERTISE")]
    advertise: String,

    /// 0 lets the system choose
    #[arg(long, env = "FOGLINE_UDP_PORT", default_value_t = 7000)]
    udp_port: u16,

    /// UDP as well, for browsers; 0 lets the system choose
    #[arg(long, env = "FOGLINE_WEBTRANSPORT_PORT", default_value_t = 7001)]
    webtransport_port: u16,

    /// TCP; 0 lets the system choose
    #[arg(long, env = "FOGLINE_WEBSOCKET_PORT", default_value_t = 7002)]
    websocket_port: u16,

    /// Page whose browsers may connect, as `https://HOST[:PORT]`; may be given more than once. Without
    /// it any page may
    #[arg(long = "origin", env = "FOGLINE_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    #[arg(value_parser = origin)]
    origins: Vec<String>,

    /// Folder for results until the hub has confirmed them; rooms may share one. By default
    /// `$XDG_STATE_HOME/fogline/journal`, or `~/.local/state/fogline/journal`
    #[arg(long, env = "FOGLINE_JOURNAL", value_name = "DIR")]
    journal: Option<PathBuf>,

    /// Keep confirmed results too, with the ending `.done`
    #[arg(long)]
    pub keep_journal: bool,

    /// A match that nobody comes to starts with bots alone after this time
    #[arg(long, env = "FOGLINE_NO_SHOW_SECONDS", value_name = "N", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=600))]
    no_show_seconds: u16,

    /// A room that is told to end by a signal waits so long for its match; 0 ends it at once. The
    /// default is the longest match
    #[arg(long, env = "FOGLINE_DRAIN_SECONDS", value_name = "N", default_value_t = 3600)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=86_400))]
    drain_seconds: u32,

    /// Health and figures, on loopback only; 0 lets the system choose. There is no such port unless
    /// this is given
    #[arg(long, env = "FOGLINE_ADMIN_PORT", value_name = "N")]
    admin_port: Option<u16>,

    /// File that gets `IP:PORT` once the admin port listens
    #[arg(long, value_name = "FILE", requires = "admin_port")]
    admin_addr_file: Option<PathBuf>,

    /// How the log on stderr is written
    #[arg(long, env = "FOGLINE_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

impl Config {
    pub fn host_key(&self) -> anyhow::Result<String> {
        let path = &self.host_key_file;
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("unable to read --host-key-file `{}`", path.display()))?;
        let key = text.trim().to_owned();
        if key.is_empty() {
            bail!("--host-key-file `{}` is empty", path.display());
        }
        Ok(key)
    }

    /// Where results wait; fails if there is neither the flag nor a home.
    pub fn journal(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.journal {
            return Ok(folder.clone());
        }
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
            .map(|state| state.join("fogline/journal"))
            .context("there is no home to keep the journal in; give --journal")
    }

    pub fn no_show(&self) -> NoShow {
        NoShow(ticks(f32::from(self.no_show_seconds)))
    }

    /// How long a drain that a signal began may take.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(u64::from(self.drain_seconds))
    }

    /// Takes the admin port, if there is to be one.
    pub fn admin_port(&self) -> anyhow::Result<Option<Port>> {
        let file = self.admin_addr_file.as_deref();
        self.admin_port.map(|port| Port::open(port, file)).transpose()
    }

    /// Resolves the advertised name and makes sure that every port given is free.
    pub fn doors(&self) -> anyhow::Result<Doors> {
        let advertise_ip = (self.advertise.as_str(), 0)
            .to_socket_addrs()
            .with_context(|| format!("--advertise `{}` does not resolve", self.advertise))?
            .map(|address| address.ip())
            .find(|ip| ip.is_ipv4() == self.bind.is_ipv4())
            .with_context(|| {
                format!(
                    "--advertise `{}` has no address of the family of --bind {}",
                    self.advertise, self.bind
                )
            })?;
        let taken = |flag: &str, port: u16| {
            format!("unable to listen on {} (--{flag})", SocketAddr::new(self.bind, port))
        };
        let udp = |flag, port| UdpSocket::bind((self.bind, port)).with_context(|| taken(flag, port));
        let _probes = (
            udp("udp-port", self.udp_port)?,
            udp("webtransport-port", self.webtransport_port)?,
            TcpListener::bind((self.bind, self.websocket_port))
                .with_context(|| taken("websocket-port", self.websocket_port))?,
        );
        Ok(Doors {
            bind: self.bind,
            udp_port: self.udp_port,
            webtransport_port: self.webtransport_port,
            websocket_port: self.websocket_port,
            advertise: self.advertise.clone(),
            advertise_ip,
            origins: self.origins.clone(),
            limits: Limits::default(),
        })
    }
}

/// Scheme, host and port, as browsers send it: never with the scheme's own port.
fn origin(text: &str) -> Result<String, String> {
    let parts = [("https://", ":443"), ("http://", ":80")];
    let host = parts.iter().find_map(|(scheme, port)| Some((text.strip_prefix(scheme)?, port)));
    match host {
        Some((host, port)) if host.ends_with(port) => {
            Err(format!("browsers leave out `{port}`, which the scheme implies: leave it out, too"))
        }
        Some((host, _)) if !host.is_empty() && !host.contains(['/', ' ']) => Ok(text.to_owned()),
        _ => Err("expected an origin such as `https://play.example`, without a path".to_owned()),
    }
}
