//! What a child process has written.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use anyhow::{Context as _, Result};

/// Lines kept; older ones are forgotten.
const KEPT: usize = 4_000;

/// Where lines go besides the log.
pub enum Echo {
    /// Our own output, each line behind the child's name.
    Console,
    File(File),
}

impl Echo {
    /// Behind what a file already holds.
    pub fn append(file: &Path) -> Result<Self> {
        let opened = OpenOptions::new().create(true).append(true).open(file);
        opened.map(Self::File).with_context(|| format!("unable to write `{}`", file.display()))
    }
}

/// The last lines of one child, filled while it runs.
#[derive(Clone)]
pub struct Log {
    name: String,
    lines: Arc<Mutex<Lines>>,
}

struct Lines {
    kept: VecDeque<String>,
    /// Lines written so far, forgotten ones included.
    written: usize,
    echo: Echo,
}

impl Log {
    pub fn new(name: &str, echo: Echo) -> Self {
        let lines = Lines { kept: VecDeque::new(), written: 0, echo };
        Self { name: name.to_owned(), lines: Arc::new(Mutex::new(lines)) }
    }

    /// Reads `output` until it closes.
    pub fn follow(&self, output: impl Read + Send + 'static) {
        let log = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                log.push(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }

    /// How many lines there are by now; a mark for [`Self::since`].
    pub fn mark(&self) -> usize {
        self.lock().written
    }

    /// The lines after `mark`.
    pub fn since(&self, mark: usize) -> Vec<String> {
        let lines = self.lock();
        let forgotten = lines.written - lines.kept.len();
        lines.kept.iter().skip(mark.saturating_sub(forgotten)).cloned().collect()
    }

    /// The last line that begins with `prefix`.
    pub fn last_with(&self, prefix: &str) -> Option<String> {
        self.lock().kept.iter().rev().find(|line| line.starts_with(prefix)).cloned()
    }

    pub fn tail(&self, count: usize) -> String {
        let lines = self.lock();
        let skipped = lines.kept.len().saturating_sub(count);
        lines.kept.iter().skip(skipped).map(|line| format!("    {line}\n")).collect()
    }

    fn push(&self, line: String) {
        let mut lines = self.lock();
        match &mut lines.echo {
            Echo::Console => println!("{:<6} | {line}", self.name),
            Echo::File(file) => {
                writeln!(file, "{line}").ok();
            }
        }
        lines.written += 1;
        lines.kept.push_back(line);
        if lines.kept.len() > KEPT {
            lines.kept.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
