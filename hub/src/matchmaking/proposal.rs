//! The ready check: whoever is to play is asked first, and somebody who does not answer costs the
//! others no more than a moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use protocol::{
    id::{AccountId, ProposalId},
    key::{Content, ModeId},
};

use crate::matchmaking::queue::{Group, Lineup};

/// All open ready checks. Each account is in at most one.
#[derive(Default)]
pub struct Proposals {
    open: BTreeMap<ProposalId, Proposal>,
    asked: BTreeMap<AccountId, ProposalId>,
}

/// One question whether everybody is ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub id: ProposalId,
    pub lineup: Lineup,
    /// Who has not confirmed by then loses the place.
    pub until: Instant,
    ready: BTreeSet<AccountId>,
}

/// A proposal that came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub id: ProposalId,
    pub lineup_mode: ModeId,
    /// These go back to the front of the queue.
    pub innocent: Vec<Group>,
    /// These leave the queue, each as a whole, without penalty.
    pub at_fault: Vec<Group>,
}

impl Proposals {
    /// Asks everybody in the lineup, none of whom is asked already.
    pub fn propose(&mut self, id: ProposalId, lineup: Lineup, until: Instant) {
        for account in lineup.accounts() {
            self.asked.insert(account, id);
        }
        self.open.insert(id, Proposal { id, lineup, until, ready: BTreeSet::new() });
    }

    /// The proposal that this player is asked about.
    pub fn of(&self, account: AccountId) -> Option<&Proposal> {
        self.open.get(self.asked.get(&account)?)
    }

    /// The player is ready; once more changes nothing. `None` when the player is not asked about this
    /// proposal, or not any more.
    pub fn confirm(&mut self, id: ProposalId, account: AccountId) -> Option<&Proposal> {
        self.asked.get(&account).filter(|asked| **asked == id)?;
        let proposal = self.open.get_mut(&id)?;
        proposal.ready.insert(account);
        Some(proposal)
    }

    /// Takes those that everybody has confirmed.
    pub fn take_ready(&mut self) -> Vec<(ProposalId, Lineup)> {
        let ready = self.ids(Proposal::everybody_is_ready);
        ready.into_iter().filter_map(|id| Some((id, self.close(id)?.lineup))).collect()
    }

    /// This player plays after all not. The group is at fault, all others are innocent.
    pub fn withdraw(&mut self, account: AccountId) -> Option<Broken> {
        let id = *self.asked.get(&account)?;
        let proposal = self.close(id)?;
        Some(proposal.broken(|group, _| group.accounts().any(|member| member == account)))
    }

    /// Breaks those whose time is up. A group with somebody who has not confirmed is at fault.
    pub fn step(&mut self, now: Instant) -> Vec<Broken> {
        let late = self.ids(|proposal| now >= proposal.until && !proposal.everybody_is_ready());
        late.into_iter()
            .filter_map(|id| {
                let proposal = self.close(id)?;
                Some(proposal.broken(|group, ready| !group.accounts().all(|member| ready.contains(&member))))
            })
            .collect()
    }

    /// Nobody could confirm in this time.
    pub fn excuse(&mut self, time: Duration) {
        for proposal in self.open.values_mut() {
            proposal.until += time;
        }
    }

    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// For each open proposal, the content and mode of the room that is kept for it.
    pub fn reserved(&self) -> impl Iterator<Item = (&Content, &ModeId)> {
        self.open.values().map(|proposal| (&proposal.lineup.content, &proposal.lineup.mode))
    }

    fn ids(&self, which: impl Fn(&Proposal) -> bool) -> Vec<ProposalId> {
        self.open.values().filter(|proposal| which(proposal)).map(|proposal| proposal.id).collect()
    }

    fn close(&mut self, id: ProposalId) -> Option<Proposal> {
        let proposal = self.open.remove(&id)?;
        for account in proposal.lineup.accounts() {
            self.asked.remove(&account);
        }
        Some(proposal)
    }
}

impl Proposal {
    /// How many have confirmed.
    pub fn ready_count(&self) -> u8 {
        u8::try_from(self.ready.len()).unwrap_or(u8::MAX)
    }

    pub fn is_ready(&self, account: AccountId) -> bool {
        self.ready.contains(&account)
    }

    fn everybody_is_ready(&self) -> bool {
        self.lineup.groups().flat_map(Group::accounts).all(|account| self.is_ready(account))
    }

