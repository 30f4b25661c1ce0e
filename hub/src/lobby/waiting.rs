//! Waiting: into the queue and out of it, and whether everybody is ready.

use protocol::{
    hub::{FromHub, LeftQueue},
    id::{AccountId, ProposalId},
    key::{Content, ModeId},
    refusal::Refusal,
};

use crate::{
    clock::Now,
    lobby::{
        deed::Deed,
        hall::{Hall, unknown_content},
        players::out_of_turn,
    },
    matches::ledger::Phase,
    matchmaking::{
        proposal::Broken,
        queue::{Group, Lineup, Waiting},
        store::QueueEntry,
    },
};

impl Hall {
    pub(super) fn join_queue(&mut self, account: AccountId, mode: &ModeId, now: Now) {
        let held = self.ledger.of_player(account).map(|held| (held.phase, held.opening.allocation.match_id));
        match held {
            Some((Phase::Running, match_id)) => return self.reissue_ticket(account, match_id),
            Some(_) => {
                let refusal = out_of_turn("your match is being prepared or recorded; try again in a moment");
                return self.tell_player(account, FromHub::Declined { refusal });
            }
            None => {}
        }
        if self.queue.holds(account) {
            return self.tell_standing(account, now);
        }
        if self.joins(account) {
            return;
        }
        if self.proposals.of(account).is_some() {
            return self.tell_proposal(account, now);
        }
        match self.group(account, mode, now) {
            Ok(group) => self.enlist(group, now),
            Err(refusal) => self.tell_player(account, FromHub::Declined { refusal }),
        }
    }

    /// The group waits as soon as that is written down.
    pub(super) fn enlist(&mut self, group: Group, now: Now) {
        let entries = entries(&group, now);
        self.joined += 1;
        let joining = self.joined;
        self.joining.insert(joining, group);
        self.write(Deed::Enqueue { joining, entries });
    }

    /// The place in the queue is written down: from here on nothing takes it away but the player.
    pub(super) fn enqueued(&mut self, joining: u64, now: Now) {
        let Some(group) = self.joining.remove(&joining) else {
            return;
        };
        for account in group.accounts().collect::<Vec<_>>() {
            self.unsaved.remove(&account);
        }
        self.put_in(vec![group], now);
        self.step_newcomers(now);
        self.step_queue(now);
    }

    pub(super) fn not_enqueued(&mut self, joining: u64, now: Now) {
        let group = self.joining.remove(&joining);
        for account in group.iter().flat_map(Group::accounts) {
            self.unsaved.insert(account, (now.at, LeftQueue::Asked));
            let refusal = out_of_turn("the hub's database did not answer; try again");
            self.tell_player(account, FromHub::Declined { refusal });
            self.tell_player(account, FromHub::LeftQueue { why: LeftQueue::Asked });
        }
    }

    pub(super) fn joins(&self, account: AccountId) -> bool {
        self.joining.values().flat_map(Group::accounts).any(|joining| joining == account)
    }

    /// Who queues when `account` asks.
    fn group(&self, account: AccountId, mode: &ModeId, now: Now) -> Result<Group, Refusal> {
        let mode = self.modes.get(mode).ok_or_else(|| Refusal::NoSuchMode { mode: mode.to_string() })?;
        let party = self.parties.of(account);
        let accounts = party.map_or_else(|| vec![account], |party| party.members.clone());
        if accounts.first() != Some(&account) {
            return Err(Refusal::NotLeader);
        }
        if accounts.len() > usize::from(mode.team_size) {
            let members = u8::try_from(accounts.len()).unwrap_or(u8::MAX);
            return Err(Refusal::PartyTooLarge { team_size: mode.team_size, members });
        }
        if accounts.iter().any(|member| !self.is_here(*member)) {
            return Err(out_of_turn("somebody of your party is away"));
        }
        if accounts.iter().any(|member| self.is_engaged(*member)) {
            return Err(out_of_turn("somebody of your party waits or plays already"));
        }
        self.check_content(account)?;
        let mut content = None::<&Content>;
        let mut members = Vec::new();
        for member in &accounts {
            let Some(player) = self.players.get(member) else {
                continue;
            };
            let ours = content.get_or_insert(&player.content);
            if **ours != player.content {
                return Err(Refusal::WrongContent {
                    ours: ours.to_string(),
                    theirs: player.content.to_string(),
                });
            }
            members.push(Waiting { account: *member, rating: f64::from(player.rating.0), away: None });
        }
        Ok(Group {
            members,
            party: party.map(|party| party.id),
            mode: mode.id.clone(),
            content: content.cloned().unwrap_or_else(unknown_content),
            since: now.at,
            in_front: false,
        })
    }

