//! The hub's own program, as an operator runs it.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tokio::time::{interval, timeout};

use crate::support::{Folder, HOST_KEY};

/// Longest wait for anything; a passing test never reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often is looked whether something has come about.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The program, told nothing by the environment of the tests.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("FOGLINE_") || text == "DATABASE_URL" || text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command
}

/// What `look` finds, as soon as it finds something.
pub async fn soon<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut looks = interval(LOOK_EVERY);
    let found = timeout(PATIENCE, async {
        loop {
            looks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    });
    found.await.unwrap_or_else(|_| panic!("{what} should come about in time"))
}

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(mut command: Command) -> Self {
        let Output { status, stdout, stderr } = command.output().expect("the program should start");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program should write UTF-8");
        Self { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    /// What it said after it did what it was told.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "the command should succeed: {self:?}");
        self.out
    }

    /// Why it did not.
    pub fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "the command should fail: {self:?}");
        self.err
    }
}

/// A folder with a file of settings and all that a hub needs.
pub struct Workplace {
    folder: Folder,
}

impl Workplace {
    pub fn new() -> Self {
        let workplace = Self { folder: Folder::new() };
        let file = |name: &str| workplace.file(name).display().to_string();
        let modes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/modes");
        fs::write(file("challenge.key"), "0a".repeat(32)).expect("the challenge key should be written");
        fs::write(file("host.key"), HOST_KEY).expect("the host key should be written");
        workplace.set(&format!(
            "bind = '127.0.0.1:0'\naddr-file = '{}'\ndatabase = 'sqlite://{}'\nchallenge-key-file = '{}'\n\
             host-key-file = '{}'\nweb-root = '{}'\nmodes = '{}'\nadmin-bind = '127.0.0.1:0'\n\
             admin-addr-file = '{}'\nadmin-token-file = '{}'",
            file("hub.addr"),
            file("hub.db"),
            file("challenge.key"),
            file("host.key"),
            file("web"),
            modes.display(),
            file("admin.addr"),
            file("admin.token"),
        ));
        workplace
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a line to the file with settings and answers its number.
    pub fn set(&self, line: &str) -> usize {
        let file = self.file("hub.toml");
        let mut text = fs::read_to_string(&file).unwrap_or_default();
        text.push_str(line);
        text.push('\n');
        fs::write(file, &text).expect("the settings should be written");
        text.lines().count()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.arg("--config").arg(self.file("hub.toml")).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments))
    }

    /// A hub that listens on both ports.
    pub async fn start(&self, mut command: Command) -> Process {
        for name in ["hub.addr", "admin.addr"] {
            let former = self.file(name);
            if former.exists() {
                fs::remove_file(former).expect("the address of an earlier hub should go");
            }
        }
        let mut child = command.stdin(Stdio::null()).spawn().expect("the program should start");
        let mut addresses = Vec::new();
        for name in ["hub.addr", "admin.addr"] {
            let address = soon(name, async || {
                let ended = child.try_wait().expect("the hub should be watched");
                assert!(ended.is_none(), "the hub should run, not end with {ended:?}");
                fs::read_to_string(self.file(name)).ok()?.parse::<SocketAddr>().ok()
            });
            addresses.push(address.await);
        }
        Process { child, address: addresses[0], admin: addresses[1] }
    }
}

/// A running hub. Dropping it kills it.
pub struct Process {
    pub child: Child,
    pub address: SocketAddr,
    pub admin: SocketAddr,
}

impl Process {
    /// Asks it to stop, and answers its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        assert!(asked.is_ok_and(|status| status.success()), "the signal should be sent");
        let look = async || self.child.try_wait().expect("the hub should be watched");
        soon("the end of the hub", look).await.code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("unable to end the hub: {error}");
        }
    }
}