    fn broken(self, at_fault: impl Fn(&Group, &BTreeSet<AccountId>) -> bool) -> Broken {
        let Proposal { id, lineup, ready, .. } = self;
        let lineup_mode = lineup.mode.clone();
        let (at_fault, innocent) =
            lineup.into_groups().into_iter().partition(|group| at_fault(group, &ready));
        Broken { id, lineup_mode, innocent, at_fault }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::id::PartyId;
    use uuid::Uuid;

    use super::*;
    use crate::matchmaking::queue::Waiting;

    const READY: Duration = Duration::from_secs(10);

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    fn proposal_id(number: u128) -> ProposalId {
        ProposalId(Uuid::from_u128(number))
    }

    fn group(numbers: &[u128], since: Instant) -> Group {
        let member = |number: &u128| Waiting { account: account(*number), rating: 1000.0, away: None };
        Group {
            members: numbers.iter().map(member).collect(),
            party: (numbers.len() > 1).then(|| PartyId(Uuid::from_u128(numbers[0]))),
            mode: ModeId::try_from("quick".to_owned()).expect("the mode's id should be one"),
            content: Content::of(b"content"),
            since,
            in_front: false,
        }
    }

    /// Proposal 1: the party of 0 and 1 against 2 and 3.
    fn one_open(now: Instant) -> Proposals {
        let amber = vec![group(&[0, 1], now)];
        let azure = vec![group(&[2], now), group(&[3], now)];
        let Group { mode, content, .. } = amber[0].clone();
        let mut proposals = Proposals::default();
        proposals.propose(proposal_id(1), Lineup { mode, content, amber, azure }, now + READY);
        proposals
    }

    fn confirm(proposals: &mut Proposals, numbers: &[u128]) {
        for number in numbers {
            assert!(proposals.confirm(proposal_id(1), account(*number)).is_some());
        }
    }

    #[test]
    fn a_match_is_on_when_everybody_has_confirmed() {
        let mut proposals = one_open(Instant::now());
        confirm(&mut proposals, &[0, 1, 2]);
        assert!(proposals.take_ready().is_empty());
        confirm(&mut proposals, &[3]);
        let ready = proposals.take_ready();
        assert_eq!(ready.len(), 1);
        assert_eq!((ready[0].0, ready[0].1.accounts().len()), (proposal_id(1), 4));
        assert_eq!((proposals.count(), proposals.of(account(0))), (0, None));
    }

    #[test]
    fn confirming_twice_counts_once() {
        let mut proposals = one_open(Instant::now());
        confirm(&mut proposals, &[2, 2]);
        let proposal = proposals.of(account(0)).expect("the proposal should be open");
        assert_eq!(proposal.ready_count(), 1);
        assert!(proposal.is_ready(account(2)) && !proposal.is_ready(account(0)));
    }

    #[test]
    fn who_is_not_asked_cannot_confirm() {
        let mut proposals = one_open(Instant::now());
        assert_eq!(proposals.confirm(proposal_id(1), account(9)), None);
        assert_eq!(proposals.confirm(proposal_id(2), account(0)), None);
    }

    #[test]
    fn who_does_not_confirm_in_time_leaves_with_the_party_and_the_others_do_not() {
        let now = Instant::now();
        let mut proposals = one_open(now);
        confirm(&mut proposals, &[0, 2, 3]);
        assert!(proposals.step(now + READY - Duration::from_millis(1)).is_empty());
        let broken = proposals.step(now + READY);
        assert_eq!(broken.len(), 1);
        assert_eq!(broken[0].at_fault, [group(&[0, 1], now)]);
        assert_eq!(broken[0].innocent, [group(&[2], now), group(&[3], now)]);
        assert_eq!(proposals.confirm(proposal_id(1), account(1)), None, "it is too late");
    }

    #[test]
    fn a_match_that_everybody_confirmed_is_not_broken_by_time() {
        let now = Instant::now();
        let mut proposals = one_open(now);
        confirm(&mut proposals, &[0, 1, 2, 3]);
        assert!(proposals.step(now + READY).is_empty());
        assert_eq!(proposals.take_ready().len(), 1);
    }

    #[test]
    fn who_withdraws_is_at_fault_and_the_others_are_not_even_unconfirmed() {
        let now = Instant::now();
        let mut proposals = one_open(now);
        confirm(&mut proposals, &[2]);
        let broken = proposals.withdraw(account(2)).expect("the player should be asked");
        assert_eq!(broken.at_fault, [group(&[2], now)]);
        assert_eq!(broken.innocent, [group(&[0, 1], now), group(&[3], now)]);
        assert_eq!(proposals.withdraw(account(2)), None);
    }

    #[test]
    fn an_open_proposal_keeps_its_room() {
        let mut proposals = one_open(Instant::now());
        assert_eq!(proposals.reserved().map(|(_, mode)| mode.as_str()).collect::<Vec<_>>(), ["quick"]);
        proposals.withdraw(account(0));
        assert_eq!(proposals.reserved().count(), 0);
    }
}
