//! The file of one mode. What does not fit is refused with its place and what may stand there.

use std::{ffi::OsStr, fs, path::Path, time::Duration};

use anyhow::{Context as _, anyhow};
use protocol::{
    key::{MapId, ModeId},
    limits::TEAM_SIZES,
};
use ron::error::SpannedError;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_path_to_error::Segment;

use super::Mode;

const MOST_MAPS: usize = 16;

pub(super) fn load(path: &Path) -> anyhow::Result<Mode> {
    let file = path.display();
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let id = ModeId::try_from(stem.to_owned())
        .map_err(|flaw| anyhow!("{file}: the file's name is the mode's, {flaw}"))?;
    let text = fs::read_to_string(path).with_context(|| format!("unable to read `{file}`"))?;
    let mode = parse(&text).map_err(|flaw| anyhow!("{file}:{flaw}"))?.into_mode(id);
    mode.check().map_err(|flaw| anyhow!("{file}: {flaw}"))?;
    Ok(mode)
}

#[derive(Deserialize)]
#[serde(rename = "Mode", deny_unknown_fields)]
struct ModeFile {
    name: Words<24>,
    about: Words<120>,
    order: Whole<u8, 0, 255>,
    team_size: Whole<u8, { *TEAM_SIZES.start() as i64 }, { *TEAM_SIZES.end() as i64 }>,
    maps: MapPool,
    match_seconds: Whole<u16, 5, 3600>,
    // An option may not be left out: `None` is something a designer decides.
    #[serde(deserialize_with = "Option::deserialize")]
    bots_after_seconds: Option<Whole<u16, 0, 600>>,
    #[serde(deserialize_with = "Option::deserialize")]
    ready_seconds: Option<Whole<u8, 1, 60>>,
    fills_running: bool,
    rating_window: Whole<u16, 0, 10_000>,
    rating_window_per_second: Whole<u16, 0, 10_000>,
}

/// A whole number from `LEAST` to `MOST`.
struct Whole<T, const LEAST: i64, const MOST: i64>(T);

/// A line of 1 to `MOST` characters.
struct Words<const MOST: usize>(String);

struct MapPool(Vec<MapId>);

impl ModeFile {
    fn into_mode(self, id: ModeId) -> Mode {
        Mode {
            id,
            name: self.name.0,
            about: self.about.0,
            order: self.order.0,
            team_size: self.team_size.0,
            maps: self.maps.0,
            match_seconds: self.match_seconds.0,
            bots_after: self.bots_after_seconds.map(|after| Duration::from_secs(after.0.into())),
            ready: self.ready_seconds.map(|ready| Duration::from_secs(ready.0.into())),
            fills_running: self.fills_running,
            rating_window: self.rating_window.0.into(),
            rating_window_per_second: self.rating_window_per_second.0.into(),
        }
    }
}

impl<'de, T: TryFrom<i64>, const LEAST: i64, const MOST: i64> Deserialize<'de> for Whole<T, LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        match T::try_from(number) {
            Ok(value) if (LEAST..=MOST).contains(&number) => Ok(Self(value)),
            _ => Err(D::Error::custom(format!("{number} should be {LEAST} to {MOST}"))),
        }
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Words<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = String::deserialize(deserializer)?;
        let chars = words.chars().count();
        if !(1..=MOST).contains(&chars) || words.trim().is_empty() || words.chars().any(char::is_control) {
            return Err(D::Error::custom(format!(
                "{chars} characters should be one line of 1 to {MOST} that people can read"
            )));
        }
        Ok(Self(words))
    }
}

impl<'de> Deserialize<'de> for MapPool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let maps = Vec::<MapId>::deserialize(deserializer)?;
        if !(1..=MOST_MAPS).contains(&maps.len()) {
            return Err(D::Error::custom(format!("{} maps should be 1 to {MOST_MAPS}", maps.len())));
        }
        match maps.iter().enumerate().find(|(place, map)| maps[..*place].contains(map)) {
            Some((_, twice)) => Err(D::Error::custom(format!("`{twice}` should be named once"))),
            None => Ok(Self(maps)),
        }
    }
}

