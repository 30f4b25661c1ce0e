//! Who is here, what they say, the party, and the wait for a match.

pub(crate) mod party;
pub(crate) mod proposal;
pub(crate) mod wait;

use std::{collections::VecDeque, time::Duration};

use bevy::prelude::*;
use game::protocol::{
    hub::{FromHub, LeftQueue, ModeInfo, Party},
    id::AccountId,
    key::ModeId,
    text::PlayerName,
};

use crate::{
    lobby::{proposal::Proposal, wait::Wait},
    platform,
    schedule::FlowSystems,
    session::{News, Welcome},
    settings::{Settings, mode_named},
};

/// Chat lines kept.
const CHAT_LINES: usize = 100;

/// What the platform remembers the mode by.
const MODE: &str = "mode";

pub(crate) fn plugin(app: &mut App) {
    let asked = app.world().resource::<Settings>().mode.clone();
    let chosen = asked.or_else(|| mode_named(&platform::recall(MODE)?).ok());
    app.insert_resource(Lobby { chosen, ..default() })
        .add_plugins(party::plugin)
        .add_systems(Update, hear.in_set(FlowSystems::Lobby));
}

fn hear(mut news: MessageReader<News>, time: Res<Time<Real>>, mut lobby: ResMut<Lobby>) {
    for news in news.read() {
        match news {
            News::Heard(message) => lobby.hear(message, time.elapsed()),
            News::SignedIn(welcome) => lobby.enter(welcome),
            News::Lost { .. } => lobby.lose(),
            News::Halted { .. } | News::SignInNeeded { .. } => lobby.leave(),
            News::Connecting => {}
        }
    }
}

/// The lobby as the hub last told it.
#[derive(Resource, Debug, Default, PartialEq)]
pub(crate) struct Lobby {
    pub names: Vec<PlayerName>,
    /// How many are here; `names` may hold fewer.
    pub online: u32,
    pub chat: VecDeque<Said>,
    pub muted: Vec<PlayerName>,
    /// What can be played.
    pub modes: Vec<ModeInfo>,
    /// What the player chose, whether or not this hub has it.
    pub chosen: Option<ModeId>,
    pub party: Option<Party>,
    pub wait: Option<Wait>,
    pub proposal: Option<Proposal>,
    /// Something that the player should know, until the next match.
    pub notice: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub from: PlayerName,
    pub text: String,
}

impl Lobby {
    /// What *Play* starts: the mode that was chosen, or the hub's first.
    pub(crate) fn mode(&self) -> Option<&ModeInfo> {
        let chosen = self.modes.iter().find(|mode| Some(&mode.mode) == self.chosen.as_ref());
        chosen.or(self.modes.first())
    }

    /// Also the next time.
    pub(crate) fn choose(&mut self, mode: ModeId) {
        platform::remember(MODE, mode.as_str());
        self.chosen = Some(mode);
    }

    /// What the player may ask for, or why not, in words.
    pub(crate) fn may_play(&self, own: Option<AccountId>) -> Result<ModeId, String> {
        let mode = self.mode().ok_or("This hub has nothing to play at the moment.")?;
        match party::hindrance(self.party.as_ref(), own, mode) {
            Some(why) => Err(why),
            None => Ok(mode.mode.clone()),
        }
    }

    /// What players read for a mode.
    pub(crate) fn mode_name<'a>(&'a self, id: &'a ModeId) -> &'a str {
        self.modes.iter().find(|mode| mode.mode == *id).map_or(id.as_str(), |mode| &mode.name)
    }

    pub(crate) fn has_muted(&self, name: &PlayerName) -> bool {
        self.muted.iter().any(|muted| muted.key() == name.key())
    }

