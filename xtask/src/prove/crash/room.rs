//! One room's process, found again by its port.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, Result};

use crate::{
    children::{Child, Echo},
    keys::Keys,
    system::RoomFlags,
};

/// Nobody comes to these matches: bots begin at once. What was confirmed stays to be compared.
const ALONE: [&str; 3] = ["--no-show-seconds", "1", "--keep-journal"];

pub struct Room<'a> {
    keys: &'a Keys,
    name: String,
    flags: RoomFlags,
    log: PathBuf,
    process: Option<Child>,
}

impl<'a> Room<'a> {
    /// A room that does not run yet.
    pub fn new(keys: &'a Keys, name: String, flags: RoomFlags, log: PathBuf) -> Self {
        Self { keys, name, flags, log, process: None }
    }

    /// Where its tickets lead.
    pub fn port(&self) -> u16 {
        self.flags.udp_port
    }

    /// Starts the process; it dials `hub`, or whoever stands in front of it.
    pub fn start(&mut self, hub: SocketAddr) -> Result<()> {
        let mut command = self.flags.command(self.keys, hub)?;
        command.args(ALONE);
        self.process = Some(Child::spawn(&self.name, command, Echo::append(&self.log)?)?);
        Ok(())
    }

    pub fn kill(&mut self) -> Result<()> {
        self.process.take().with_context(|| format!("{} should run", self.name))?.kill()
    }

    /// The process stands still, its sockets stay open.
    pub fn hang(&self) {
        self.signal("STOP");
    }

    pub fn wake(&self) {
        self.signal("CONT");
    }

    /// An error if the process has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Child::check)
    }

    fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            process.signal(name);
        }
    }
}