    /// A build that no room plays with would wait for ever.
    fn check_content(&self, account: AccountId) -> Result<(), Refusal> {
        let Some(player) = self.players.get(&account) else {
            return Ok(());
        };
        let mut official = self.registry.registrations().filter(|room| room.official).peekable();
        let Some(ours) = official.peek().map(|room| room.content.to_string()) else {
            return Ok(());
        };
        if official.any(|room| room.content == player.content) {
            return Ok(());
        }
        Err(Refusal::WrongContent { ours, theirs: player.content.to_string() })
    }

    pub(super) fn leave_queue(&mut self, account: AccountId, now: Now) {
        if self.ledger.of_player(account).is_some() || self.is_being_seated(account) {
            let refusal = out_of_turn("you hold a seat in a match that is not over");
            self.tell_player(account, FromHub::Declined { refusal });
        } else if self.waits(account) {
            self.take_out(account, LeftQueue::Asked, now);
        } else {
            self.tell_player(account, FromHub::LeftQueue { why: LeftQueue::Asked });
        }
    }

    /// Leaves queue and party: the account is going.
    pub(super) fn stop_waiting(&mut self, account: AccountId, now: Now) {
        if self.waits(account) {
            self.take_out(account, LeftQueue::Asked, now);
        }
        if self.parties.of(account).is_some() {
            self.leave_party(account, now);
        }
    }

    /// Takes the player, and with it the party, out of the queue.
    pub(super) fn take_out(&mut self, account: AccountId, why: LeftQueue, now: Now) {
        if let Some(group) = self.queue.leave(account) {
            self.dismiss(&group, why);
        }
        let joining = self
            .joining
            .iter()
            .find(|(_, group)| group.accounts().any(|member| member == account))
            .map(|(number, _)| *number);
        if let Some(group) = joining.and_then(|number| self.joining.remove(&number)) {
            self.dismiss(&group, why);
        }
        if let Some(broken) = self.proposals.withdraw(account) {
            self.break_up(broken, why, now);
        }
        if !self.is_being_seated(account)
            && let Some(arriving) = self.arriving.remove(&account)
        {
            self.dismiss(&arriving.group, why);
        }
        self.step_queue(now);
    }

    pub(super) fn confirm(&mut self, account: AccountId, id: ProposalId, now: Now) {
        let Some(proposal) = self.proposals.confirm(id, account) else {
            return;
        };
        for member in proposal.lineup.accounts() {
            self.tell_proposal(member, now);
        }
        self.step_proposals(now);
    }

    pub(super) fn step_proposals(&mut self, now: Now) {
        for broken in self.proposals.step(now.at) {
            self.break_up(broken, LeftQueue::NotReady, now);
        }
        for (_, lineup) in self.proposals.take_ready() {
            self.allocate(lineup, now);
        }
    }

    pub(super) fn step_queue(&mut self, now: Now) {
        let mut supply = self.registry.supply(now.at);
        let reserved = self
            .proposals
            .reserved()
            .filter_map(|(content, mode)| Some((content.clone(), self.modes.get(mode)?.seats())))
            .collect::<Vec<_>>();
        for (content, seats) in reserved {
            reserve(&mut supply, &content, seats);
        }
        let stepped = self.queue.step(now.at, &mut |content, seats| reserve(&mut supply, content, seats));
        for group in stepped.gone {
            self.dismiss(&group, LeftQueue::NotReady);
        }
        for lineup in stepped.formed {
            self.propose(lineup, now);
        }
        for (account, mode, standing) in stepped.tell {
            self.tell_player(
                account,
                FromHub::Queued {
                    mode,
                    waiting: standing.waiting,
                    note: standing.note,
                    waited_seconds: whole_seconds(standing.waited),
                    estimate_seconds: standing.estimate.map(whole_seconds),
                },
            );
        }
    }

    fn propose(&mut self, lineup: Lineup, now: Now) {
        let Some(time) = self.modes.get(&lineup.mode).and_then(|mode| mode.ready) else {
            self.allocate(lineup, now);
            return;
        };
        let id = self.new_proposal_id(now);
        let accounts = lineup.accounts();
        self.proposals.propose(id, lineup, now.at + time);
        for account in accounts {
            self.tell_proposal(account, now);
        }
    }

    fn break_up(&mut self, broken: Broken, why: LeftQueue, now: Now) {
        for group in &broken.at_fault {
            self.dismiss(group, why);
        }
        self.put_back(broken.innocent, now);
    }

