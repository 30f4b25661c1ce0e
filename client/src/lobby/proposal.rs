//! A match that waits for everybody's word.

use std::time::Duration;

use game::protocol::{id::ProposalId, key::ModeId};

/// Times are real times since the start of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub id: ProposalId,
    pub mode: ModeId,
    /// How many of `players` have confirmed.
    pub ready: u8,
    pub players: u8,
    /// Whether the hub knows that this player has.
    pub you_are_ready: bool,
    pub until: Duration,
    confirmed: bool,
}

impl Proposal {
    pub(crate) fn new(
        id: ProposalId,
        mode: ModeId,
        [ready, players]: [u8; 2],
        you_are_ready: bool,
        until: Duration,
    ) -> Self {
        Self { id, mode, ready, players, you_are_ready, until, confirmed: false }
    }

    /// What is to be confirmed now: once, and not for a player who could not see what follows.
    pub(crate) fn due(&self, watched: bool) -> Option<ProposalId> {
        (watched && !self.you_are_ready && !self.confirmed).then_some(self.id)
    }

    pub(crate) fn confirm(&mut self) {
        self.confirmed = true;
    }

    /// The same match with a later word of the hub is confirmed no second time.
    pub(crate) fn after(self, before: Option<&Proposal>) -> Self {
        let confirmed = before.is_some_and(|before| before.id == self.id && before.confirmed);
        Self { confirmed, ..self }
    }

    /// Rounded up, so that nobody is out of time before it reads 0.
    pub(crate) fn seconds_left(&self, now: Duration) -> u64 {
        self.until.saturating_sub(now).as_secs_f32().ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(number: u128) -> Proposal {
        let id = serde_json::from_str(&format!("\"{number:032x}\"")).expect("a uuid should be read");
        let mode = ModeId::try_from("quick".to_owned()).expect("the mode should be well formed");
        Proposal::new(id, mode, [3, 6], false, Duration::from_secs(20))
    }

    #[test]
    fn hidden_player_is_confirmed_on_coming_back_and_once() {
        let mut open = proposal(1);
        assert_eq!(open.due(false), None);
        assert_eq!(open.due(true), Some(open.id));
        open.confirm();
        assert_eq!(open.due(true), None);
    }

    #[test]
    fn confirmation_counts_for_its_own_proposal_only() {
        let mut first = proposal(1);
        first.confirm();
        assert_eq!(proposal(1).after(Some(&first)).due(true), None);
        assert!(proposal(2).after(Some(&first)).due(true).is_some());
        assert!(proposal(1).after(None).due(true).is_some(), "a lost hub asks again");
        let known = Proposal { you_are_ready: true, ..proposal(3) };
        assert_eq!(known.due(true), None);
    }

    #[test]
    fn time_left_is_rounded_up() {
        let open = proposal(1);
        assert_eq!(open.seconds_left(Duration::from_millis(13_400)), 7);
        assert_eq!(open.seconds_left(Duration::from_secs(30)), 0);
    }
}
