//! The party: made, joined by its code, left.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::egui;
use game::protocol::{id::AccountId, key::PartyCode, text::PlayerName};

use super::Action;
use crate::{
    lobby::{Lobby, party::leads},
    platform,
    session::Hub,
    settings::Settings,
    ui::{theme, widget},
};

/// How long *Copied* stays.
const REMARK: Duration = Duration::from_secs(2);

/// What is being typed, and what was copied last.
#[derive(Resource, Default)]
pub(super) struct Desk {
    typed: String,
    /// Why what was typed is no code.
    problem: Option<String>,
    copied_at: Option<Duration>,
}

impl Desk {
    pub(super) fn copy(&mut self, text: &str, now: Duration) {
        self.copied_at = platform::copy(text).then_some(now);
    }

    pub(super) fn copied(&self, now: Duration) -> bool {
        self.copied_at.is_some_and(|at| now.saturating_sub(at) < REMARK)
    }

    fn join(&mut self) -> Option<Action> {
        match PartyCode::try_from(self.typed.clone()) {
            Ok(code) => {
                *self = Self::default();
                Some(Action::JoinParty(code))
            }
            Err(_) => {
                self.problem = Some(format!("A code has {} letters or digits.", PartyCode::LETTERS));
                None
            }
        }
    }
}

/// `None` without a party.
#[derive(Debug, PartialEq)]
pub(super) struct View(Option<Together>);

#[derive(Debug, PartialEq)]
struct Together {
    code: String,
    link: String,
    copied: bool,
    members: Vec<Member>,
}

#[derive(Debug, PartialEq)]
struct Member {
    account: AccountId,
    name: PlayerName,
    own: bool,
    leader: bool,
    away: bool,
    /// Whether this player may send them away.
    removable: bool,
}

impl View {
    pub(super) fn new(hub: &Hub, lobby: &Lobby, settings: &Settings, copied: bool) -> Self {
        Self(lobby.party.as_ref().map(|party| {
            let leading = leads(party, hub.account);
            let members = party.members.iter().map(|member| {
                let own = Some(member.account) == hub.account;
                Member {
                    account: member.account,
                    name: member.name.clone(),
                    own,
                    leader: leads(party, Some(member.account)),
                    away: !member.here,
                    removable: leading && !own,
                }
            });
            Together {
                code: party.code.to_string(),
                link: settings.invitation_url(&party.code),
                copied,
                members: members.collect(),
            }
        }))
    }
}

pub(super) fn party_ui(ui: &mut egui::Ui, view: &View, desk: &mut Desk) -> Option<Action> {
    widget::caption(ui, "Party");
    egui::ScrollArea::vertical()
        .id_salt("party")
        .auto_shrink(false)
        .show(ui, |ui| match &view.0 {
            Some(together) => together_ui(ui, together),
            None => alone_ui(ui, desk),
        })
        .inner
}

fn alone_ui(ui: &mut egui::Ui, desk: &mut Desk) -> Option<Action> {
    let button = egui::vec2(ui.available_width(), 40.0);
    widget::quiet(ui, "Play on one side with friends.");
    if widget::secondary(ui, "create_party", "Create a party", button) {
        return Some(Action::CreateParty);
    }
    ui.add_space(8.0);
    let field = widget::field(ui, "Code of a party", &mut desk.typed, false);
    widget::note_place(ui, "party_code", field.rect);
    if field.changed() {
        desk.problem = None;
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let pressed = widget::secondary(ui, "join_party", "Join", button);
    let asked = if entered || pressed { desk.join() } else { None };
    if let Some(problem) = &desk.problem {
        widget::problem(ui, problem);
    }
    asked
}

fn together_ui(ui: &mut egui::Ui, together: &Together) -> Option<Action> {
    let mut asked = None;
    let button = egui::vec2(ui.available_width(), 40.0);
    let code = egui::RichText::new(&together.code).font(theme::condensed(theme::HUGE)).color(theme::TEXT);
    if widget::link(ui, code, "Click to copy the code.").clicked() {
        asked = Some(Action::Copy(together.code.clone()));
    }
    let copy = if together.copied { "Copied" } else { "Copy invitation link" };
    if widget::secondary(ui, "copy_link", copy, button) {
        asked = Some(Action::Copy(together.link.clone()));
    }
    for member in &together.members {
        asked = asked.or(member_ui(ui, member));
    }
    if widget::secondary(ui, "leave_party", "Leave party", button) {
        asked = Some(Action::LeaveParty);
    }
    asked
}

fn member_ui(ui: &mut egui::Ui, member: &Member) -> Option<Action> {
    let mut asked = None;
    ui.horizontal_wrapped(|ui| {
        let ink = match (member.own, member.away) {
            (_, true) => theme::QUIET,
            (true, false) => theme::AMBER,
            (false, false) => theme::TEXT,
        };
        ui.label(egui::RichText::new(member.name.as_str()).color(ink));
        if member.leader {
            widget::caption(ui, "Leader");
        }
        if member.away {
            widget::caption(ui, "Away");
        }
        if member.removable {
            let text = egui::RichText::new("Remove").font(theme::regular(theme::SMALL)).color(theme::QUIET);
            let link = widget::link(ui, text, "Sends this player out of the party.");
            widget::note_place(ui, &format!("remove:{}", member.name), link.rect);
            if link.clicked() {
                asked = Some(Action::Remove(member.account));
            }
        }
    });
    asked
}

#[cfg(test)]
mod tests {
    use game::client::Transport;

    use super::*;
    use crate::lobby::party::tests::{account, party};

    fn settings() -> Settings {
        Settings {
            hub: "http://hub.example".into(),
            transport: Transport::Udp,
            sign_in: None,
            name: String::new(),
            invitation: None,
            mode: None,
            headless: false,
            published: false,
        }
    }

    fn seen_by(number: u128) -> Together {
        let lobby = Lobby { party: Some(party(3)), ..default() };
        let hub = Hub { account: Some(account(number)), ..default() };
        View::new(&hub, &lobby, &settings(), false).0.expect("there should be a party")
    }

    #[test]
    fn leader_alone_may_remove_others() {
        let removable = |number| seen_by(number).members.iter().map(|m| m.removable).collect::<Vec<_>>();
        assert_eq!(removable(1), [false, true, true]);
        assert_eq!(removable(2), [false; 3]);
        let leaders: Vec<_> = seen_by(2).members.iter().map(|member| member.leader).collect();
        assert_eq!(leaders, [true, false, false]);
    }

    #[test]
    fn invitation_leads_to_the_hub_with_the_code() {
        let together = seen_by(1);
        assert_eq!(together.link, format!("http://hub.example/join/{}", together.code));
    }

    #[test]
    fn code_that_cannot_be_one_is_not_sent() {
        let mut desk = Desk { typed: "ab".into(), ..default() };
        assert_eq!(desk.join(), None);
        assert!(desk.problem.is_some());
        let code = PartyCode::from_random(7);
        desk.typed = format!(" {} ", code.as_str().to_lowercase());
        assert_eq!(desk.join(), Some(Action::JoinParty(code)));
        assert!(desk.typed.is_empty() && desk.problem.is_none());
    }
}