/// The error begins with line and column.
fn parse(text: &str) -> Result<ModeFile, String> {
    let mut ron = ron::Deserializer::from_str(text).map_err(|flaw| located(&flaw, None))?;
    let mode = serde_path_to_error::deserialize::<_, ModeFile>(&mut ron).map_err(|flaw| {
        let field = flaw.path().iter().find_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            _ => None,
        });
        located(&ron.span_error(flaw.into_inner()), field.as_deref())
    })?;
    ron.end().map_err(|flaw| located(&ron.span_error(flaw), None))?;
    Ok(mode)
}

fn located(flaw: &SpannedError, field: Option<&str>) -> String {
    let SpannedError { code, span } = flaw;
    match field {
        Some(field) => format!("{}: field `{field}`: {code}", span.start),
        None => format!("{}: {code}", span.start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"(
    name: "Quick play",
    about: "Three against three.",
    order: 0,
    team_size: 3,
    maps: ["crossing"],
    match_seconds: 240,
    bots_after_seconds: Some(5),
    ready_seconds: None,
    fills_running: true,
    rating_window: 150,
    rating_window_per_second: 40,
)"#;

    fn flaw(good: &str, bad: &str) -> String {
        assert!(GOOD.contains(good), "`{good}` should stand in the good file");
        match parse(&GOOD.replace(good, bad)) {
            Ok(_) => panic!("`{bad}` should be refused"),
            Err(flaw) => flaw,
        }
    }

    #[test]
    fn a_good_file_is_read() {
        let id = ModeId::try_from("quick".to_owned()).expect("the id should be one");
        let mode = parse(GOOD).expect("the good file should be read").into_mode(id);
        assert_eq!((mode.team_size, mode.match_seconds, mode.rating_window), (3, 240, 150.0));
        assert_eq!((mode.bots_after, mode.ready), (Some(Duration::from_secs(5)), None));
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_place_and_range() {
        for (good, bad, place, words) in [
            ("team_size: 3", "team_size: 9", "5:", "field `team_size`: 9 should be 1 to 8"),
            ("match_seconds: 240", "match_seconds: 4", "7:", "field `match_seconds`: 4 should be 5 to 3600"),
            ("order: 0", "order: 256", "4:", "field `order`: 256 should be 0 to 255"),
            ("Some(5)", "Some(601)", "8:", "field `bots_after_seconds`: 601 should be 0 to 600"),
            ("window: 150", "window: -1", "11:", "field `rating_window`: -1 should be 0 to 10000"),
        ] {
            let flaw = flaw(good, bad);
            assert!(flaw.starts_with(place) && flaw.ends_with(words), "{flaw}");
        }
    }

    #[test]
    fn words_and_maps_have_their_bounds() {
        let long = format!("name: \"{}\"", "x".repeat(25));
        assert!(flaw("name: \"Quick play\"", &long).contains("field `name`: 25 characters should be"));
        assert!(flaw("\"Three against three.\"", "\" \"").contains("field `about`"));
        assert!(flaw("[\"crossing\"]", "[]").contains("field `maps`: 0 maps should be 1 to 16"));
        assert!(flaw("[\"crossing\"]", "[\"a\", \"a\"]").contains("`a` should be named once"));
        assert!(flaw("[\"crossing\"]", "[\"../x\"]").contains("field `maps`"));
    }

    #[test]
    fn a_field_that_nobody_knows_is_named_with_those_allowed() {
        let flaw = flaw("order: 0", "colour: 0");
        assert!(flaw.starts_with("4:") && flaw.contains("`colour`") && flaw.contains("`order`"), "{flaw}");
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        assert!(flaw("    ready_seconds: None,\n", "").contains("`ready_seconds`"));
        assert!(flaw("    order: 0,\n", "").contains("`order`"));
    }

    #[test]
    fn a_value_of_another_kind_is_refused_with_its_field() {
        assert!(flaw("fills_running: true", "fills_running: 1").contains("field `fills_running`"));
        assert!(flaw("Some(5)", "5").contains("field `bots_after_seconds`"));
        assert!(flaw("team_size: 3", "team_size: \"3\"").contains("field `team_size`"));
    }

    #[test]
    fn what_follows_the_mode_is_refused() {
        assert!(flaw("40,\n)", "40,\n) more").starts_with("13:"));
    }
}
