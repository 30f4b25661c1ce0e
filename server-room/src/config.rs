//! What the command line says, checked before anything starts.

use std::{
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _, UdpSocket},
    path::PathBuf,
};

use anyhow::{Context as _, bail};
use clap::Parser;
use game::{
    room::{life::NoShow, listen::Doors},
    sim::schedule::ticks,
};

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
        })
    }
}
