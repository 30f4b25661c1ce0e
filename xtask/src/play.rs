//! `cargo xtask play`: the native client against the running hub.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{
    build,
    children::tethered,
    keys::Keys,
    layout::Layout,
    progress::Progress,
    setup::{Need, set_up},
};

#[derive(Args)]
pub struct Options {
    /// Which hub to play at; without it the one that `cargo xtask up` runs here
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    /// A release build: slow to make, fast to run
    #[arg(long)]
    release: bool,
}

pub fn run(layout: &Layout, options: &Options) -> Result<ExitCode> {
    let hub = match &options.hub {
        Some(hub) => hub.clone(),
        None => local_hub(layout)?,
    };
    let mut progress = Progress::new(2);
    progress.begin("set-up");
    set_up(layout, &[Need::Native, Need::Window], &mut progress, &mut || Ok(()))?;
    let keys = Keys::load(layout)?;
    let client = build::native_client(layout, &keys, options.release, &mut progress)?;
    let status = tethered(&client)
        .args(["--hub", &hub])
        .status()
        .with_context(|| format!("unable to start `{}`", client.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn local_hub(layout: &Layout) -> Result<String> {
    let address: SocketAddr = fs::read_to_string(layout.hub_address())
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .context("no hub runs here; start one with `cargo xtask up` or name one with `--hub URL`")?;
    TcpStream::connect_timeout(&address, Duration::from_secs(2)).with_context(|| {
        format!("no hub answers at {address}; start one with `cargo xtask up` or name one with `--hub URL`")
    })?;
    Ok(format!("http://{address}"))
}
