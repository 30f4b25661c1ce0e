//! How the match ended.

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};
use game::protocol::{hub::ToHub, id::Team, key::ModeId};

use crate::{
    engagement::{Ending, Outcome},
    lobby::Lobby,
    platform, rating,
    screen::{Screen, Turn},
    session::{Hub, Line, Session},
    ui::{UiSystems, theme, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Result)));
}

fn show(
    mut contexts: EguiContexts,
    outcome: Res<Outcome>,
    hub: Res<Hub>,
    session: Res<Session>,
    lobby: Res<Lobby>,
    mut turns: MessageWriter<Turn>,
) -> Result {
    let Some(ending) = &outcome.0 else { return Ok(()) };
    let view = View::new(ending, &hub, &lobby);
    let asked = widget::card(contexts.ctx_mut()?, "result", 560.0, |ui| result_ui(ui, &view));
    match asked {
        Some(Action::Again(mode)) => {
            platform::permit_summons();
            session.say(ToHub::JoinQueue { mode });
            turns.write(Turn::Home);
        }
        Some(Action::Back) => {
            turns.write(Turn::Home);
        }
        None => {}
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Again(ModeId),
    Back,
}

#[derive(Debug, PartialEq)]
struct View {
    headline: &'static str,
    won: Option<bool>,
    score: [u16; 2],
    /// Empty until the hub has recorded the result.
    seats: Vec<SeatLine>,
    /// What becomes of the result.
    record: Record,
    next: Next,
}

#[derive(Debug, PartialEq)]
enum Record {
    Pending,
    /// What it did to the player's rating.
    Settled(String),
    Void(String),
}

#[derive(Debug, PartialEq)]
enum Next {
    /// Play the mode again.
    Again(ModeId),
    /// Not now, for this reason.
    Not(String),
}

#[derive(Debug, PartialEq)]
struct SeatLine {
    team: Team,
    name: String,
    kills: u16,
    deaths: u16,
    own: bool,
}

impl View {
    fn new(ending: &Ending, hub: &Hub, lobby: &Lobby) -> Self {
        let [amber, azure] = ending.score;
        let winner = match amber.cmp(&azure) {
            std::cmp::Ordering::Greater => Some(Team::Amber),
            std::cmp::Ordering::Less => Some(Team::Azure),
            std::cmp::Ordering::Equal => None,
        };
        let counts = ending.void.is_none();
        let won = winner.filter(|_| counts).map(|team| team == ending.seat.team());
        let mut seats: Vec<_> = ending
            .result
            .iter()
            .flat_map(|result| &result.seats)
            .map(|seat| SeatLine {
                team: seat.seat.team(),
                name: seat.name.to_string(),
                kills: seat.kills,
                deaths: seat.deaths,
                own: seat.seat == ending.seat,
            })
            .collect();
        seats.sort_by_key(|seat| (seat.team.index(), std::cmp::Reverse(seat.kills)));
        Self {
            headline: match won {
                Some(true) => "Victory",
                Some(false) => "Defeat",
                None if counts => "Draw",
                None => "Match void",
            },
            won,
            score: ending.score,
            seats,
            record: Record::new(ending),
            next: Next::new(ending, hub, lobby),
        }
    }
}

impl Record {
    fn new(ending: &Ending) -> Self {
        match (&ending.void, &ending.rating) {
            (Some(reason), _) => {
                Self::Void(format!("{}. Match void: no rating change.", reason.trim_end_matches('.')))
            }
            (None, Some(change)) => Self::Settled(rating::change(change)),
            (None, None) => Self::Pending,
        }
    }
}

impl Next {
    fn new(ending: &Ending, hub: &Hub, lobby: &Lobby) -> Self {
        if hub.line != Line::Online {
            return Self::Not("The hub is not connected.".into());
        }
        if lobby.wait.is_some() || lobby.proposal.is_some() {
            return Self::Not("You are waiting for the next match.".into());
        }
        if ending.result.is_none() && ending.void.is_none() {
            return Self::Not("The hub has not recorded the result yet.".into());
        }
        match lobby.may_play(hub.account) {
            Ok(mode) => Self::Again(mode),
            Err(why) => Self::Not(why),
        }
    }
}

fn result_ui(ui: &mut egui::Ui, view: &View) -> Option<Action> {
    let width = ui.available_width();
    let ink = match view.won {
        Some(true) => theme::GOOD,
        Some(false) => theme::DANGER,
        None => theme::TEXT,
    };
    ui.vertical_centered(|ui| {
        ui.label(egui::RichText::new(view.headline).font(theme::strong(theme::HUGE)).color(ink));
    });
    score_ui(ui, view.score, width);
    ui.add_space(8.0);
    match &view.record {
        Record::Pending => widget::quiet(ui, "Waiting for the hub to record the result…"),
        Record::Settled(rating) => {
            ui.label(rating);
        }
        Record::Void(why) => widget::problem(ui, why),
    }
    if !view.seats.is_empty() {
        let head = theme::condensed(theme::SMALL);
        row_ui(ui, width, None, ("PLAYER", head.clone()), ["KILLS", "DEATHS"], (head, theme::QUIET));
    }
    for seat in &view.seats {
        let name = if seat.own { theme::strong(theme::NORMAL) } else { theme::regular(theme::NORMAL) };
        let numbers = [seat.kills.to_string(), seat.deaths.to_string()];
        let figures = (theme::condensed(theme::NORMAL), theme::TEXT);
        row_ui(
            ui,
            width,
            Some(seat.team),
            (&seat.name, name),
            numbers.each_ref().map(String::as_str),
            figures,
        );
    }
    ui.add_space(16.0);
    match &view.next {
        Next::Again(mode) => {
            if widget::primary(ui, "again", "Play again", egui::vec2(width, 64.0)) {
                return Some(Action::Again(mode.clone()));
            }
        }
        Next::Not(why) => {
            widget::idle(ui, "Play again", egui::vec2(width, 64.0));
            widget::quiet(ui, why);
        }
    }
    widget::secondary(ui, "back", "Back to hub", egui::vec2(width, 48.0)).then_some(Action::Back)
}

/// One line of the table: mark, name, and two columns at the right.
fn row_ui(
    ui: &mut egui::Ui,
    width: f32,
    team: Option<Team>,
    (name, name_font): (&str, egui::FontId),
    numbers: [&str; 2],
    (number_font, ink): (egui::FontId, egui::Color32),
) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width, 28.0), egui::Sense::hover());
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.bottom(), egui::Stroke::new(1.0, theme::HAIRLINE));
    if let Some(team) = team {
        widget::mark(painter, team, rect.left_center() + egui::vec2(8.0, 0.0), 7.0);
    }
    let at = rect.left_center() + egui::vec2(32.0, 0.0);
    painter.text(at, egui::Align2::LEFT_CENTER, name, name_font, ink);
    for (number, right) in numbers.into_iter().zip([96.0, 8.0]) {
        let at = rect.right_center() - egui::vec2(right, 0.0);
        painter.text(at, egui::Align2::RIGHT_CENTER, number, number_font.clone(), ink);
    }
}

