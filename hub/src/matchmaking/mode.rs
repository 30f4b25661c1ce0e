//! Ways to play: one RON file each, and the file's name is the mode's.

mod file;

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, anyhow};
use protocol::{
    hub::ModeInfo,
    key::{MapId, ModeId},
    limits::{MOST_MODES, TEAM_SIZES},
};

/// A way to play.
#[derive(Clone, Debug, PartialEq)]
pub struct Mode {
    pub id: ModeId,
    /// What players read.
    pub name: String,
    /// One sentence on what it is.
    pub about: String,
    /// Where it is shown among the others; equal ones by their id.
    pub order: u8,
    /// Seats on each side, within [`TEAM_SIZES`].
    pub team_size: u8,
    /// The maps it is played on, one or more.
    pub maps: Vec<MapId>,
    /// Length of a match in seconds.
    pub match_seconds: u16,
    /// Bots fill a match when its first player has waited for this long; `None` waits for people.
    pub bots_after: Option<Duration>,
    /// Everybody confirms in this time; `None` asks nobody.
    pub ready: Option<Duration>,
    /// Whether a newcomer may take a bot's seat in a running match.
    pub fills_running: bool,
    /// How far ratings may be apart at first, in points.
    pub rating_window: f64,
    /// How many points the window widens with every second of waiting.
    pub rating_window_per_second: f64,
}

/// The modes of this hub in the order they are shown: at least one, at most [`MOST_MODES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Modes(Vec<Mode>);

impl Mode {
    /// Seats of a match, those of bots included: 2 to 16.
    pub fn seats(&self) -> u8 {
        2 * self.team_size
    }

    /// What would break matchmaking, as opposed to what a file may not hold.
    fn check(&self) -> Result<(), String> {
        let (least, most) = (TEAM_SIZES.start(), TEAM_SIZES.end());
        if !TEAM_SIZES.contains(&self.team_size) {
            return Err(format!("`team_size` is {}, it should be {least} to {most}", self.team_size));
        }
        if self.maps.is_empty() {
            return Err("`maps` is empty, it should name at least one map".to_owned());
        }
        for (field, points) in [
            ("rating_window", self.rating_window),
            ("rating_window_per_second", self.rating_window_per_second),
        ] {
            if !points.is_finite() || points < 0.0 {
                return Err(format!("`{field}` is {points}, it should be 0 or more"));
            }
        }
        if self.bots_after.is_none() && self.rating_window_per_second == 0.0 {
            return Err(
                "without bots `rating_window_per_second` should be 1 or more, or somebody waits for ever"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

impl Modes {
    /// Every `.ron` file of the folder is a mode.
    ///
    /// # Errors
    ///
    /// Name the file, line and column, the field and what it may hold.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let unreadable = || format!("unable to read the modes in `{}`", folder.display());
        let mut files = fs::read_dir(folder)
            .with_context(unreadable)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .with_context(unreadable)?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "ron"));
        files.sort();
        let modes = files.iter().map(|file| file::load(file)).collect::<Result<Vec<_>, _>>()?;
        Self::new(modes).map_err(|flaw| anyhow!("{}: {flaw}", folder.display()))
    }

    /// # Errors
    ///
    /// Says in words what is wrong: no mode, too many, one id twice, or a mode that cannot be played.
    pub fn new(mut modes: Vec<Mode>) -> Result<Self, String> {
        if !(1..=MOST_MODES).contains(&modes.len()) {
            return Err(format!("a hub has 1 to {MOST_MODES} modes, here are {}", modes.len()));
        }
        for mode in &modes {
            mode.check().map_err(|flaw| format!("mode `{}`: {flaw}", mode.id))?;
        }
        modes.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(pair) = modes.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(format!("there are two modes `{}`", pair[0].id));
        }
        modes.sort_by_key(|mode| mode.order);
        Ok(Self(modes))
    }

    pub fn get(&self, id: &ModeId) -> Option<&Mode> {
        self.0.iter().find(|mode| mode.id == *id)
    }

