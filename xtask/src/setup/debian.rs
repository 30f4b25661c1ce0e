//! What this machine says about itself and about where its packages come from.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

pub fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A place that Debian's packages come from, as the machine's owner has configured it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    uri: String,
    signed_by: Option<String>,
}

impl Mirror {
    /// The first one with the component `main` that is not a security archive.
    pub fn of_this_machine() -> Result<Self> {
        let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
        if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
            files.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
        }
        files[1..].sort();
        files
            .iter()
            .find_map(|file| {
                let text = fs::read_to_string(file).ok()?;
                match file.extension()?.to_str()? {
                    "sources" => Self::in_stanzas(&text),
                    "list" => Self::in_lines(&text),
                    _ => None,
                }
            })
            .context("no Debian mirror found in `/etc/apt/sources.list` and `sources.list.d`")
    }

    /// One suite of this mirror in apt's stanza format.
    pub fn stanza(&self, suite: &str) -> String {
        let signed_by = self.signed_by.as_deref().unwrap_or(KEYRING);
        format!("Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\nSigned-By: {signed_by}\n", self.uri)
    }

    fn in_stanzas(text: &str) -> Option<Self> {
        text.split("\n\n").find_map(|stanza| {
            let field = |name: &str| {
                stanza
                    .lines()
                    .filter_map(|line| line.split_once(':'))
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.trim())
            };
            let enabled = field("Enabled").is_none_or(|value| !value.eq_ignore_ascii_case("no"));
            let binary = field("Types")?.split_whitespace().any(|kind| kind == "deb");
            let uri = field("URIs")?.split_whitespace().next()?;
            let suite = field("Suites")?.split_whitespace().next()?;
            let signed_by = field("Signed-By").filter(|value| value.starts_with('/'));
            (enabled && binary).then(|| Self::new(uri, suite, field("Components")?, signed_by)).flatten()
        })
    }

    fn in_lines(text: &str) -> Option<Self> {
        text.lines().find_map(|line| {
            let line = line.trim().strip_prefix("deb ")?.trim();
            let (options, rest) = match line.strip_prefix('[') {
                Some(bracketed) => bracketed.split_once(']')?,
                None => ("", line),
            };
            let (uri, rest) = rest.trim().split_once(' ')?;
            let (suite, components) = rest.trim().split_once(' ')?;
            let signed_by = options.split_whitespace().find_map(|o| o.strip_prefix("signed-by="));
            Self::new(uri, suite, components, signed_by)
        })
    }

    fn new(uri: &str, suite: &str, components: &str, signed_by: Option<&str>) -> Option<Self> {
        let main = components.split_whitespace().any(|component| component == "main");
        let security = suite.contains("security") || uri.contains("security");
        let foreign = uri.starts_with("cdrom:") || suite.ends_with('/') || suite == "nodistro";
        (main && !security && !foreign)
            .then(|| Self { uri: uri.to_owned(), signed_by: signed_by.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirror_is_found_in_stanzas() {
        let text = "Types: deb\nURIs: http://security.example/debian-security\nSuites: bookworm-security\nComponents: main\n\n\
                    Types: deb\n# a remark\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /keys/debian.gpg\n";
        let mirror = Mirror::in_stanzas(text).expect("the second stanza should be taken");
        assert_eq!(mirror.uri, "http://mirror.example/debian");
        assert!(mirror.stanza("sid").contains("Signed-By: /keys/debian.gpg"));
    }

    #[test]
    fn mirror_is_found_in_lines() {
        let text = "# deb http://old.example/ x main\ndeb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian trixie main contrib\n";
        let mirror = Mirror::in_lines(text).expect("the active line should be taken");
        assert_eq!(
            mirror,
            Mirror { uri: "http://mirror.example/debian".into(), signed_by: Some("/k.gpg".into()) }
        );
    }

    #[test]
    fn disabled_and_foreign_sources_are_passed_over() {
        let disabled = "Enabled: no\nTypes: deb\nURIs: http://a.example\nSuites: sid\nComponents: main\n";
        assert_eq!(Mirror::in_stanzas(disabled), None);
        assert_eq!(Mirror::in_lines("deb cdrom:[x]/ trixie main"), None);
    }
}
