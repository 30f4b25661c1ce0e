use std::{fs, path::Path};

use anyhow::Context as _;
use clap::Parser as _;
use hub::config::{Config, Flags};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    hub::telemetry::start();
    let config = Config::from_flags(&flags)?;
    let listener = TcpListener::bind(flags.bind).await.with_context(|| {
        format!("flag `--bind`: unable to listen on `{}`; choose another address or port 0", flags.bind)
    })?;
    let address = listener.local_addr()?;
    if let Some(file) = &flags.addr_file {
        write_whole(file, &address.to_string())
            .with_context(|| format!("flag `--addr-file`: unable to write `{}`", file.display()))?;
    }
    tracing::info!(%address, "listening on http://{address}");
    let shutdown = hub::shutdown::on_signal()?;
    hub::serve(listener, config, shutdown).await
}

/// A reader sees the old file or the whole new one.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, text)?;
    fs::rename(part, file)
}
