//! Processes by their numbers: whom a signal reaches, and who started whom.

use std::{
    fs,
    process::{Command, Stdio},
};

/// The shell's `kill`, since signalling is not in std and this workspace forbids unsafe code.
pub fn signal_group(signal: &str, group: u32) {
    Command::new("sh")
        .args(["-c", &format!("kill -s {signal} -- -{group}")])
        .stderr(Stdio::null())
        .status()
        .ok();
}

/// A process and those that it has started itself.
pub fn family(id: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let children = processes.filter_map(|entry| {
        let child = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        (parent(&stat)? == id).then_some(child)
    });
    [id].into_iter().chain(children).collect()
}

/// Reads `PID (NAME) STATE PARENT ...`, as `/proc` has it.
fn parent(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_is_read_behind_any_name() {
        assert_eq!(parent("42 (a b) c) S 7 42 42 0"), Some(7));
        assert_eq!(parent("42"), None);
    }
}
