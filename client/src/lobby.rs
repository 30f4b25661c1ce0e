//! Who is here, what they say, and the wait for a match.

use std::{collections::VecDeque, time::Duration};

use bevy::prelude::*;
use game::protocol::hub::{FromHub, QueueNote};

use crate::{schedule::FlowSystems, session::News};

/// Chat lines kept.
const CHAT_LINES: usize = 100;

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Lobby>().add_systems(Update, hear.in_set(FlowSystems::Lobby));
}

fn hear(mut news: MessageReader<News>, time: Res<Time<Real>>, mut lobby: ResMut<Lobby>) {
    for news in news.read() {
        match news {
            News::Heard(message) => lobby.hear(message, time.elapsed()),
            News::Lost { .. } | News::Halted { .. } | News::SignInNeeded { .. } => lobby.leave(),
            News::Connecting | News::SignedIn { .. } => {}
        }
    }
}

/// The lobby as the hub last told it.
#[derive(Resource, Debug, Default, PartialEq)]
pub(crate) struct Lobby {
    pub names: Vec<String>,
    /// How many are here; `names` may hold fewer.
    pub online: u32,
    pub chat: VecDeque<Said>,
    pub queue: Option<Wait>,
    /// Something that the player should know, until the next match.
    pub notice: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub from: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Real time since the start of the app.
    pub since: Duration,
    /// Players in the queue, this one included.
    pub waiting: u32,
    pub note: QueueNote,
}

impl Lobby {
    fn hear(&mut self, message: &FromHub, now: Duration) {
        match message {
            FromHub::Here { names, total } => {
                self.names = names.iter().map(ToString::to_string).collect();
                self.online = *total;
            }
            FromHub::Chatted { from, text } => {
                self.chat.push_back(Said { from: from.to_string(), text: text.to_string() });
                while self.chat.len() > CHAT_LINES {
                    self.chat.pop_front();
                }
            }
            FromHub::Queued { waiting, note } => {
                let since = self.queue.map_or(now, |wait| wait.since);
                self.queue = Some(Wait { since, waiting: *waiting, note: *note });
            }
            FromHub::LeftQueue {} => self.queue = None,
            FromHub::MatchFound { .. } => {
                self.queue = None;
                self.notice = None;
            }
            FromHub::Declined { refusal } => self.notice = Some(refusal.to_string()),
            FromHub::Challenge { .. }
            | FromHub::Admitted {}
            | FromHub::Ping {}
            | FromHub::SignedIn { .. }
            | FromHub::MatchEnded { .. }
            | FromHub::MatchVoid { .. }
            | FromHub::Refused { .. } => {}
        }
    }

    /// Without the hub nobody is known to be here, and no place in the queue is held.
    fn leave(&mut self) {
        self.names.clear();
        self.online = 0;
        self.queue = None;
    }
}

#[cfg(test)]
mod tests {
    use game::protocol::{
        refusal::Refusal,
        text::{ChatText, PlayerName},
    };

    use super::*;

    fn chatted(text: &str) -> FromHub {
        FromHub::Chatted {
            from: PlayerName::new("ann").expect("the name should be good"),
            text: ChatText::new(text).expect("the line should be good"),
        }
    }

    #[test]
    fn wait_is_counted_from_the_first_word_of_the_queue() {
        let mut lobby = Lobby::default();
        let queued = |waiting| FromHub::Queued { waiting, note: QueueNote::Players };
        lobby.hear(&queued(1), Duration::from_secs(3));
        lobby.hear(&queued(2), Duration::from_secs(9));
        let wait = lobby.queue.expect("the player should be waiting");
        assert_eq!((wait.since, wait.waiting), (Duration::from_secs(3), 2));
        lobby.hear(&FromHub::LeftQueue {}, Duration::from_secs(10));
        assert_eq!(lobby.queue, None);
    }

    #[test]
    fn chat_keeps_the_last_lines_only() {
        let mut lobby = Lobby::default();
        for line in 0..CHAT_LINES + 5 {
            lobby.hear(&chatted(&line.to_string()), Duration::ZERO);
        }
        assert_eq!(lobby.chat.len(), CHAT_LINES);
        assert_eq!(lobby.chat[0].text, "5");
    }

    #[test]
    fn lost_hub_empties_the_lobby_but_keeps_what_was_said() {
        let mut lobby = Lobby::default();
        lobby.hear(&chatted("hi"), Duration::ZERO);
        lobby.hear(&FromHub::Declined { refusal: Refusal::TooFast }, Duration::ZERO);
        lobby.hear(&FromHub::Here { names: Vec::new(), total: 7 }, Duration::ZERO);
        lobby.leave();
        assert_eq!((lobby.online, lobby.chat.len()), (0, 1));
        assert!(lobby.notice.is_some());
    }
}
