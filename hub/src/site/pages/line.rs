//! One match in a list of them: in somebody's own history and on their profile.

use std::cmp::Ordering;

use protocol::{
    http::HistoryRow,
    id::{MatchId, Team},
    key::ModeId,
    rating::RatingChange,
};

use super::words::{Moment, Side, change, title};
use crate::state::AppState;

/// A match as one of its players sees it.
pub(super) struct MatchLine {
    pub(super) match_id: MatchId,
    pub(super) at: Moment,
    pub(super) mode: String,
    pub(super) map: String,
    pub(super) side: Side,
    pub(super) outcome: &'static str,
    /// Whether there is a score: a void match has none.
    pub(super) counted: bool,
    pub(super) amber: u16,
    pub(super) azure: u16,
    pub(super) kills: u16,
    pub(super) deaths: u16,
    /// The change of the rating, or why there is none.
    pub(super) effect: String,
    /// Whether `effect` is a sentence.
    pub(super) reasoned: bool,
}

impl MatchLine {
    /// `mode` is what players call the row's mode, `now` is unix time in ms.
    pub(super) fn new(row: HistoryRow, mode: String, now: i64) -> Self {
        let (ours, theirs) = match row.team {
            Team::Amber => (row.amber, row.azure),
            Team::Azure => (row.azure, row.amber),
        };
        let counted = row.void_reason.is_none();
        let outcome = if counted { outcome(ours, theirs) } else { "Void" };
        let (effect, reasoned) = effect(row.void_reason, row.rating);
        Self {
            match_id: row.match_id,
            at: Moment::of(row.ended_at_ms, now),
            mode,
            map: title(row.map.as_str()),
            side: Side::of(row.team),
            outcome,
            counted,
            amber: row.amber,
            azure: row.azure,
            kills: row.kills,
            deaths: row.deaths,
            effect,
            reasoned,
        }
    }
}

/// The rows as lines, in their order.
pub(super) fn lines(state: &AppState, rows: Vec<HistoryRow>, now: i64) -> Vec<MatchLine> {
    let line = |row: HistoryRow| {
        let mode = mode_name(state, &row.mode);
        MatchLine::new(row, mode, now)
    };
    rows.into_iter().map(line).collect()
}

/// What players call a mode; one that the hub no longer has is called by its key.
pub(super) fn mode_name(state: &AppState, mode: &ModeId) -> String {
    state.config.modes.get(mode).map_or_else(|| title(mode.as_str()), |mode| mode.name.clone())
}

fn outcome(ours: u16, theirs: u16) -> &'static str {
    match ours.cmp(&theirs) {
        Ordering::Greater => "Won",
        Ordering::Less => "Lost",
        Ordering::Equal => "Draw",
    }
}

fn effect(void_reason: Option<String>, rating: Option<RatingChange>) -> (String, bool) {
    match (void_reason, rating) {
        (Some(reason), _) => (reason, true),
        (None, Some(RatingChange::Rated { before, after })) => (change(before, after), false),
        (None, Some(RatingChange::Unrated { reason })) => (reason, true),
        (None, None) => ("No rating change.".to_owned(), true),
    }
}

#[cfg(test)]
mod tests {
    use protocol::rating::Rating;

    use super::*;

    #[test]
    fn outcome_is_the_players_own() {
        assert_eq!(outcome(2, 1), "Won");
        assert_eq!(outcome(1, 2), "Lost");
        assert_eq!(outcome(1, 1), "Draw");
    }

    #[test]
    fn effect_is_the_change_or_the_reason_in_full() {
        let rated = RatingChange::Rated { before: Rating(1000), after: Rating(1012) };
        assert_eq!(effect(None, Some(rated)), ("+12 → 1,012".to_owned(), false));
        let unrated = RatingChange::Unrated { reason: "Not rated: bots filled one side.".to_owned() };
        assert_eq!(effect(None, Some(unrated)).0, "Not rated: bots filled one side.");
        assert_eq!(effect(Some("The room was lost.".to_owned()), None).0, "The room was lost.");
    }
}
