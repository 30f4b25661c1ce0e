//! What a long chore says while it works: step, units done, time.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const EVERY: Duration = Duration::from_secs(4);

/// Counts the steps of one chore; lines look like `[2/4] rooms  212/430 crates  1m12s`.
pub struct Progress {
    steps: usize,
    step: usize,
    title: String,
    began: Instant,
    printed: Instant,
    /// Read by the hub for those who wait on the play page.
    page: Option<PathBuf>,
}

impl Progress {
    pub fn new(steps: usize) -> Self {
        let now = Instant::now();
        Self { steps, step: 0, title: String::new(), began: now, printed: now, page: None }
    }

    /// From now on also writes each step to `path`, for the play page.
    pub fn show_on_page(&mut self, path: PathBuf) {
        self.page = Some(path);
    }

    pub fn begin(&mut self, title: &str) {
        self.step += 1;
        title.clone_into(&mut self.title);
        self.began = Instant::now();
        self.printed = self.began;
        self.note("...");
        self.show(0, None);
    }

    /// `total` is an estimate and grows with `done`.
    pub fn units(&mut self, done: usize, total: Option<usize>) {
        if self.printed.elapsed() < EVERY {
            return;
        }
        self.printed = Instant::now();
        let total = total.map(|total| total.max(done));
        match total {
            Some(total) => self.note(&format!("{done}/{total} crates")),
            None => self.note(&format!("{done} crates")),
        }
        self.show(done, total);
    }

    /// One line about the step.
    pub fn note(&self, text: &str) {
        let time = minutes(self.began.elapsed());
        println!("[{}/{}] {}  {text}  {time}", self.step, self.steps, self.title);
    }

    /// Tells those on the play page that nothing will come.
    pub fn fail(&self, error: &anyhow::Error) {
        self.write_page(&json!({ "error": format!("{error:#}") }));
    }

    fn show(&self, done: usize, total: Option<usize>) {
        let seconds = self.began.elapsed().as_secs();
        self.write_page(&json!({ "step": self.title, "done": done, "total": total, "seconds": seconds }));
    }

    fn write_page(&self, state: &Value) {
        let Some(path) = &self.page else { return };
        let draft = path.with_extension("draft");
        let written = fs::write(&draft, state.to_string()).and_then(|()| fs::rename(&draft, path));
        if let Err(error) = written {
            eprintln!("warning: unable to write `{}`: {error}", path.display());
        }
    }
}

/// `72 s` as `1m12s`.
pub fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{:02}s", seconds / 60, seconds % 60) }
}