    fn hear(&mut self, message: &FromHub, now: Duration) {
        match message {
            FromHub::Here { names, total } => {
                self.names = names.clone();
                self.online = *total;
            }
            FromHub::Chatted { from, text } => {
                self.chat.push_back(Said { from: from.clone(), text: text.to_string() });
                while self.chat.len() > CHAT_LINES {
                    self.chat.pop_front();
                }
            }
            FromHub::Muted { names } => self.muted = names.clone(),
            FromHub::Party { party } => self.party = party.clone(),
            FromHub::Queued { mode, waiting, note, waited_seconds, estimate_seconds } => {
                let secs = |secs: u32| Duration::from_secs(secs.into());
                let wait = Wait {
                    mode: mode.clone(),
                    waiting: *waiting,
                    note: *note,
                    told: now,
                    waited_then: secs(*waited_seconds),
                    estimate_then: estimate_seconds.map(secs),
                };
                self.wait = Some(wait.after(self.wait.as_ref()));
                if self.proposal.take().is_some() {
                    self.notice = Some("Somebody did not confirm. You are first in the queue again.".into());
                }
            }
            FromHub::LeftQueue { why } => {
                self.wait = None;
                let proposal = self.proposal.take();
                self.notice = parting(*why, proposal.as_ref()).or(self.notice.take());
            }
            FromHub::Proposed { proposal, mode, ready, players, you_are_ready, seconds_left } => {
                let until = now + Duration::from_secs((*seconds_left).into());
                let proposed =
                    Proposal::new(*proposal, mode.clone(), [*ready, *players], *you_are_ready, until);
                self.proposal = Some(proposed.after(self.proposal.as_ref()));
                self.notice = None;
            }
            FromHub::MatchFound { .. } => {
                self.wait = None;
                self.proposal = None;
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

    /// What the hub still holds for this player follows its welcome.
    fn enter(&mut self, welcome: &Welcome) {
        self.modes = welcome.modes.clone();
        self.muted = welcome.muted.clone();
        self.party = None;
        self.wait = None;
        self.proposal = None;
    }

    /// Without the hub nobody is known to be here. It keeps the place in the queue.
    fn lose(&mut self) {
        self.names.clear();
        self.online = 0;
        self.proposal = None;
    }

    /// The player is not with this hub any more.
    fn leave(&mut self) {
        self.lose();
        self.party = None;
        self.wait = None;
    }
}

/// What a player should know who waits no more.
fn parting(why: LeftQueue, proposal: Option<&Proposal>) -> Option<String> {
    match why {
        LeftQueue::Asked => None,
        LeftQueue::NotReady if proposal.is_some_and(|proposal| proposal.you_are_ready) => Some(
            "Somebody of your party did not confirm in time, so your party left the queue. \
             Nothing is lost: press Play again."
                .into(),
        ),
        LeftQueue::NotReady => {
            Some("You did not confirm in time and left the queue. Nothing is lost: press Play again.".into())
        }
        LeftQueue::PartyChanged => {
            Some("Your party has changed and left the queue. Press Play again.".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use game::protocol::{hub::QueueNote, id::ProposalId, refusal::Refusal, text::ChatText};

    use super::*;

    fn name(name: &str) -> PlayerName {
        PlayerName::new(name).expect("the name should be good")
    }

    fn chatted(text: &str) -> FromHub {
        let text = ChatText::new(text).expect("the line should be good");
        FromHub::Chatted { from: name("ann"), text }
    }

    fn quick() -> ModeId {
        party::tests::mode("quick", 3).mode
    }

    fn queued(waiting: u32, waited_seconds: u32) -> FromHub {
        let (note, estimate_seconds) = (QueueNote::Players, Some(20));
        FromHub::Queued { mode: quick(), waiting, note, waited_seconds, estimate_seconds }
    }

    fn proposed(you_are_ready: bool) -> FromHub {
        let proposal: ProposalId =
            serde_json::from_str("\"00000000000000000000000000000001\"").expect("a uuid should be read");
        FromHub::Proposed { proposal, mode: quick(), ready: 3, players: 6, you_are_ready, seconds_left: 7 }
    }

    fn welcome(modes: Vec<ModeInfo>) -> Welcome {
        let (account, rating) = (party::tests::account(1), game::protocol::rating::Rating::FIRST);
        Welcome { account, name: name("ann"), guest: true, rating, modes, muted: vec![name("Bob")] }
    }

    #[test]
    fn wait_goes_on_through_a_loss_of_the_hub() {
        let mut lobby = Lobby::default();
        lobby.hear(&queued(2, 9), Duration::from_secs(10));
        lobby.lose();
        assert!(lobby.wait.is_some(), "the hub keeps the place");
        lobby.enter(&welcome(Vec::new()));
        assert_eq!(lobby.wait, None);
        lobby.hear(&queued(1, 14), Duration::from_secs(15));
        let wait = lobby.wait.as_ref().expect("the player should be waiting");
        assert_eq!(wait.waited(Duration::from_secs(16)), Duration::from_secs(15));
        lobby.hear(&FromHub::LeftQueue { why: LeftQueue::Asked }, Duration::from_secs(17));
        assert_eq!((lobby.wait, lobby.notice), (None, None));
    }

    #[test]
    fn who_missed_a_match_is_told_that_nothing_is_lost() {
        let mut lobby = Lobby::default();
        lobby.hear(&proposed(false), Duration::ZERO);
        lobby.hear(&FromHub::LeftQueue { why: LeftQueue::NotReady }, Duration::from_secs(8));
        let notice = lobby.notice.take().expect("the player should be told");
        assert!(notice.starts_with("You did not confirm in time"), "the notice should say why: {notice}");
        lobby.hear(&proposed(true), Duration::ZERO);
        lobby.hear(&FromHub::LeftQueue { why: LeftQueue::NotReady }, Duration::from_secs(8));
        let notice = lobby.notice.expect("the player should be told");
        assert!(notice.starts_with("Somebody of your party"), "the notice should blame nobody: {notice}");
        assert_eq!(lobby.proposal, None);
    }

    #[test]
    fn match_that_others_missed_leads_back_to_the_queue() {
        let mut lobby = Lobby::default();
        lobby.hear(&proposed(true), Duration::ZERO);
        lobby.hear(&queued(1, 9), Duration::from_secs(8));
        assert!(lobby.proposal.is_none() && lobby.wait.is_some());
        assert!(lobby.notice.is_some_and(|notice| notice.contains("first in the queue")));
    }

    #[test]
    fn play_starts_the_chosen_mode_or_the_first() {
        let mut lobby = Lobby::default();
        assert!(lobby.may_play(None).is_err());
        lobby.enter(&welcome(vec![party::tests::mode("quick", 3), party::tests::mode("duel", 1)]));
        assert_eq!(lobby.may_play(None), Ok(quick()));
        lobby.chosen = Some(party::tests::mode("duel", 1).mode);
        assert_eq!(lobby.may_play(None).map(String::from), Ok("duel".into()));
        lobby.chosen = Some(party::tests::mode("gone", 1).mode);
        assert_eq!(lobby.may_play(None), Ok(quick()));
    }

    #[test]
    fn muted_name_is_known_in_either_case() {
        let mut lobby = Lobby::default();
        lobby.enter(&welcome(Vec::new()));
        assert!(lobby.has_muted(&name("bob")) && !lobby.has_muted(&name("ann")));
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
