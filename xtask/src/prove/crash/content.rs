//! What the rooms' build plays with, as a room itself says.

use std::{net::TcpListener, path::Path, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use protocol::{frame::decode, key::Content, limits::ROOM_FRAME_BYTES, registry::ToRegistry};
use tungstenite::Message;

use crate::{
    children::{Child, Echo},
    interrupt,
    keys::Keys,
    prove::wait::{Look, until},
    system::RoomFlags,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a room that dials us in the hub's place, and reads its registration.
pub fn of_rooms(keys: &Keys, room: &Path, folder: &Path, log: Echo) -> Result<Content> {
    let listener = TcpListener::bind("127.0.0.1:0").context("unable to listen")?;
    listener.set_nonblocking(true)?;
    let flags = RoomFlags { binary: room.to_owned(), udp_port: 0, journal: folder.join("scout") };
    let mut room = Child::spawn("room 0", flags.command(keys, listener.local_addr()?)?, log)?;
    let stream = until("a room to dial", PATIENCE, || {
        room.check()?;
        Ok(match listener.accept() {
            Ok((stream, _)) => Look::Found(stream),
            Err(error) => Look::Instead(error.to_string()),
        })
    })?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut socket =
        tungstenite::accept(stream).map_err(|error| anyhow!("the room does not shake hands: {error}"))?;
    loop {
        interrupt::check()?;
        match socket.read().context("the room does not register")? {
            Message::Text(text) => match decode(text.as_str(), ROOM_FRAME_BYTES)? {
                ToRegistry::Register { content, .. } => return Ok(content),
                other => bail!("a room should register first, it says {other:?}"),
            },
            Message::Close(_) => bail!("the room does not register"),
            _ => {}
        }
    }
}