    /// The mode for a player who does not choose.
    pub fn first(&self) -> &Mode {
        &self.0[0]
    }

    pub fn iter(&self) -> impl Iterator<Item = &Mode> {
        self.0.iter()
    }

    pub fn infos(&self) -> Vec<ModeInfo> {
        self.iter()
            .map(|mode| ModeInfo {
                mode: mode.id.clone(),
                name: mode.name.clone(),
                about: mode.about.clone(),
                team_size: mode.team_size,
            })
            .collect()
    }

    /// The same modes with matches of another length, for short runs.
    pub fn with_match_seconds(mut self, seconds: u16) -> Self {
        for mode in &mut self.0 {
            mode.match_seconds = seconds;
        }
        self
    }

    /// The same modes, except that bots come sooner or later where they come at all.
    pub fn with_bots_after(mut self, after: Duration) -> Self {
        for bots_after in self.0.iter_mut().filter_map(|mode| mode.bots_after.as_mut()) {
            *bots_after = after;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Modes {
        Modes::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/modes"))
            .expect("the modes in `assets` should load")
    }

    fn named(id: &str, order: u8) -> Mode {
        let id = ModeId::try_from(id.to_owned()).expect("the test's mode id should be one");
        Mode { id, order, ..shipped().first().clone() }
    }

    #[test]
    fn quick_play_comes_first_and_brings_bots() {
        let modes = shipped();
        let quick = modes.first();
        assert_eq!((quick.id.as_str(), quick.seats()), ("quick", 6));
        assert_eq!(quick.bots_after, Some(Duration::from_secs(5)));
        assert!(quick.fills_running);
    }

    #[test]
    fn a_duel_is_between_two_people() {
        let modes = shipped();
        let duel = modes.iter().find(|mode| mode.id.as_str() == "duel").expect("there should be a duel");
        assert_eq!((duel.seats(), duel.bots_after, duel.fills_running), (2, None, false));
    }

    #[test]
    fn modes_are_shown_by_order_then_id() {
        let modes = Modes::new(vec![named("c", 1), named("b", 0), named("a", 1)]).expect("they should fit");
        let ids = modes.infos().into_iter().map(|info| String::from(info.mode)).collect::<Vec<_>>();
        assert_eq!(ids, ["b", "a", "c"]);
    }

    #[test]
    fn a_hub_has_a_mode_and_not_too_many() {
        assert!(Modes::new(Vec::new()).is_err());
        let many = (0..=MOST_MODES).map(|number| named(&format!("m{number}"), 0)).collect();
        assert!(Modes::new(many).is_err());
        let twice = Modes::new(vec![named("a", 0), named("a", 1)]);
        assert_eq!(twice, Err("there are two modes `a`".to_owned()));
    }

    #[test]
    fn a_mode_that_could_strand_somebody_is_refused() {
        let stranding = Mode { bots_after: None, rating_window_per_second: 0.0, ..named("a", 0) };
        assert!(Modes::new(vec![stranding]).is_err());
        assert!(Modes::new(vec![Mode { team_size: 9, ..named("a", 0) }]).is_err());
        assert!(Modes::new(vec![Mode { maps: Vec::new(), ..named("a", 0) }]).is_err());
        assert!(Modes::new(vec![Mode { rating_window: f64::NAN, ..named("a", 0) }]).is_err());
    }

    #[test]
    fn bots_come_sooner_only_where_they_come_at_all() {
        let soon = Duration::from_millis(100);
        let modes = shipped().with_bots_after(soon).with_match_seconds(5);
        assert!(modes.iter().all(|mode| mode.match_seconds == 5));
        let bots = modes.iter().map(|mode| mode.bots_after).collect::<Vec<_>>();
        assert_eq!(bots, [Some(soon), None]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Modes::load(Path::new("no-such-folder")).expect_err("there should be nothing to load");
        assert!(format!("{error:#}").contains("`no-such-folder`"));
    }
}
