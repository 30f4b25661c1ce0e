//! Who is here, and whom the player does not want to read.

use bevy_egui::egui;
use game::protocol::text::PlayerName;

use super::Action;
use crate::{
    lobby::Lobby,
    session::Hub,
    ui::{theme, widget},
};

#[derive(Debug, PartialEq)]
pub(super) struct View {
    online: u32,
    names: Vec<Name>,
    /// Names that the hub did not send.
    more: u32,
    /// Muted, and not among `names`.
    absent: Vec<PlayerName>,
}

#[derive(Debug, PartialEq)]
struct Name {
    name: PlayerName,
    own: bool,
    muted: bool,
}

impl View {
    pub(super) fn new(hub: &Hub, lobby: &Lobby) -> Self {
        let named = |name: &PlayerName| Name {
            name: name.clone(),
            own: hub.name.as_ref() == Some(name),
            muted: lobby.has_muted(name),
        };
        let told = u32::try_from(lobby.names.len()).unwrap_or(u32::MAX);
        let absent = |muted: &&PlayerName| !lobby.names.iter().any(|name| name.key() == muted.key());
        Self {
            online: lobby.online,
            names: lobby.names.iter().map(named).collect(),
            more: lobby.online.saturating_sub(told),
            absent: lobby.muted.iter().filter(absent).cloned().collect(),
        }
    }
}

pub(super) fn here_ui(ui: &mut egui::Ui, view: &View) -> Option<Action> {
    widget::caption(ui, &format!("Here now: {}", view.online));
    let mut asked = None;
    egui::ScrollArea::vertical().auto_shrink(false).id_salt("here").show(ui, |ui| {
        for name in &view.names {
            asked = asked.take().or(name_ui(ui, &name.name, name.own, name.muted));
        }
        if view.more > 0 {
            widget::quiet(ui, &format!("and {} more", view.more));
        }
        if view.online <= 1 {
            widget::quiet(ui, "Nobody else yet. Invite somebody, or press Play.");
        }
        if !view.absent.is_empty() {
            widget::caption(ui, "Muted");
        }
        for name in &view.absent {
            asked = asked.take().or(name_ui(ui, name, false, true));
        }
    });
    asked
}

/// A player's name; pressing another's mutes it or lets it speak again.
pub(super) fn name_ui(ui: &mut egui::Ui, name: &PlayerName, own: bool, muted: bool) -> Option<Action> {
    let text = egui::RichText::new(name.as_str());
    if own {
        ui.label(text.color(theme::AMBER));
        return None;
    }
    let (text, hint) = if muted {
        let text = egui::RichText::new(format!("{name} (muted)")).color(theme::QUIET);
        (text, "Muted. Click to read this player again.")
    } else {
        (text.color(theme::TEXT), "Click to mute this player.")
    };
    let pressed = widget::link(ui, text, hint).clicked();
    pressed.then(|| if muted { Action::Unmute(name.clone()) } else { Action::Mute(name.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> PlayerName {
        PlayerName::new(name).expect("the name should be good")
    }

    #[test]
    fn names_that_were_not_sent_are_counted() {
        let lobby = Lobby { names: vec![name("ann")], online: 4, ..Lobby::default() };
        assert_eq!(View::new(&Hub::default(), &lobby).more, 3);
    }

    #[test]
    fn muted_players_are_shown_wherever_they_are() {
        let lobby = Lobby {
            names: vec![name("ann"), name("bob")],
            muted: vec![name("Bob"), name("eve")],
            ..Lobby::default()
        };
        let view = View::new(&Hub { name: Some(name("ann")), ..Hub::default() }, &lobby);
        let names: Vec<_> = view.names.iter().map(|name| (name.own, name.muted)).collect();
        assert_eq!(names, [(true, false), (false, true)]);
        assert_eq!(view.absent, [name("eve")]);
    }
}
