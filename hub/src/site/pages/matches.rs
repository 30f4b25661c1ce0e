//! One match in full.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use protocol::{
    http::{MatchDetail, MatchSeat},
    id::{AccountId, MatchId, Team},
};
use uuid::Uuid;

use super::{
    PageError, Viewer,
    front::missing,
    line::mode_name,
    rendered,
    words::{Moment, Side, change, length, title},
};
use crate::{clock::unix_ms, matches::store, state::AppState};

#[derive(Template)]
#[template(path = "match.html")]
struct MatchPage {
    viewer: Viewer,
    mode: String,
    map: String,
    started: Moment,
    /// `None` while it is running.
    length: Option<String>,
    amber: u16,
    azure: u16,
    /// Whether there is a score: it ended and is not void.
    counted: bool,
    /// Who won, or that it is running or void.
    outcome: &'static str,
    /// Why it is void or moved no rating.
    reason: Option<String>,
    sides: [SideTable; 2],
}

/// The seats of one side, in seat order.
struct SideTable {
    side: Side,
    seats: Vec<SeatLine>,
}

struct SeatLine {
    name: String,
    bot: bool,
    own: bool,
    /// Whether the player has a profile.
    known: bool,
    kills: u16,
    deaths: u16,
    /// Empty where no rating moved.
    change: String,
}

pub async fn page(
    State(state): State<AppState>,
    viewer: Viewer,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Response, PageError> {
    let found = match id {
        Ok(Path(id)) => state.store.read(move |connection| store::detail(connection, MatchId(id))).await?,
        Err(_) => None,
    };
    let Some(detail) = found.filter(|detail| shown_to(&viewer, detail)) else {
        return missing(viewer, "There is no match at this address.");
    };
    let mode = mode_name(&state, &detail.mode);
    rendered(&MatchPage::new(viewer, detail, mode, unix_ms()))
}

/// What goes on in a running match is its players' business.
fn shown_to(viewer: &Viewer, detail: &MatchDetail) -> bool {
    let Some(session) = &viewer.session else {
        return detail.ended_at_ms.is_some();
    };
    let own = |seat: &MatchSeat| seat.account == Some(session.account.id);
    detail.ended_at_ms.is_some() || detail.seats.iter().any(own)
}

impl MatchPage {
    /// `mode` is what players call the match's mode, `now` is unix time in ms.
    fn new(viewer: Viewer, detail: MatchDetail, mode: String, now: i64) -> Self {
        let who = viewer.session.as_ref().map(|session| session.account.id);
        let sides = Team::BOTH.map(|team| SideTable::new(team, &detail, who));
        Self {
            viewer,
            mode,
            map: title(detail.map.as_str()),
            started: Moment::of(detail.started_at_ms, now),
            length: detail.ended_at_ms.map(|ended| length(ended - detail.started_at_ms)),
            amber: detail.amber,
            azure: detail.azure,
            counted: detail.ended_at_ms.is_some() && detail.void_reason.is_none(),
            outcome: outcome(&detail),
            reason: detail.void_reason.or(detail.unrated_reason),
            sides,
        }
    }
}

impl SideTable {
    fn new(team: Team, detail: &MatchDetail, who: Option<AccountId>) -> Self {
        let seats = detail.seats.iter().filter(|seat| seat.seat.team() == team);
        Self { side: Side::of(team), seats: seats.map(|seat| SeatLine::new(seat, who)).collect() }
    }
}

impl SeatLine {
    fn new(seat: &MatchSeat, who: Option<AccountId>) -> Self {
        Self {
            name: seat.name.clone(),
            bot: seat.bot,
            own: who.is_some() && seat.account == who,
            known: seat.account.is_some(),
            kills: seat.kills,
            deaths: seat.deaths,
            change: seat.rating.map(|(before, after)| change(before, after)).unwrap_or_default(),
        }
    }
}

fn outcome(detail: &MatchDetail) -> &'static str {
    if detail.void_reason.is_some() {
        return "Void";
    }
    if detail.ended_at_ms.is_none() {
        return "Running";
    }
    match detail.amber.cmp(&detail.azure) {
        std::cmp::Ordering::Greater => "Amber won",
        std::cmp::Ordering::Less => "Azure won",
        std::cmp::Ordering::Equal => "Draw",
    }
}

#[cfg(test)]
mod tests {
    use protocol::{
        id::Seat,
        key::{MapId, ModeId},
        rating::Rating,
    };

    use super::*;
    use crate::site::pages::{
        hostile::{assert_shown_as_text, markup},
        html,
    };

    fn detail(name: &str) -> MatchDetail {
        let seat = |index: u8, account: Option<Uuid>, bot: bool| MatchSeat {
            seat: Seat::try_from(index).expect("the seat should exist"),
            account: account.map(AccountId),
            name: name.to_owned(),
            bot,
            kills: 2,
            deaths: 1,
            rating: account.map(|_| (Rating(1000), Rating(1012))),
        };
        MatchDetail {
            match_id: MatchId(Uuid::nil()),
            mode: ModeId::try_from("quick".to_owned()).expect("the mode should be well formed"),
            map: MapId::try_from("crossing".to_owned()).expect("the map should be well formed"),
            started_at_ms: 0,
            ended_at_ms: Some(65_000),
            amber: 5,
            azure: 3,
            void_reason: None,
            unrated_reason: None,
            seats: vec![seat(0, Some(Uuid::nil()), false), seat(1, None, true), seat(2, None, false)],
        }
    }

    fn page(detail: MatchDetail) -> MatchPage {
        MatchPage::new(Viewer { session: None }, detail, "Quick".to_owned(), 0)
    }

    #[test]
    fn seats_stand_on_their_own_side() {
        let page = page(detail("Ann"));
        let [amber, azure] = &page.sides;
        assert_eq!((amber.seats.len(), azure.seats.len()), (2, 1));
        assert!(amber.seats[0].known && !amber.seats[1].known && azure.seats[0].bot);
        assert_eq!(amber.seats[0].change, "+12 → 1,012");
        assert_eq!(page.outcome, "Amber won");
        assert_eq!(page.length.as_deref(), Some("1 min 5 s"));
    }

    #[test]
    fn void_match_says_why_in_full() {
        let mut void = detail("Ann");
        void.void_reason = Some("The room was lost.".to_owned());
        let page = page(void);
        assert_eq!(page.outcome, "Void");
        let page = html(&page).expect("the page should be rendered");
        assert!(page.contains("The room was lost.") && !page.contains("Amber 5"), "{page}");
    }

    #[test]
    fn running_match_shows_no_score_yet() {
        let mut running = detail("Ann");
        running.ended_at_ms = None;
        let page = html(&page(running)).expect("the page should be rendered");
        assert!(page.contains("Running") && !page.contains("Amber 5"), "{page}");
    }

    #[test]
    fn t22_names_and_reasons_are_text_on_the_page_of_a_match() {
        for text in markup() {
            assert_shown_as_text(&page(detail(text)), text);
            let mut void = detail("Ann");
            void.void_reason = Some(text.to_owned());
            assert_shown_as_text(&page(void), text);
        }
    }
}
