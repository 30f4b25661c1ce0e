//! What the kernel says of a process.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// What Linux counts processor time in, on every machine that this runs on.
const A_SECOND: f64 = 100.0;

#[derive(Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// Processor time of all its threads so far, in seconds, to the hundredth.
    pub fn cpu_seconds(self) -> Result<f64> {
        let counted = cpu(&self.read("stat")?).context("`/proc` should tell the processor time")?;
        Ok(counted as f64 / A_SECOND)
    }

    /// Resident memory; what is shared counts by its share.
    pub fn pss_kb(self) -> Result<u64> {
        pss(&self.read("smaps_rollup")?).context("`/proc` should tell the memory of a process")
    }

    pub fn threads(self) -> Result<usize> {
        Ok(fs::read_dir(self.folder().join("task"))?.count())
    }

    fn read(self, file: &str) -> Result<String> {
        let path = self.folder().join(file);
        fs::read_to_string(&path).with_context(|| format!("unable to read `{}`", path.display()))
    }

    fn folder(self) -> PathBuf {
        Path::new("/proc").join(self.0.to_string())
    }
}

/// Reads fields 14 and 15 of `PID (NAME) STATE ...`: time in the program and in the kernel.
fn cpu(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11).map(|field| field.parse::<u64>().ok());
    Some(fields.next()?? + fields.next()??)
}

fn pss(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_behind_any_name() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 900 0 0 0 120 35 0 0 20 0 6 0 8000 1 2";
        assert_eq!(cpu(stat), Some(155));
        assert_eq!(cpu("42 (room) S 1 42"), None);
    }

    #[test]
    fn shared_memory_is_read_by_its_share() {
        let rollup =
            "55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:   20480 kB\nPss:   9876 kB\nPss_Dirty: 1 kB\n";
        assert_eq!(pss(rollup), Some(9_876));
    }
}