fn score_ui(ui: &mut egui::Ui, [amber, azure]: [u16; 2], width: f32) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width, 48.0), egui::Sense::hover());
    let painter = ui.painter();
    let centre = rect.center();
    widget::mark(painter, Team::Amber, centre - egui::vec2(104.0, 0.0), 10.0);
    widget::mark(painter, Team::Azure, centre + egui::vec2(104.0, 0.0), 10.0);
    let at = |x: f32| centre + egui::vec2(x, 0.0);
    widget::figures(painter, at(-48.0), &amber.to_string(), theme::HUGE, theme::AMBER);
    widget::figures(painter, at(0.0), ":", theme::HUGE, theme::QUIET);
    widget::figures(painter, at(48.0), &azure.to_string(), theme::HUGE, theme::AZURE);
}

#[cfg(test)]
mod tests {
    use game::protocol::{
        id::{MatchId, Seat},
        rating::{Rating, RatingChange},
        result::{MatchResult, SeatResult},
        text::PlayerName,
    };

    use super::*;
    use crate::lobby::party::tests::{account, mode, party};

    fn seat(index: u8) -> Seat {
        Seat::try_from(index).expect("the seat should exist")
    }

    fn ending(own: u8, score: [u16; 2]) -> Ending {
        let match_id: MatchId =
            serde_json::from_str("\"00000000000000000000000000000001\"").expect("a uuid should be read");
        Ending { match_id, seat: seat(own), score, result: None, rating: None, void: None }
    }

    fn recorded() -> Ending {
        let result = MatchResult { amber: 2, azure: 1, ticks: 1, seats: Vec::new() };
        let rating = RatingChange::Rated { before: Rating(1000), after: Rating(1012) };
        Ending { result: Some(result), rating: Some(rating), ..ending(0, [2, 1]) }
    }

    fn view(ending: &Ending) -> View {
        View::new(ending, &Hub::default(), &Lobby::default())
    }

    #[test]
    fn headline_is_the_players_own() {
        assert_eq!(view(&ending(0, [2, 1])).headline, "Victory");
        assert_eq!(view(&ending(1, [2, 1])).headline, "Defeat");
        assert_eq!(view(&ending(1, [1, 1])).headline, "Draw");
    }

    #[test]
    fn seats_stand_by_team_and_kills() {
        let mut ending = ending(1, [1, 3]);
        let line = |index, kills| SeatResult {
            seat: seat(index),
            account: None,
            name: PlayerName::new("ann").expect("the name should be good"),
            kills,
            deaths: 0,
        };
        let seats = vec![line(0, 1), line(1, 0), line(2, 4), line(3, 3)];
        ending.result = Some(MatchResult { amber: 1, azure: 3, ticks: 1, seats });
        let view = view(&ending);
        let order: Vec<_> = view.seats.iter().map(|seat| (seat.team, seat.kills)).collect();
        assert_eq!(order, [(Team::Amber, 4), (Team::Amber, 1), (Team::Azure, 3), (Team::Azure, 0)]);
        assert!(view.seats[3].own);
    }

    #[test]
    fn record_tells_the_rating_or_why_there_is_none() {
        assert_eq!(view(&ending(0, [2, 1])).record, Record::Pending);
        assert_eq!(view(&recorded()).record, Record::Settled("Rating 1,012 (+12)".into()));
        let void = Ending { void: Some("The room was lost.".into()), ..ending(0, [2, 1]) };
        assert_eq!(view(&void).headline, "Match void");
        let Record::Void(why) = view(&void).record else { panic!("a void match should be shown as one") };
        assert_eq!(why, "The room was lost. Match void: no rating change.");
    }

    #[test]
    fn next_match_waits_for_the_record_the_hub_and_the_leader() {
        let hub = |number| Hub { line: Line::Online, account: Some(account(number)), ..default() };
        let lobby = Lobby { modes: vec![mode("quick", 3)], party: Some(party(2)), ..default() };
        let again = Next::Again(mode("quick", 3).mode);
        assert_eq!(Next::new(&recorded(), &hub(1), &lobby), again);
        assert!(matches!(Next::new(&recorded(), &hub(2), &lobby), Next::Not(_)));
        assert!(matches!(Next::new(&ending(0, [2, 1]), &hub(1), &lobby), Next::Not(_)));
        assert!(matches!(Next::new(&recorded(), &Hub::default(), &lobby), Next::Not(_)));
    }
}
