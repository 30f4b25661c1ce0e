//! Child processes: their output, their end, and that none outlives us.

mod kin;
mod log;

use std::{
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{self, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{
        RecvTimeoutError::{Disconnected, Timeout},
        Sender, channel,
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

pub use self::log::{Echo, Log};
use crate::{interrupt, layout::on_path};

/// How long a child may take to stop by itself.
const GRACE: Duration = Duration::from_secs(5);

/// A command whose process ends with this one, even when this one is killed.
///
/// The kernel counts the death of the *thread* that started the process, so start it from the main
/// thread.
pub fn tethered(program: &Path) -> Command {
    match on_path("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// One supervised process in a process group of its own. Dropping it stops it.
pub struct Child {
    name: String,
    process: process::Child,
    log: Log,
}

impl Child {
    /// Every line of output goes to the log.
    pub fn spawn(name: &str, mut command: Command, echo: Echo) -> Result<Self> {
        let log = Log::new(name, echo);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("NO_COLOR", "1")
            .process_group(0)
            .spawn()
            .with_context(|| format!("unable to start {name}"))?;
        if let Some(stdout) = process.stdout.take() {
            log.follow(stdout);
        }
        if let Some(stderr) = process.stderr.take() {
            log.follow(stderr);
        }
        Ok(Self { name: name.to_owned(), process, log })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    pub fn stdin(&mut self) -> Result<&mut ChildStdin> {
        self.process.stdin.as_mut().with_context(|| format!("{} takes no input", self.name))
    }

    /// An error, with the last words, if the process has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("{} has died: {status}; its last lines:\n{}", self.name, self.log.tail(20));
        }
        Ok(())
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// This process and those that it has started itself.
    pub fn family(&self) -> Vec<u32> {
        kin::family(self.id())
    }

    /// Sends a signal, named as the shell's `kill` does, to the process and its group.
    pub fn signal(&self, name: &str) {
        kin::signal_group(name, self.id());
    }

    /// Ends the process as a crash would, and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.signal("KILL");
        self.process.wait().with_context(|| format!("unable to wait for {}", self.name)).map(drop)
    }

    /// Asks the process to stop without waiting for it.
    pub fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Waits for the end until `deadline`, then kills.
    pub fn stop_by(&mut self, deadline: Instant) {
        while self.running() && Instant::now() < deadline {
            sleep(Duration::from_millis(20));
        }
        if self.running() {
            self.kill().ok();
        }
    }

    fn running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.running() {
            self.ask_to_stop();
            self.stop_by(Instant::now() + GRACE);
        }
    }
}

/// Stops all of them at once, each within the same few seconds.
pub fn stop_all(children: &mut Vec<Child>) {
    for child in children.iter_mut() {
        if child.running() {
            child.ask_to_stop();
        }
    }
    let deadline = Instant::now() + GRACE;
    for child in children.iter_mut() {
        child.stop_by(deadline);
    }
    children.clear();
}

/// Called while long work runs; its error stops that work.
pub type Watch<'a> = &'a mut dyn FnMut() -> Result<()>;

/// One line that a process wrote.
pub enum Line {
    Out(String),
    Err(String),
}

/// Runs a process to its end and hands on its lines; stops it when `watch` fails.
pub fn run_lines(
    command: &mut Command,
    on_line: &mut dyn FnMut(Line) -> Result<()>,
    watch: Watch<'_>,
) -> Result<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("unable to start `{program}`"))?;
    let (lines, arriving) = channel();
    if let Some(stdout) = process.stdout.take() {
        send_lines(stdout, lines.clone(), Line::Out);
    }
    if let Some(stderr) = process.stderr.take() {
        send_lines(stderr, lines, Line::Err);
    }
    let followed = loop {
        let step = match arriving.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => on_line(line),
            Err(Timeout) => Ok(()),
            Err(Disconnected) => break Ok(()),
        };
        let step = step.and_then(|()| interrupt::check()).and_then(|()| watch());
        if step.is_err() {
            break step;
        }
    };
    if followed.is_err() {
        kin::signal_group("TERM", process.id());
    }
    let status = process.wait().with_context(|| format!("unable to wait for `{program}`"))?;
    followed.and_then(|()| interrupt::check())?;
    Ok(status)
}

/// Runs a process whose words matter only if it fails; the answer is what it wrote to stdout.
pub fn run_quietly(what: &str, command: &mut Command, watch: Watch<'_>) -> Result<String> {
    let (mut answer, mut spoken) = (String::new(), String::new());
    let status = run_lines(
        command,
        &mut |line| {
            if let Line::Out(text) = &line {
                answer.push_str(text);
                answer.push('\n');
            }
            let (Line::Out(text) | Line::Err(text)) = line;
            spoken.push_str(&text);
            spoken.push('\n');
            Ok(())
        },
        watch,
    )?;
    if !status.success() {
        bail!("{what} failed ({status}); it said:\n{spoken}");
    }
    Ok(answer)
}

fn send_lines(output: impl Read + Send + 'static, lines: Sender<Line>, wrap: fn(String) -> Line) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if lines.send(wrap(String::from_utf8_lossy(&line).into_owned())).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_watch_ends_the_work() {
        let mut sleeper = tethered(Path::new("sh"));
        sleeper.args(["-c", "echo started; exec sleep 600"]);
        let mut looks = 0;
        let ended = run_quietly("a long sleep", &mut sleeper, &mut || {
            looks += 1;
            if looks > 1 { bail!("room 1 has died") } else { Ok(()) }
        });
        assert_eq!(ended.expect_err("the watch should end it").to_string(), "room 1 has died");
    }

    #[test]
    fn failure_is_told_with_the_last_words() {
        let mut command = tethered(Path::new("sh"));
        command.args(["-c", "echo no such package >&2; exit 7"]);
        let error = run_quietly("`apt-get`", &mut command, &mut || Ok(())).expect_err("it should fail");
        let text = error.to_string();
        assert!(text.starts_with("`apt-get` failed") && text.contains("no such package"), "{text}");
    }
}
