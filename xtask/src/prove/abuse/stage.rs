//! A hub to be abused, and accounts from as many machines as wanted.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use protocol::{http::Credentials, key::Content};

use crate::{
    keys::{self, Keys},
    layout::Layout,
    prove::{
        browser::Browser,
        dial::{free_port, machine},
        dice::Dice,
        http::Account,
        hub::Hub,
        visitor::{Build, Visitor},
    },
    scratch::Scratch,
    system::{HubFlags, Output},
};

pub struct Stage<'a> {
    pub hub: Hub<'a>,
    pub build: Build,
    /// What rooms register with.
    pub host_key: String,
    pub dice: Dice,
    /// What the hub says of what is done to it.
    pub log: PathBuf,
    quick: bool,
    folder: Scratch,
}

impl<'a> Stage<'a> {
    pub fn set(
        layout: &'a Layout,
        keys: &'a Keys,
        hub: &Path,
        quick: bool,
        mut dice: Dice,
        flags: &[&'static str],
    ) -> Result<Self> {
        let logs = layout.prove().join("abuse");
        fs::create_dir_all(&logs).with_context(|| format!("unable to create `{}`", logs.display()))?;
        let folder = Scratch::new("fogline-abuse")?;
        let hub_flags = HubFlags {
            binary: hub.to_owned(),
            port: free_port(&mut dice, |port| TcpListener::bind(("127.0.0.1", port)).is_ok())?,
            database: format!("sqlite://{}", folder.path().join("hub.sqlite").display()),
            folder: folder.path().to_owned(),
            modes: layout.modes(),
        };
        let log = logs.join("hub.log");
        let hub = Hub::start(layout, keys, hub_flags, flags, log.clone())?;
        let build = Build { key: keys.challenge()?, content: Content::of(b"abuse") };
        let host_key = fs::read_to_string(&keys.host_file).context("unable to read the host key")?;
        Ok(Self { hub, build, host_key: host_key.trim().to_owned(), dice, log, quick, folder })
    }

    pub fn address(&self) -> SocketAddr {
        self.hub.address()
    }

    /// How many of something.
    pub fn count(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// The files that the database consists of.
    pub fn database_files(&self) -> Vec<PathBuf> {
        let names = ["hub.sqlite", "hub.sqlite-wal"];
        names.iter().map(|name| self.folder.path().join(name)).filter(|file| file.exists()).collect()
    }

    /// A guest from one machine of an experiment's own net.
    pub fn guest(&self, net: u8, number: usize) -> Result<Account> {
        Account::guest_from(self.address(), machine(net, number))
    }

    /// A new account with a password, from one machine of an experiment's own net.
    pub fn registered(&self, net: u8, number: usize) -> Result<(Account, Credentials)> {
        let random = String::from(keys::random()?);
        let credentials =
            Credentials { name: format!("owner {}", &random[..8]), password: random[8..40].to_owned() };
        let account = Account::register_from(self.address(), machine(net, number), &credentials)?;
        Ok((account, credentials))
    }

    /// A Chromium that knows nothing yet.
    pub fn browser(&self) -> Result<Browser> {
        let logs = self.log.parent().context("the log should lie in a folder")?;
        Browser::launch(&self.folder.path().join("chromium"), &Output::Folder(logs.to_owned()))
    }

    pub fn visitor(&self, account: &Account) -> Result<Visitor> {
        Visitor::signed_in(account, &self.build)
    }
}
