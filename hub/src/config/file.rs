//! The file with settings: TOML, one `key = value` a line, keys as the flags are called.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use clap::{
    Command,
    error::{ContextKind, ContextValue},
};
use toml::de::{DeTable, DeValue};

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub value: String,
    /// From 1.
    pub line: usize,
}

/// Reads the file; each entry is one that `known` takes. An error names file, line and key, for all
/// entries that are wrong.
pub fn read(path: &Path, known: &Command) -> anyhow::Result<Vec<Entry>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("unable to read the file with settings `{}`", path.display()))?;
    match parse(&text, known) {
        Ok(entries) => Ok(entries),
        Err(complaints) => {
            let named = complaints.iter().map(|complaint| format!("{}:{complaint}", path.display()));
            bail!("{}", named.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// The complaints begin with the line's number.
fn parse(text: &str, known: &Command) -> Result<Vec<Entry>, Vec<String>> {
    let line_at = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(span.start));
        vec![format!("{line}: {}", error.message().replace('\n', " "))]
    })?;
    let (mut entries, mut complaints) = (Vec::new(), Vec::new());
    for (key, value) in table.get_ref() {
        let line = line_at(key.span().start);
        match entry(key.get_ref(), value.get_ref(), line, known) {
            Ok(entry) => entries.push(entry),
            Err(complaint) => complaints.push((line, complaint)),
        }
    }
    if complaints.is_empty() {
        return Ok(entries);
    }
    complaints.sort();
    Err(complaints.into_iter().map(|(line, complaint)| format!("{line}: {complaint}")).collect())
}

fn entry(key: &str, value: &DeValue<'_>, line: usize, known: &Command) -> Result<Entry, String> {
    if !known.get_arguments().any(|arg| arg.get_long() == Some(key)) {
        return Err(unknown(key, known));
    }
    let value = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Boolean(on) => on.to_string(),
        _ => return Err(format!("key `{key}`: expected text, a whole number, `true` or `false`")),
    };
    match known.clone().try_get_matches_from([format!("--{key}={value}")]) {
        Ok(_) => Ok(Entry { key: key.to_owned(), value, line }),
        Err(error) => Err(format!("key `{key}`: {}", in_one_line(&error))),
    }
}

fn unknown(key: &str, known: &Command) -> String {
    let near = known.clone().try_get_matches_from([format!("--{key}")]).err();
    match near.as_ref().and_then(|error| error.get(ContextKind::SuggestedArg)) {
        Some(ContextValue::String(near)) => {
            format!("unknown key `{key}`; did you mean `{}`?", near.trim_start_matches('-'))
        }
        _ => format!("unknown key `{key}`"),
    }
}

/// What clap says in its first paragraph.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::config::layers;

    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        parse(text, &layers::known()).expect_err("the file should be refused")
    }

    #[test]
    fn every_kind_of_value_is_read_with_its_line() {
        let text = "# a comment\nbind = \"127.0.0.1:0\"\n\nmatch-seconds = 60\ntrusted-proxy = true\n";
        let mut entries = parse(text, &layers::known()).expect("the file should be read");
        entries.sort_by_key(|entry| entry.line);
        let entry =
            |key: &str, value: &str, line| Entry { key: key.to_owned(), value: value.to_owned(), line };
        let bind = entry("bind", "127.0.0.1:0", 2);
        assert_eq!(entries, [bind, entry("match-seconds", "60", 4), entry("trusted-proxy", "true", 5)]);
    }

    #[test]
    fn unknown_keys_are_refused_by_name_with_the_nearest() {
        let told = complaints("bind = \"127.0.0.1:0\"\nmatch-second = 60\n[limits]\nguests = 1\n");
        assert_eq!(told.len(), 2, "both keys should be named: {told:?}");
        assert_eq!(told[0], "2: unknown key `match-second`; did you mean `match-seconds`?");
        assert!(told[1].starts_with("3: unknown key `limits`"), "{told:?}");
    }

    #[test]
    fn wrong_values_are_refused_with_line_and_key() {
        let told = complaints("match-seconds = 4\nlog-format = \"xml\"\nbind = [1]\nmodes = 1.5\n");
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("1: key `match-seconds`: ") && told[0].contains("5..=3600"), "{told:?}");
        assert!(told[1].starts_with("2: key `log-format`: ") && told[1].contains("json"), "{told:?}");
        assert!(told[2].starts_with("3: key `bind`: expected text"), "{told:?}");
        assert!(told[3].starts_with("4: key `modes`: expected text"), "{told:?}");
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line() {
        assert!(complaints("bind = \"127.0.0.1:0\"\nmodes =\n")[0].starts_with("2: "));
    }
}
