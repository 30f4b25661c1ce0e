//! A real room, started with flags and ended with signals.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use async_channel::{Receiver, bounded};

use crate::support::{HOST_KEY, Hub, Room, Scratch, within};

/// It does not outlive the test.
pub struct Process {
    child: Child,
    ended: Receiver<()>,
    admin: PathBuf,
}

impl Process {
    pub fn start(hub: &Hub, scratch: &Scratch) -> Self {
        Self::spawn(Self::command(hub, scratch), scratch)
    }

    /// A room on free ports whose log goes to `room.log`.
    pub fn command(hub: &Hub, scratch: &Scratch) -> Command {
        let key = scratch.path().join("host.key");
        fs::write(&key, HOST_KEY).expect("the folder should be writable");
        let log = File::create(scratch.path().join("room.log")).expect("the folder should be writable");
        let mut command = Command::new(env!("CARGO_BIN_EXE_server-room"));
        command
            .args(["--hub", &hub.url(), "--bind", "127.0.0.1", "--advertise", "127.0.0.1"])
            .args(["--udp-port", "0", "--webtransport-port", "0", "--websocket-port", "0"])
            .args(["--no-show-seconds", "0", "--admin-port", "0"])
            .arg("--admin-addr-file")
            .arg(scratch.path().join("admin.addr"))
            .arg("--host-key-file")
            .arg(key)
            .arg("--journal")
            .arg(scratch.path().join("journal"))
            .stderr(log);
        command
    }

    pub fn spawn(mut command: Command, scratch: &Scratch) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the room should start");
        let mut output = child.stdout.take().expect("the output was asked for");
        let (end, ended) = bounded(1);
        thread::spawn(move || {
            let _ = io::copy(&mut output, &mut io::sink());
            end.try_send(())
        });
        Self { child, ended, admin: scratch.path().join("admin.addr") }
    }

    /// Sends a signal, named as the shell's `kill` does.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status();
        assert!(sent.expect("there should be a shell").success(), "the room should be there for {name}");
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("the room should be ours to kill");
    }

    pub async fn end(&mut self) -> ExitStatus {
        within("the room ends", self.ended.recv()).await.expect("the end should be told");
        self.child.wait().expect("the room should be ours to wait for")
    }

    /// The names of its threads, in order.
    pub fn threads(&self) -> Vec<String> {
        let tasks =
            fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the room should be there");
        let name = |task: io::Result<fs::DirEntry>| fs::read_to_string(task.ok()?.path().join("comm")).ok();
        let mut names: Vec<_> = tasks.filter_map(name).map(|name| name.trim_end().to_owned()).collect();
        names.sort();
        names
    }

    /// What the kernel says of its memory, by a name of `/proc/PID/status`.
    pub fn memory_kb(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the room should be there");
        let told = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let told = told.and_then(|told| told.trim().strip_suffix("kB")?.trim().parse().ok());
        told.unwrap_or_else(|| panic!("there should be `{name}` in:\n{status}"))
    }

    /// Where the admin port is. A room that has dialled its hub has written that down.
    pub fn admin(&self) -> SocketAddr {
        let address = fs::read_to_string(&self.admin).expect("the room should have an admin port");
        address.parse().expect("the file should hold an address")
    }

    /// Status and body of what the admin port answers.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.admin()).expect("the admin port should listen");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("the time-out should be possible");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: room\r\nconnection: close\r\n\r\n")
            .expect("the admin port should listen");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the admin port should answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("the answer should have a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("the head should have a status"), body.to_owned())
    }

    /// One of the figures, by the whole of its name.
    pub fn figure(&self, name: &str) -> f64 {
        let [value] = self.figures([name]);
        value
    }

    /// Figures of one moment.
    pub fn figures<const N: usize>(&self, names: [&str; N]) -> [f64; N] {
        let (_, text) = self.get("/metrics");
        names.map(|name| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
                .unwrap_or_else(|| panic!("there should be a figure `{name}` in:\n{text}"))
        })
    }

    /// Waits for at most a minute of heartbeats.
    pub async fn until(&self, room: &mut Room, name: &str, reached: impl Fn(f64) -> bool) {
        for _ in 0..60 {
            if reached(self.figure(name)) {
                return;
            }
            room.heartbeat().await;
        }
        panic!("after 60 heartbeats `{name}` is still {}", self.figure(name));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
