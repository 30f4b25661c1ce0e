//! What a client says about itself: the page in `window.fogline`, the headless one on stdout.

use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// Longest picture of a state in a message.
const SHOWN: usize = 500;

#[derive(Clone)]
pub struct GameState(Value);

/// Metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalScore {
    pub match_id: String,
    pub amber: u64,
    pub azure: u64,
}

impl GameState {
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map(Self).context("a client's state should be JSON")
    }

    pub fn screen(&self) -> &str {
        self.0["screen"].as_str().unwrap_or_default()
    }

    pub fn transport(&self) -> Option<&str> {
        self.0["transport"].as_str()
    }

    pub fn chat(&self) -> Vec<&str> {
        self.0["chat"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub fn shots_fired(&self) -> u64 {
        self.0["shots_fired"].as_u64().unwrap_or_default()
    }

    /// The own seat, once the own tank is there and can be driven: the countdown is over.
    pub fn seat(&self) -> Option<u64> {
        let plays = self.screen() == "match" && self.0["seconds_left"].is_number();
        plays.then(|| self.0["self"]["seat"].as_u64()).flatten()
    }

    /// The seat of the ticket, which a newcomer has before the tank.
    pub fn ticket_seat(&self) -> Option<u64> {
        self.0["seat"].as_u64()
    }

    /// What others join the own party by.
    pub fn party_code(&self) -> Option<&str> {
        self.0["party"]["code"].as_str()
    }

    /// How many of the own party are here, this player included; 0 without a party.
    pub fn comrades(&self) -> usize {
        let members = self.0["party"]["members"].as_array();
        members.into_iter().flatten().filter(|member| member["here"] == true).count()
    }

    /// Where the room says the own tank is.
    pub fn confirmed(&self) -> Option<Place> {
        Place::read(&self.0["self"]["confirmed"])
    }

    /// Where another seat's tank is, if this client sees it.
    pub fn tank(&self, seat: u64) -> Option<Place> {
        let tanks = self.0["tanks"].as_array()?;
        Place::read(tanks.iter().find(|tank| tank["seat"] == seat)?)
    }

    /// Once the hub has recorded it: from then on it is in the history.
    pub fn result(&self) -> Option<FinalScore> {
        let result = &self.0["result"];
        (self.screen() == "result" && result["recorded"] == true).then_some(())?;
        Some(FinalScore {
            match_id: result["match_id"].as_str()?.to_owned(),
            amber: result["amber"].as_u64()?,
            azure: result["azure"].as_u64()?,
        })
    }

    /// The middle of a visible button, in CSS pixels.
    pub fn button(&self, name: &str) -> Option<Place> {
        let rect = self.0["buttons"][name].as_array()?;
        let [x, y, width, height] = rect.as_slice() else { return None };
        Some(Place { x: x.as_f64()? + width.as_f64()? / 2.0, y: y.as_f64()? + height.as_f64()? / 2.0 })
    }
}

impl fmt::Display for GameState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string().chars().take(SHOWN).collect::<String>())
    }
}

impl Place {
    pub fn distance(self, other: Place) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    fn read(value: &Value) -> Option<Self> {
        Some(Self { x: value["x"].as_f64()?, y: value["y"].as_f64()? })
    }
}

/// How far something has driven; a respawn's leap does not count.
#[derive(Clone, Default)]
pub struct Track {
    last: Option<Place>,
    metres: f64,
}

impl Track {
    /// Farther than a tank drives between two looks.
    const LEAP: f64 = 6.0;

    pub fn add(&mut self, place: Option<Place>) {
        if let (Some(last), Some(place)) = (self.last, place) {
            let step = last.distance(place);
            if step < Self::LEAP {
                self.metres += step;
            }
        }
        self.last = place.or(self.last);
    }

    pub fn metres(&self) -> f64 {
        self.metres
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn state_is_read_from_the_hook() {
        let json = r#"{"screen":"match","seat":2,"seconds_left":9,"party":null,
            "self":{"seat":2,"x":0,"y":0,"confirmed":{"x":1.5,"y":-2}},
            "tanks":[{"seat":4,"x":3,"y":4}],"buttons":{"play":[10,20,100,40]},"result":null}"#;
        let state = GameState::parse(json).expect("the hook's shape should be read");
        assert_eq!((state.seat(), state.ticket_seat()), (Some(2), Some(2)));
        assert_eq!(state.confirmed(), Some(Place { x: 1.5, y: -2.0 }));
        assert_eq!(state.tank(4), Some(Place { x: 3.0, y: 4.0 }));
        assert_eq!(state.button("play"), Some(Place { x: 60.0, y: 40.0 }));
        assert_eq!(state.result(), None);
        assert_eq!((state.party_code(), state.comrades()), (None, 0));
    }

    #[test]
    fn newcomer_has_a_seat_before_a_tank() {
        let json = r#"{"screen":"match","seat":3,"seconds_left":9,"self":null}"#;
        let state = GameState::parse(json).expect("it is JSON");
        assert_eq!((state.seat(), state.ticket_seat()), (None, Some(3)));
    }

    #[test]
    fn tank_is_not_controlled_before_play_begins() {
        let json = r#"{"screen":"match","seat":2,"seconds_left":null,"self":{"seat":2}}"#;
        assert_eq!(GameState::parse(json).expect("it is JSON").seat(), None);
    }

    #[test]
    fn comrades_are_those_who_are_here() {
        let json = r#"{"party":{"code":"ABCDEF","members":[{"here":true},{"here":false},{"here":true}]}}"#;
        let state = GameState::parse(json).expect("it is JSON");
        assert_eq!((state.party_code(), state.comrades()), (Some("ABCDEF"), 2));
    }

    #[test]
    fn result_counts_once_it_is_recorded() {
        let shown = |recorded: bool| {
            let result = json!({ "match_id": "0197", "amber": 1, "azure": 2, "recorded": recorded });
            GameState(json!({ "screen": "result", "result": result })).result()
        };
        assert_eq!(shown(false), None);
        assert_eq!(shown(true), Some(FinalScore { match_id: "0197".into(), amber: 1, azure: 2 }));
    }

    #[test]
    fn a_leap_is_not_driving() {
        let mut track = Track::default();
        for x in [0.0, 1.0, 50.0, 51.0] {
            track.add(Some(Place { x, y: 0.0 }));
        }
        assert_eq!(track.metres(), 2.0);
    }
}
