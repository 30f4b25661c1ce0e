//! A PostgreSQL that lives as long as the chore that needs it.
//!
//! Its data lies in a folder of its own, and it listens on a socket in there and nowhere else.

mod owner;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use self::owner::Owner;
use crate::{
    children::{Child, Echo, run_quietly},
    interrupt,
    scratch::Scratch,
};

/// What a folder must hold to be of use.
const PROGRAMS: [&str; 4] = ["initdb", "postgres", "psql", "pg_dump"];

/// How long a server may take until it takes connections.
const START: Duration = Duration::from_secs(30);

/// How long a server may take to end.
const STOP: Duration = Duration::from_secs(5);

/// A loss of power is not among the experiments; a killed process keeps what it has written.
const SETTINGS: &[&str] =
    &["listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=200", "log_checkpoints=off"];

/// What the tests read.
const TEST_SERVER: &str = "FOGLINE_TEST_POSTGRES";
const TEST_PROGRAMS: &str = "FOGLINE_POSTGRES_BIN";

const READY: &str = "ready to accept connections";
const USER: &str = "fogline";

/// `cargo xtask postgres`: says where the server is and waits.
pub fn run() -> Result<()> {
    let mut cluster = Cluster::start()?;
    println!("for `cargo test` in another terminal, until Ctrl-C here:");
    println!("export {TEST_SERVER}='{}'", cluster.url("postgres"));
    println!("export {TEST_PROGRAMS}='{}'", cluster.binaries.folder.display());
    while interrupt::pause(Duration::from_millis(200)).is_ok() {
        if let Some(server) = &mut cluster.server {
            server.check()?;
        }
    }
    Ok(())
}

/// Server and client programs of one version.
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Those that `pg_config` names, then Debian's newest, then those on `PATH`.
    pub fn find() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        configured()
            .into_iter()
            .chain(debian_folders())
            .chain(env::split_paths(&path))
            .find(|folder| PROGRAMS.iter().all(|program| folder.join(program).exists()))
            .map(|folder| Self { folder })
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A running server with a data folder of its own. Dropping it stops the server and removes the folder.
pub struct Cluster {
    binaries: Binaries,
    owner: Owner,
    server: Option<Child>,
    folder: Scratch,
}

impl Cluster {
    /// Makes a new one and waits until it takes connections. Call it from the main thread: the server's
    /// life hangs on the thread that starts it.
    pub fn start() -> Result<Self> {
        let binaries = Binaries::find()
            .context("PostgreSQL is not installed; on Debian: `apt-get install --yes postgresql`")?;
        let owner = Owner::find()?;
        let folder = Scratch::new("fogline-postgres")?;
        owner.take(folder.path())?;
        let mut cluster = Self { binaries, owner, server: None, folder };
        let mut initdb = cluster.command("initdb")?;
        initdb.arg("--pgdata").arg(cluster.data()).arg(format!("--username={USER}")).args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        run_quietly("`initdb`", &mut initdb, &mut || Ok(()))?;
        cluster.serve()?;
        Ok(cluster)
    }

    /// Starts the server on what the last one has left.
    fn serve(&mut self) -> Result<()> {
        drop(self.server.take());
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(self.folder.path().join("log")).context("unable to write a log")?;
        let mut server = Child::spawn("postgres", command, Echo::File(log))?;
        let deadline = Instant::now() + START;
        while !server.log().since(0).iter().any(|line| line.contains(READY)) {
            server.check()?;
            if Instant::now() > deadline {
                bail!("PostgreSQL takes no connections; it said:\n{}", server.log().tail(20));
            }
            interrupt::pause(Duration::from_millis(20))?;
        }
        self.server = Some(server);
        Ok(())
    }

    /// Where a database of this server is, as the hub's `--database` takes it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={USER}", self.folder.path().display())
    }

    /// Tells the tests of a command where they can make databases.
    pub fn announce(&self, command: &mut Command) {
        command.env(TEST_SERVER, self.url("postgres")).env(TEST_PROGRAMS, &self.binaries.folder);
    }

    /// `psql` on a database, without anybody's own settings; what it writes is separated by `|`.
    pub fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.binaries.program("psql"));
        command
            .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=|"])
            .args(["--set=ON_ERROR_STOP=1", "--dbname"])
            .arg(self.url(database))
            .current_dir(self.folder.path());
        command
    }

    /// From now on no process of the server can write to a file, as on a full disk, until
    /// [`Self::free_the_disk`].
    pub fn fill_the_disk(&self) -> Result<()> {
        let server = self.server.as_ref().context("the server should run")?;
        for process in server.family() {
            self.starve(process)?;
        }
        Ok(())
    }

    /// There is room again. The server has most likely ended by then and is started again.
    pub fn free_the_disk(&mut self) -> Result<()> {
        if let Some(server) = &mut self.server {
            server.signal("QUIT");
            server.stop_by(Instant::now() + STOP);
        }
        self.serve()
    }

    fn starve(&self, process: u32) -> Result<()> {
        let mut prlimit = self.owner.command(Path::new("prlimit"))?;
        prlimit.arg(format!("--pid={process}")).arg("--fsize=0:");
        // A process that has ended in the meantime writes nothing either.
        run_quietly("`prlimit`", &mut prlimit, &mut || Ok(())).or_else(|error| {
            let alive = Path::new("/proc").join(process.to_string()).exists();
            if alive { Err(error) } else { Ok(String::new()) }
        })?;
        Ok(())
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = self.owner.command(&self.binaries.program(program))?;
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        Ok(command)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // The polite signal would wait for every client to leave.
            server.signal("INT");
            server.stop_by(Instant::now() + STOP);
        }
    }
}

fn configured() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(answer.stdout).ok()?;
    answer.status.success().then(|| folder.trim().into())
}

fn debian_folders() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut versions: Vec<_> = entries
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, folder)| folder).collect()
}
