//! The way into a match: what to play, the wait, and the match that is found.

use std::time::Duration;

use bevy_egui::egui;
use game::protocol::{hub::QueueNote, key::ModeId};

use super::Action;
use crate::{
    lobby::{Lobby, proposal::Proposal, wait::Wait},
    rating::points,
    session::Hub,
    ui::{theme, widget},
};

#[derive(Debug, PartialEq)]
pub(super) struct View {
    player: String,
    rating: Option<String>,
    stage: Stage,
    notice: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Stage {
    Choosing(Choice),
    Waiting(Waiting),
    Found(Found),
}

#[derive(Debug, PartialEq)]
struct Choice {
    /// Empty where there is nothing to choose.
    modes: Vec<Mode>,
    about: String,
    play: Result<ModeId, String>,
}

#[derive(Debug, PartialEq)]
struct Mode {
    id: ModeId,
    name: String,
    chosen: bool,
}

#[derive(Debug, PartialEq)]
struct Waiting {
    mode: String,
    elapsed: String,
    estimate: String,
    waiting: String,
    note: &'static str,
}

#[derive(Debug, PartialEq)]
struct Found {
    mode: String,
    standing: String,
    note: &'static str,
}

impl View {
    pub(super) fn new(hub: &Hub, lobby: &Lobby, now: Duration) -> Self {
        let name = hub.name.as_ref().map(ToString::to_string).unwrap_or_default();
        Self {
            player: if hub.guest { format!("{name} (guest)") } else { name },
            rating: hub.rating.map(|rating| format!("Rating {}", points(rating))),
            stage: match (&lobby.proposal, &lobby.wait) {
                (Some(proposal), _) => {
                    Stage::Found(Found::new(proposal, lobby.mode_name(&proposal.mode), now))
                }
                (None, Some(wait)) => Stage::Waiting(Waiting::new(wait, lobby.mode_name(&wait.mode), now)),
                (None, None) => Stage::Choosing(Choice::new(hub, lobby)),
            },
            notice: lobby.notice.clone(),
        }
    }
}

impl Choice {
    fn new(hub: &Hub, lobby: &Lobby) -> Self {
        let mode = lobby.mode();
        let chosen = mode.map(|mode| &mode.mode);
        let several = if lobby.modes.len() > 1 { &lobby.modes[..] } else { &[] };
        let modes = several.iter().map(|mode| Mode {
            id: mode.mode.clone(),
            name: mode.name.clone(),
            chosen: Some(&mode.mode) == chosen,
        });
        Self {
            modes: modes.collect(),
            about: mode.map(|mode| mode.about.clone()).unwrap_or_default(),
            play: lobby.may_play(hub.account),
        }
    }
}

impl Waiting {
    fn new(wait: &Wait, mode: &str, now: Duration) -> Self {
        let seconds = wait.waited(now).as_secs();
        Self {
            mode: mode.to_owned(),
            elapsed: format!("{}:{:02}", seconds / 60, seconds % 60),
            estimate: estimate(wait.estimate(now)),
            waiting: match wait.waiting {
                0 | 1 => "Only you are waiting".into(),
                waiting => format!("{waiting} players are waiting"),
            },
            note: match wait.note {
                QueueNote::Players => "Waiting for players.",
                QueueNote::Room => "All rooms are taken. Waiting for a free one.",
            },
        }
    }
}

/// No more exact than anybody can know.
fn estimate(left: Option<Duration>) -> String {
    let Some(left) = left else { return "Nobody can say yet how long it takes".into() };
    match left.as_secs() {
        0..=2 => "Any moment now".into(),
        seconds @ 3..=90 => format!("About {} s to go", seconds.div_ceil(5) * 5),
        seconds => format!("About {} min to go", seconds.div_ceil(60)),
    }
}

impl Found {
    fn new(proposal: &Proposal, mode: &str, now: Duration) -> Self {
        let Proposal { ready, players, .. } = proposal;
        Self {
            mode: mode.to_owned(),
            standing: format!("{ready} of {players} ready, {} s", proposal.seconds_left(now)),
            note: if proposal.you_are_ready {
                "You are ready. Waiting for the others."
            } else {
                "Telling the hub that you are ready…"
            },
        }
    }
}

pub(super) fn play_ui(ui: &mut egui::Ui, view: &View) -> Option<Action> {
    let mut asked = None;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.14).max(0.0));
        widget::title(ui, "Fogline");
        widget::quiet(ui, &view.player);
        if let Some(rating) = &view.rating {
            widget::quiet(ui, rating);
        }
        ui.add_space(32.0);
        let wide = ui.available_width().min(320.0);
        asked = match &view.stage {
            Stage::Choosing(choice) => choice_ui(ui, choice, wide),
            Stage::Waiting(waiting) => waiting_ui(ui, waiting, wide),
            Stage::Found(found) => {
                found_ui(ui, found);
                None
            }
        };
        if let Some(notice) = &view.notice {
            ui.add_space(24.0);
            ui.label(notice);
        }
        ui.add_space(32.0);
        widget::quiet(
            ui,
            "Drive with W A S D or the arrows. Aim with the mouse: its left button or Space fires, its right \
             button or Q throws smoke.",
        );
    });
    asked
}