    /// Puts groups whose match came to nothing before all others. What is durable of their waiting
    /// is still there.
    pub(super) fn put_back(&mut self, groups: Vec<Group>, now: Now) {
        let (known, gone): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| self.modes.get(&group.mode).is_some());
        for group in gone {
            self.dismiss(&group, LeftQueue::PartyChanged);
        }
        let accounts = known.iter().flat_map(Group::accounts).collect::<Vec<_>>();
        self.queue.put_back(known);
        self.note_who_is_here(accounts, now);
    }

    fn put_in(&mut self, groups: Vec<Group>, now: Now) {
        let accounts = groups.iter().flat_map(Group::accounts).collect::<Vec<_>>();
        for group in groups {
            self.queue.join(group);
        }
        self.note_who_is_here(accounts, now);
    }

    fn note_who_is_here(&mut self, accounts: Vec<AccountId>, now: Now) {
        for account in accounts {
            match self.players.get(&account).filter(|player| player.link.is_some()) {
                Some(player) => self.queue.back(account, &player.content),
                None => self.queue.away(account, now.at),
            }
        }
    }

    /// The group waits no more; its members are told when that is written down.
    fn dismiss(&mut self, group: &Group, why: LeftQueue) {
        self.write(Deed::Dequeue { accounts: group.accounts().collect(), why });
    }

    pub(super) fn dequeued(&mut self, accounts: &[AccountId], why: LeftQueue) {
        for account in accounts {
            if !self.waits(*account) || self.joins(*account) {
                self.tell_player(*account, FromHub::LeftQueue { why });
            }
        }
    }

    fn tell_standing(&mut self, account: AccountId, now: Now) {
        let Some(mode) = self.queue.group_of(account).map(|group| group.mode.clone()) else {
            return;
        };
        let room_free = !self.registry.supply(now.at).is_empty();
        let Some(standing) = self.queue.standing(account, now.at, room_free) else {
            return;
        };
        self.tell_player(
            account,
            FromHub::Queued {
                mode,
                waiting: standing.waiting,
                note: standing.note,
                waited_seconds: whole_seconds(standing.waited),
                estimate_seconds: standing.estimate.map(whole_seconds),
            },
        );
    }

    pub(super) fn tell_proposal(&mut self, account: AccountId, now: Now) {
        let Some(proposal) = self.proposals.of(account) else {
            return;
        };
        let left = proposal.until.saturating_duration_since(now.at).as_secs_f32().ceil();
        let told = FromHub::Proposed {
            proposal: proposal.id,
            mode: proposal.lineup.mode.clone(),
            ready: proposal.ready_count(),
            players: u8::try_from(proposal.lineup.accounts().len()).unwrap_or(u8::MAX),
            you_are_ready: proposal.is_ready(account),
            seconds_left: left as u8,
        };
        self.tell_player(account, told);
    }

    /// Whether the player is on the way into a match: queued, asked, or about to be let in.
    pub(super) fn waits(&self, account: AccountId) -> bool {
        self.queue.holds(account)
            || self.joins(account)
            || self.proposals.of(account).is_some()
            || self.arriving.contains_key(&account)
    }

    pub(super) fn is_engaged(&self, account: AccountId) -> bool {
        self.waits(account) || self.ledger.of_player(account).is_some()
    }

    /// Everybody who waited when the hub stopped waits on, away until the socket is back.
    pub(super) fn recall_waiting(&mut self, waiting: Vec<(QueueEntry, f64)>, now: Now) {
        let mut groups = Vec::<Group>::new();
        for (entry, rating) in waiting {
            if self.ledger.of_player(entry.account).is_some() {
                continue;
            }
            let member = Waiting { account: entry.account, rating, away: Some(now.at) };
            let known = groups.iter_mut().find(|group| {
                group.party.is_some() && group.party == entry.party && group.mode == entry.mode
            });
            match known {
                Some(group) => group.members.push(member),
                None => groups.push(Group {
                    members: vec![member],
                    party: entry.party,
                    mode: entry.mode,
                    content: unknown_content(),
                    since: now.moment_of(entry.since),
                    in_front: false,
                }),
            }
        }
        for group in groups {
            if !self.queue.join(group.clone()) {
                self.dismiss(&group, LeftQueue::PartyChanged);
            }
        }
    }
}

/// What is durable of a group's waiting.
pub(super) fn entries(group: &Group, now: Now) -> Vec<QueueEntry> {
    group
        .accounts()
        .map(|account| QueueEntry {
            account,
            mode: group.mode.clone(),
            party: group.party,
            since: now.unix_of(group.since),
        })
        .collect()
}

/// Takes the smallest room that suits off the supply.
fn reserve(supply: &mut Vec<(Content, u8)>, content: &Content, seats: u8) -> bool {
    let suiting = supply
        .iter()
        .enumerate()
        .filter(|(_, (offered, capacity))| offered == content && *capacity >= seats)
        .min_by_key(|(_, (_, capacity))| *capacity)
        .map(|(place, _)| place);
    suiting.map(|place| supply.swap_remove(place)).is_some()
}

fn whole_seconds(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
