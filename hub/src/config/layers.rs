//! Flags over environment over file over defaults, and which of them each setting came from.

use std::{
    env,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use clap::{
    Arg, ArgMatches, Args as _, Command, CommandFactory as _, FromArgMatches as _, parser::ValueSource,
};

use crate::config::{
    file::{self, Entry},
    flags::{CommandLine, Settings},
};

/// The database's variable; the other one is older and gives way.
const DATABASE: (&str, &str) = ("DATABASE_URL", "FOGLINE_DATABASE");

/// The command line with everything filled in.
pub struct Read {
    pub line: CommandLine,
    pub effective: Effective,
}

/// Every setting as it counts. `Display` is a file with settings, secrets left out.
pub struct Effective(Vec<Row>);

struct Row {
    key: String,
    value: Option<String>,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Flag,
    Environment(String),
    File { path: PathBuf, line: usize },
    Default,
}

/// Reads `arguments`, whose first is the program's name, and whatever they leave open.
///
/// # Errors
///
/// A [`clap::Error`] where the arguments or the environment are wrong or help is asked for; otherwise
/// what is wrong with the file.
pub fn read(arguments: Vec<OsString>) -> anyhow::Result<Read> {
    let command = command();
    let given = command.clone().try_get_matches_from(&arguments)?;
    let path = given.get_one::<PathBuf>("config").cloned();
    let entries = match &path {
        Some(path) => file::read(path, &known())?,
        None => Vec::new(),
    };
    let filled = fill_in(arguments, &command, &given, &entries);
    let matches = command.clone().try_get_matches_from(filled)?;
    let effective = effective(&command, &given, &matches, path.as_deref(), &entries);
    Ok(Read { line: CommandLine::from_arg_matches(&matches)?, effective })
}

/// The settings alone, for a line of the file.
pub fn known() -> Command {
    Settings::augment_args(Command::new("settings"))
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

fn command() -> Command {
    let command = CommandLine::command();
    let (current, former) = DATABASE;
    if env::var_os(current).is_none() && env::var_os(former).is_some() {
        command.mut_arg("database", |arg| arg.env(former))
    } else {
        command
    }
}

/// Adds what the file says and nobody else does, as if it had been a flag.
fn fill_in(
    mut arguments: Vec<OsString>,
    command: &Command,
    given: &ArgMatches,
    entries: &[Entry],
) -> Vec<OsString> {
    let open = entries
        .iter()
        .filter(|entry| setting(command, &entry.key).is_some_and(|arg| origin_outside(arg, given).is_none()));
    let added = open.map(|entry| OsString::from(format!("--{}={}", entry.key, entry.value)));
    let after_name = arguments.len().min(1);
    drop(arguments.splice(after_name..after_name, added.collect::<Vec<_>>()));
    arguments
}

fn effective(
    command: &Command,
    given: &ArgMatches,
    matches: &ArgMatches,
    path: Option<&Path>,
    entries: &[Entry],
) -> Effective {
    let known = known();
    let rows = known.get_arguments().filter_map(|arg| {
        let key = arg.get_long()?;
        let in_file = || {
            let line = entries.iter().find(|entry| entry.key == key)?.line;
            Some(Origin::File { path: path?.to_owned(), line })
        };
        let origin = origin_outside(setting(command, key)?, given).or_else(in_file);
        let mut values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
        Some(Row {
            key: key.to_owned(),
            value: values.next().map(|value| value.to_string_lossy().into_owned()),
            origin: origin.unwrap_or(Origin::Default),
        })
    });
    Effective(rows.collect())
}

fn setting<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(key))
}

/// `None` if neither a flag nor the environment says anything.
fn origin_outside(arg: &Arg, given: &ArgMatches) -> Option<Origin> {
    match given.value_source(arg.get_id().as_str())? {
        ValueSource::CommandLine => Some(Origin::Flag),
        ValueSource::EnvVariable => {
            Some(Origin::Environment(arg.get_env().unwrap_or_default().to_string_lossy().into_owned()))
        }
        _ => None,
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { key, value, origin } in &self.0 {
            match value {
                Some(value) if key == "database" => {
                    writeln!(f, "{key} = {}  # {origin}", quoted(&without_secrets(value)))?;
                }
                Some(value) => writeln!(f, "{key} = {}  # {origin}", quoted(value))?,
                None => writeln!(f, "# {key} is not set")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment, {name}"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// As TOML writes it.
fn quoted(value: &str) -> String {
    if value.parse::<u64>().is_ok() || value.parse::<bool>().is_ok() {
        value.to_owned()
    } else {
        toml::Value::from(value).to_string()
    }
}

/// A database's URL without what only the hub may know.
fn without_secrets(url: &str) -> String {
    if url.starts_with("sqlite://") {
        return url.to_owned();
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (user, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (login.split(':').next().unwrap_or_default(), place),
        None => ("", rest),
    };
    let place = place.split('?').next().unwrap_or_default();
    if user.is_empty() { format!("{scheme}://{place}") } else { format!("{scheme}://{user}:***@{place}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let shown = without_secrets("postgres://ann:sec/r@t@db:5432/fogline?password=secret");
        assert_eq!(shown, "postgres://ann:***@db:5432/fogline");
        assert_eq!(without_secrets("postgres://db/fogline"), "postgres://db/fogline");
        assert_eq!(without_secrets("sqlite:///var/lib/hub.sqlite"), "sqlite:///var/lib/hub.sqlite");
    }

    #[test]
    fn values_are_written_as_the_file_takes_them() {
        assert_eq!(quoted("60"), "60");
        assert_eq!(quoted("true"), "true");
        assert_eq!(quoted("127.0.0.1:8080"), "\"127.0.0.1:8080\"");
    }

    #[test]
    fn the_operators_page_names_every_setting() {
        let page = include_str!("../../../docs/operators.md");
        let (_, table) =
            page.split_once("<!-- settings -->\n").expect("the page should mark where settings begin");
        let (table, _) =
            table.split_once("<!-- end of settings -->").expect("the page should mark where they end");
        let known = known();
        let row = |arg: &Arg| {
            let key = arg.get_long().unwrap_or_default();
            let variable = arg.get_env().unwrap_or_default().to_string_lossy().into_owned();
            let default = match arg.get_default_values().first() {
                Some(default) => format!("`{}`", default.to_string_lossy()),
                None => "-".to_owned(),
            };
            let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
            format!("| `{key}` | `{variable}` | {default} | {meaning} |\n")
        };
        let head = "| key and flag | environment | default | meaning |\n|---|---|---|---|\n";
        let expected = head.to_owned() + &known.get_arguments().map(row).collect::<String>();
        assert_eq!(table, expected, "docs/operators.md should have exactly this table:\n{expected}");
    }
}