fn choice_ui(ui: &mut egui::Ui, choice: &Choice, wide: f32) -> Option<Action> {
    let mut asked = None;
    if !choice.modes.is_empty() {
        asked = modes_ui(ui, &choice.modes).map(Action::Choose);
    }
    match &choice.play {
        Ok(mode) => {
            if widget::primary(ui, "play", "Play", egui::vec2(wide, 80.0)) {
                asked = Some(Action::Play(mode.clone()));
            }
            widget::quiet(ui, &choice.about);
        }
        Err(why) => {
            widget::idle(ui, "Play", egui::vec2(wide, 80.0));
            ui.label(why);
        }
    }
    asked
}

/// The mode that was pressed.
fn modes_ui(ui: &mut egui::Ui, modes: &[Mode]) -> Option<ModeId> {
    const BETWEEN: f32 = 16.0;
    let widths: f32 = modes.iter().map(|mode| widget::tab_width(ui, &mode.name)).sum();
    let width = widths + BETWEEN * (modes.len() - 1) as f32;
    let mut pressed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        let indent = (ui.available_width() - width) / 2.0 - BETWEEN;
        if indent > 0.0 {
            ui.add_space(indent);
        }
        for mode in modes {
            if widget::tab(ui, &format!("mode:{}", mode.id), &mode.name, mode.chosen) {
                pressed = Some(mode.id.clone());
            }
        }
    });
    ui.add_space(8.0);
    pressed
}

fn waiting_ui(ui: &mut egui::Ui, waiting: &Waiting, wide: f32) -> Option<Action> {
    widget::caption(ui, &format!("Looking for a match: {}", waiting.mode));
    ui.label(egui::RichText::new(&waiting.elapsed).font(theme::condensed(theme::HUGE)));
    ui.label(&waiting.estimate);
    widget::quiet(ui, &waiting.waiting);
    widget::quiet(ui, waiting.note);
    ui.add_space(16.0);
    widget::secondary(ui, "cancel", "Cancel", egui::vec2(wide, 48.0)).then_some(Action::Cancel)
}

fn found_ui(ui: &mut egui::Ui, found: &Found) {
    widget::caption(ui, &found.mode);
    let headline = egui::RichText::new("Match found").font(theme::strong(theme::HUGE)).color(theme::AMBER);
    ui.label(headline);
    ui.label(egui::RichText::new(&found.standing).font(theme::strong(theme::LARGE)));
    widget::quiet(ui, found.note);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lobby::party::tests::{account, mode, party};

    fn wait(estimate_then: Option<Duration>) -> Wait {
        Wait {
            mode: mode("quick", 3).mode,
            waiting: 2,
            note: QueueNote::Players,
            told: Duration::from_secs(5),
            waited_then: Duration::from_secs(60),
            estimate_then,
        }
    }

    #[test]
    fn wait_reads_as_minutes_and_seconds() {
        let view = Waiting::new(&wait(None), "Quick play", Duration::from_secs(10));
        assert_eq!((view.elapsed.as_str(), view.waiting.as_str()), ("1:05", "2 players are waiting"));
        assert_eq!(view.estimate, "Nobody can say yet how long it takes");
    }

    #[test]
    fn estimate_is_no_more_exact_than_it_can_be() {
        let read = |seconds| estimate(Some(Duration::from_secs(seconds)));
        assert_eq!(read(1), "Any moment now");
        assert_eq!(read(17), "About 20 s to go");
        assert_eq!(read(91), "About 2 min to go");
    }

    #[test]
    fn proposal_comes_before_the_wait() {
        let id = serde_json::from_str("\"00000000000000000000000000000001\"").expect("a uuid should be read");
        let proposal = Proposal::new(id, mode("quick", 3).mode, [3, 6], false, Duration::from_secs(7));
        let lobby = Lobby { proposal: Some(proposal), wait: Some(wait(None)), ..Lobby::default() };
        let Stage::Found(found) = View::new(&Hub::default(), &lobby, Duration::ZERO).stage else {
            panic!("the match that was found should be shown");
        };
        assert_eq!(found.standing, "3 of 6 ready, 7 s");
    }

    #[test]
    fn member_of_a_party_is_told_who_may_play() {
        let lobby = Lobby {
            modes: vec![mode("quick", 3), mode("duel", 1)],
            party: Some(party(2)),
            ..Lobby::default()
        };
        let seen_by = |number| {
            let hub = Hub { account: Some(account(number)), ..Hub::default() };
            Choice::new(&hub, &lobby)
        };
        assert_eq!(seen_by(1).play, Ok(mode("quick", 3).mode));
        assert!(seen_by(2).play.is_err());
        let chosen: Vec<_> = seen_by(2).modes.iter().map(|mode| mode.chosen).collect();
        assert_eq!(chosen, [true, false]);
    }
}
