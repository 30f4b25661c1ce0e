//! What a match does to the ratings of its players. Pure; the store keeps the numbers.
//!
//! Weng-Lin over two teams. A match counts when both sides began with as many players and nobody came
//! in later; bots are not rated.

use std::cmp::Ordering;

use protocol::{id::Team, rating::Rating, result::MatchResult};
use skillratings::{
    Outcomes,
    weng_lin::{WengLinConfig, WengLinRating, weng_lin_two_teams},
};

/// Everybody's rating is shown times this: 25 at first is 1,000 points.
const POINTS: f64 = 40.0;

/// How strong somebody is believed to be, and how sure that is. Changed by settled matches only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skill {
    /// 25 at first.
    pub rating: f64,
    /// Standard deviation of `rating`: 25/3 at first, smaller with every rated match.
    pub uncertainty: f64,
}

/// Who won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Amber,
    Azure,
    Draw,
}

/// One player of a match, as far as it matters to whether the match is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seated {
    pub team: Team,
    /// Whether this player came in while the match was running.
    pub late: bool,
}

impl Default for Skill {
    fn default() -> Self {
        Self { rating: 25.0, uncertainty: 25.0 / 3.0 }
    }
}

impl Skill {
    pub fn points(self) -> Rating {
        points(self.rating)
    }
}

impl Outcome {
    pub fn of(result: &MatchResult) -> Self {
        match result.amber.cmp(&result.azure) {
            Ordering::Greater => Self::Amber,
            Ordering::Less => Self::Azure,
            Ordering::Equal => Self::Draw,
        }
    }

    /// `None` for a draw.
    pub fn winner(self) -> Option<Team> {
        match self {
            Self::Amber => Some(Team::Amber),
            Self::Azure => Some(Team::Azure),
            Self::Draw => None,
        }
    }
}

/// A rating as players read it.
pub fn points(rating: f64) -> Rating {
    Rating(exact_points(rating).round() as i32)
}

/// A rating in the points that players read, not rounded.
pub fn exact_points(rating: f64) -> f64 {
    rating * POINTS
}

/// Both teams after the match, in the order given. A team without players leaves all as it was.
pub fn rate(amber: &[Skill], azure: &[Skill], outcome: Outcome) -> (Vec<Skill>, Vec<Skill>) {
    let outcome = match outcome {
        Outcome::Amber => Outcomes::WIN,
        Outcome::Azure => Outcomes::LOSS,
        Outcome::Draw => Outcomes::DRAW,
    };
    let (amber, azure) =
        weng_lin_two_teams(&weng_lin(amber), &weng_lin(azure), &outcome, &WengLinConfig::new());
    (skills(amber), skills(azure))
}

/// Why a match of these players moves no rating, in words for them; `None` for a rated match. Bots
/// are no players.
pub fn unrated_reason(players: &[Seated]) -> Option<String> {
    let from_the_start = |team| players.iter().filter(|player| player.team == team && !player.late).count();
    let (amber, azure) = (from_the_start(Team::Amber), from_the_start(Team::Azure));
    let reason = if amber == 0 || azure == 0 {
        "Not rated: bots filled one side."
    } else if amber != azure {
        "Not rated: the sides had different numbers of players."
    } else if players.iter().any(|player| player.late) {
        "Not rated: somebody joined while it was running."
    } else {
        return None;
    };
    Some(reason.to_owned())
}

fn weng_lin(skills: &[Skill]) -> Vec<WengLinRating> {
    skills.iter().map(|&Skill { rating, uncertainty }| WengLinRating { rating, uncertainty }).collect()
}

fn skills(ratings: Vec<WengLinRating>) -> Vec<Skill> {
    ratings.into_iter().map(|WengLinRating { rating, uncertainty }| Skill { rating, uncertainty }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Skill = Skill { rating: 25.0, uncertainty: 25.0 / 3.0 };

    fn at(rating: f64) -> Skill {
        Skill { rating, ..NEW }
    }

    fn moved(before: &[Skill], after: &[Skill]) -> f64 {
        before.iter().zip(after).map(|(before, after)| after.rating - before.rating).sum()
    }

    #[test]
    fn everybody_begins_with_the_first_rating() {
        assert_eq!(Skill::default().points(), Rating::FIRST);
    }

    #[test]
    fn winners_gain_and_losers_lose() {
        let teams = [at(25.0), at(31.0)];
        let (amber, azure) = rate(&teams, &teams, Outcome::Azure);
        assert!(amber.iter().zip(&teams).all(|(after, before)| after.rating < before.rating));
        assert!(azure.iter().zip(&teams).all(|(after, before)| after.rating > before.rating));
    }

    #[test]
    fn between_equals_one_side_gains_what_the_other_loses() {
        let team = [NEW, NEW, NEW];
        let (amber, azure) = rate(&team, &team, Outcome::Amber);
        let sum = moved(&team, &amber) + moved(&team, &azure);
        assert!(sum.abs() < 1e-9, "the changes should cancel out, not leave {sum}");
    }

    #[test]
    fn draw_between_equals_moves_no_rating() {
        let (amber, azure) = rate(&[NEW], &[NEW], Outcome::Draw);
        assert!(moved(&[NEW], &amber).abs() < 1e-9);
        assert!(moved(&[NEW], &azure).abs() < 1e-9);
    }

    #[test]
    fn underdog_gains_more_than_the_favourite() {
        let (weak, strong) = ([at(20.0)], [at(32.0)]);
        let (upset, _) = rate(&weak, &strong, Outcome::Amber);
        let (_, expected) = rate(&weak, &strong, Outcome::Azure);
        assert!(moved(&weak, &upset) > moved(&strong, &expected));
    }

    #[test]
    fn every_rated_match_makes_a_rating_surer() {
        let (amber, azure) = rate(&[NEW], &[NEW], Outcome::Draw);
        assert!(amber[0].uncertainty < NEW.uncertainty && azure[0].uncertainty < NEW.uncertainty);
    }

    #[test]
    fn only_even_sides_from_the_start_are_rated() {
        let amber = Seated { team: Team::Amber, late: false };
        let azure = Seated { team: Team::Azure, late: false };
        let latecomer = Seated { team: Team::Azure, late: true };
        let reason = |players: &[Seated]| unrated_reason(players).unwrap_or_default();

        assert_eq!(unrated_reason(&[amber, azure]), None);
        assert_eq!(unrated_reason(&[amber, azure, azure, amber]), None);
        assert!(reason(&[amber]).contains("bots"));
        assert!(reason(&[amber, latecomer]).contains("bots"));
        assert!(reason(&[amber, amber, azure]).contains("different numbers"));
        assert!(reason(&[amber, azure, latecomer]).contains("joined"));
    }
}
