//! What the player looks at, and the moves between.

mod boot;
mod loading;
mod lobby;
mod playing;
mod result;
mod sign_in;

use bevy::prelude::*;

use crate::{
    schedule::FlowSystems,
    session::{Hub, Line},
};

pub(crate) fn plugin(app: &mut App) {
    app.init_state::<Screen>().add_message::<Turn>().add_systems(Update, follow.in_set(FlowSystems::Turn));
}

/// Draws the screens; needs a window.
pub(crate) fn ui_plugin(app: &mut App) {
    app.add_plugins((
        boot::plugin,
        sign_in::plugin,
        lobby::plugin,
        loading::plugin,
        playing::plugin,
        result::plugin,
    ));
}

fn follow(
    screen: Res<State<Screen>>,
    hub: Res<Hub>,
    mut turns: MessageReader<Turn>,
    mut next: ResMut<NextState<Screen>>,
) {
    let home = Screen::home(&hub.line);
    let there = turns.read().fold(*screen.get(), |screen, turn| screen.after(*turn, home)).at_home_in(home);
    if there != *screen.get() {
        debug!("screen `{}` follows `{}`", there.name(), screen.name());
        next.set(there);
    }
}

#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Screen {
    /// The hub is being called.
    #[default]
    Boot,
    SignIn,
    /// The hub; also while waiting for a match.
    Lobby,
    /// The room is being dialled.
    Loading,
    Match,
    Result,
}

/// Something that changes the screen. How it stands with the hub does so by itself.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    MatchFound,
    Joined,
    Over,
    /// Out of the match or its result.
    Home,
}

impl Screen {
    /// Where a player without a match belongs.
    pub(crate) fn home(line: &Line) -> Screen {
        match line {
            Line::Online => Screen::Lobby,
            Line::NeedsSignIn { .. } => Screen::SignIn,
            Line::Connecting | Line::Retrying { .. } | Line::Halted { .. } => Screen::Boot,
        }
    }

    pub(crate) fn after(self, turn: Turn, home: Screen) -> Screen {
        match (turn, self) {
            (Turn::MatchFound, _) => Screen::Loading,
            (Turn::Joined, _) => Screen::Match,
            (Turn::Over, Screen::Loading | Screen::Match) => Screen::Result,
            (Turn::Over, other) => other,
            (Turn::Home, _) => home,
        }
    }

    /// The match and its result go on without the hub; the other screens follow it.
    fn at_home_in(self, home: Screen) -> Screen {
        match self {
            Screen::Boot | Screen::SignIn | Screen::Lobby => home,
            Screen::Loading | Screen::Match | Screen::Result => self,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Screen::Boot => "boot",
            Screen::SignIn => "sign_in",
            Screen::Lobby => "lobby",
            Screen::Loading => "loading",
            Screen::Match => "match",
            Screen::Result => "result",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_match_leads_from_the_lobby_back_to_it() {
        let home = Screen::Lobby;
        let turns = [Turn::MatchFound, Turn::Joined, Turn::Over, Turn::Home];
        let mut screen = home;
        let seen = turns.map(|turn| {
            screen = screen.after(turn, home);
            screen
        });
        assert_eq!(seen, [Screen::Loading, Screen::Match, Screen::Result, Screen::Lobby]);
    }

    #[test]
    fn match_goes_on_without_the_hub() {
        let gone = Screen::home(&Line::Halted { reason: String::new(), elsewhere: true });
        assert_eq!(Screen::Match.at_home_in(gone), Screen::Match);
        assert_eq!(Screen::Lobby.at_home_in(gone), Screen::Boot);
        assert_eq!(Screen::Match.after(Turn::Home, gone), Screen::Boot);
    }

    #[test]
    fn late_end_of_a_match_does_not_leave_the_lobby() {
        assert_eq!(Screen::Lobby.after(Turn::Over, Screen::Lobby), Screen::Lobby);
    }

    #[test]
    fn sign_in_follows_a_hub_that_asks_for_it() {
        let asks = Screen::home(&Line::NeedsSignIn { problem: None });
        assert_eq!(Screen::Boot.at_home_in(asks), Screen::SignIn);
    }
}
