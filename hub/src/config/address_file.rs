//! Files in which the hub says where it listens.

use std::{fs, io, net::SocketAddr, path::Path};

/// A reader sees the old file or the whole new one.
pub fn write(file: &Path, address: SocketAddr) -> io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, address.to_string())?;
    fs::rename(part, file)
}

/// The address in a file that [`write`] wrote.
pub fn read(file: &Path) -> anyhow::Result<SocketAddr> {
    Ok(fs::read_to_string(file)?.trim().parse()?)
}
