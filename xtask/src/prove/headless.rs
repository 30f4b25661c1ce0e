//! Native clients without a window: commands on stdin, state on stdout.

use std::{io::Write as _, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result};
use protocol::http::Credentials;

use super::{
    client::{ANSWER, Client, wait_for_screen},
    game_state::GameState,
};
use crate::{
    children::{Child, tethered},
    keys,
    system::Output,
};

/// A client on the other end of pipes.
pub struct Headless {
    child: Child,
    transport: &'static str,
}

/// Who a client is.
pub enum Identity<'a> {
    Guest,
    /// A new account.
    Registering(&'a Credentials),
}

impl Headless {
    /// Starts the client and waits until it is in the lobby. It plays over UDP.
    pub fn start(
        name: &str,
        binary: &Path,
        hub: SocketAddr,
        identity: &Identity<'_>,
        output: &Output,
    ) -> Result<Self> {
        Self::start_by("udp", name, binary, hub, identity, output)
    }

    /// The same over a transport, as the client's flag spells it.
    pub fn start_by(
        transport: &'static str,
        name: &str,
        binary: &Path,
        hub: SocketAddr,
        identity: &Identity<'_>,
        output: &Output,
    ) -> Result<Self> {
        let mut command = tethered(binary);
        command.args(["--headless", "--hub", &format!("http://{hub}"), "--transport", transport]);
        match identity {
            Identity::Guest => command.arg("--guest"),
            Identity::Registering(Credentials { name, password }) => {
                command.args(["--register", name.as_str(), password.as_str()])
            }
        };
        let child = Child::spawn(name, command, output.of(name)?)?;
        let mut client = Self { child, transport };
        wait_for_screen(&mut client, "lobby", ANSWER)?;
        Ok(client)
    }

    pub fn tell(&mut self, command: &str) -> Result<()> {
        let stdin = self.child.stdin()?;
        writeln!(stdin, "{command}")
            .and_then(|()| stdin.flush())
            .with_context(|| format!("unable to tell a client `{command}`"))
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()
    }
}

impl Client for Headless {
    fn name(&self) -> &str {
        self.child.name()
    }

    fn state(&mut self) -> Result<Option<GameState>> {
        self.child.check()?;
        self.child.log().last_with("{").map(|line| GameState::parse(&line)).transpose()
    }

    fn press_play(&mut self) -> Result<()> {
        self.tell("play")
    }

    fn press_back(&mut self) -> Result<()> {
        self.tell("leave")
    }

    fn transport(&self) -> &'static str {
        self.transport
    }
}

/// A name and password that nobody has used.
pub fn new_credentials() -> Result<Credentials> {
    let random = String::from(keys::random()?);
    Ok(Credentials { name: format!("pilot {}", &random[..8]), password: random[8..40].to_owned() })
}
