//! Players: who is here, what they say, and how they go.

use protocol::{
    hub::{FromHub, LeftQueue, ToHub},
    id::{AccountId, MatchId},
    limits::{MOST_MUTES, ROSTER_NAMES},
    refusal::Refusal,
    registry::FromRegistry,
    text::{ChatText, PlayerName},
};

use crate::{
    clock::Now,
    lobby::{
        deed::{Deed, Muting},
        hall::{Entrant, Hall, Player},
    },
    matches::ledger::Phase,
    secret::TokenHash,
    socket::outbox::Link,
};

impl Hall {
    /// The newest socket of an account wins; party, place in the queue and seat carry over.
    pub(super) fn sign_in(&mut self, link: Link, entrant: Entrant, now: Now) {
        let Entrant { account, name, guest, session, content, rating, mutes } = entrant;
        tracing::info!(account.id = %account, "`{name}` is here");
        self.tell_link(
            link,
            FromHub::SignedIn {
                account,
                name: name.clone(),
                guest,
                rating,
                modes: self.modes.infos(),
                muted: mutes.iter().map(|(_, name)| name.clone()).collect(),
            },
        );
        if self.proposals.of(account).is_some_and(|proposal| proposal.lineup.content != content) {
            self.take_out(account, LeftQueue::NotReady, now);
        }
        self.queue.back(account, &content);
        self.queue.set_rating(account, f64::from(rating.0));
        let player = Player { link: Some(link), name, session, content, rating, mutes };
        let older = self.players.insert(account, player).and_then(|older| older.link);
        if let Some(older) = older {
            self.accounts.remove(&older);
            self.tell_link(older, FromHub::Refused { refusal: Refusal::SignedInElsewhere });
        }
        self.accounts.insert(link, account);
        self.roster.changed = true;
        let here = self.here();
        self.tell_player(account, here);
        self.tell_party_of(account);
        self.tell_proposal(account, now);
        self.step_queue(now);
        self.ask_for_ticket(account);
    }

    pub(super) fn client_said(&mut self, link: Link, message: ToHub, now: Now) {
        let Some(account) = self.accounts.get(&link).copied() else {
            return;
        };
        match message {
            ToHub::Chat { text } => self.chat(account, &text),
            ToHub::Mute { name } => self.write(Deed::Mute { account, name, on: true }),
            ToHub::Unmute { name } => self.write(Deed::Mute { account, name, on: false }),
            ToHub::CreateParty {} => self.create_party(account, now),
            ToHub::JoinParty { code } => self.join_party(account, &code, now),
            ToHub::LeaveParty {} => self.leave_party(account, now),
            ToHub::RemoveFromParty { account: removed } => self.remove_from_party(account, removed, now),
            ToHub::JoinQueue { mode } => self.join_queue(account, &mode, now),
            ToHub::LeaveQueue {} => self.leave_queue(account, now),
            ToHub::Ready { proposal } => self.confirm(account, proposal, now),
            ToHub::ReissueTicket { match_id } => self.reissue_ticket(account, match_id),
            ToHub::Hello { .. } | ToHub::Answer { .. } | ToHub::SignIn { .. } => {
                tracing::error!("the socket let a handshake message through");
            }
        }
    }

    pub(super) fn client_left(&mut self, link: Link, now: Now) {
        let Some(account) = self.accounts.remove(&link) else {
            return;
        };
        if let Some(player) = self.players.get_mut(&account) {
            tracing::info!(account.id = %account, "`{}` has left", player.name);
            player.link = None;
        }
        self.queue.away(account, now.at);
        self.tell_party_of(account);
        self.roster.changed = true;
    }

    /// The session is over, and so is its socket.
    pub(super) fn end_session(&mut self, session: &TokenHash, now: Now) {
        let ended = self
            .players
            .iter()
            .filter(|(_, player)| player.session == *session)
            .map(|(account, _)| *account)
            .collect::<Vec<_>>();
        for account in ended {
            self.end_account(account, Refusal::SessionEnded, now);
        }
    }

    /// This account has no business here any more.
    pub(super) fn end_account(&mut self, account: AccountId, why: Refusal, now: Now) {
        self.stop_waiting(account, now);
        if let Some((allocation, room)) =
            self.ledger.of_player(account).and_then(|held| Some((held.opening.allocation, held.room?)))
        {
            self.tell_room(room, FromRegistry::Revoke { allocation, account });
        }
        if let Some(link) = self.players.get_mut(&account).and_then(|player| player.link.take()) {
            self.accounts.remove(&link);
            self.roster.changed = true;
            self.tell_link(link, FromHub::Refused { refusal: why });
        }
    }

    pub(super) fn renamed(&mut self, account: AccountId, name: PlayerName) {
        if let Some(player) = self.players.get_mut(&account) {
            player.name = name;
            self.roster.changed = true;
            self.tell_party_of(account);
        }
    }

    /// Tells everybody who is here, if that has changed and the last time is long enough ago.
    pub(super) fn tell_roster(&mut self, now: Now) {
        let due = now.at.duration_since(self.roster.told) >= self.timings.roster_every;
        if !self.roster.changed || !due {
            return;
        }
        self.roster.changed = false;
        self.roster.told = now.at;
        let here = self.here();
        for link in self.accounts.keys().copied().collect::<Vec<_>>() {
            self.tell_link(link, here.clone());
        }
    }

    /// Asks the room of a running match for a new ticket; the answer comes as `TicketIssued`. A build
    /// that is not the room's gets none.
    pub(super) fn ask_for_ticket(&mut self, account: AccountId) {
        let room = self.ledger.of_player(account).and_then(|held| self.registry.get(held.room?));
        let player = self.players.get(&account);
        if let (Some(room), Some(player)) = (room, player)
            && room.content != player.content
        {
            let (ours, theirs) = (room.content.to_string(), player.content.to_string());
            let refusal = Refusal::WrongContent { ours, theirs };
            return self.tell_player(account, FromHub::Declined { refusal });
        }
        if let Some((room, allocation)) = self.ledger.await_ticket(account) {
            self.tell_room(room, FromRegistry::IssueTicket { allocation, account });
        }
    }

    pub(super) fn reissue_ticket(&mut self, account: AccountId, match_id: MatchId) {
        let refusal = match self.ledger.of_player(account) {
            Some(current) if current.opening.allocation.match_id == match_id => {
                match (current.phase, current.room) {
                    (Phase::Running, Some(_)) => None,
                    (Phase::Running, None) => Some(Refusal::RoomUnavailable {
                        detail: "its link to the hub is lost; it has a moment to come back".to_owned(),
                    }),
                    (Phase::Allocated { .. } | Phase::Prepared, _) => {
                        Some(out_of_turn("the match is being prepared"))
                    }
                    (Phase::Reported | Phase::Void, _) => Some(Refusal::NoSuchMatch),
                }
            }
            _ => Some(Refusal::NoSuchMatch),
        };
        match refusal {
            Some(refusal) => self.tell_player(account, FromHub::Declined { refusal }),
            None => self.ask_for_ticket(account),
        }
    }

    fn chat(&mut self, account: AccountId, text: &ChatText) {
        let Some(speaker) = self.players.get(&account) else {
            return;
        };
        let chatted = FromHub::Chatted { from: speaker.name.clone(), text: text.clone() };
        let listeners = self
            .players
            .values()
            .filter(|player| !player.mutes.iter().any(|(muted, _)| *muted == account))
            .filter_map(|player| player.link)
            .collect::<Vec<_>>();
        for link in listeners {
            self.tell_link(link, chatted.clone());
        }
    }

    pub(super) fn muted(&mut self, account: AccountId, mutes: Vec<(AccountId, PlayerName)>, outcome: Muting) {
        let refusal = match outcome {
            Muting::Done => None,
            Muting::NoSuchPlayer { name } => Some(Refusal::NoSuchPlayer { name: name.to_string() }),
            Muting::TooMany => Some(out_of_turn(&format!("you have muted {MOST_MUTES} players already"))),
        };
        if let Some(refusal) = refusal {
            self.tell_player(account, FromHub::Declined { refusal });
        }
        if let Some(player) = self.players.get_mut(&account) {
            let names = mutes.iter().map(|(_, name)| name.clone()).collect();
            player.mutes = mutes;
            self.tell_player(account, FromHub::Muted { names });
        }
    }

    fn here(&self) -> FromHub {
        let mut names = self
            .accounts
            .values()
            .filter_map(|account| self.players.get(account))
            .map(|player| player.name.clone())
            .collect::<Vec<_>>();
        names.sort_unstable();
        names.truncate(ROSTER_NAMES);
        FromHub::Here { names, total: u32::try_from(self.accounts.len()).unwrap_or(u32::MAX) }
    }
}

pub(super) fn out_of_turn(detail: &str) -> Refusal {
    Refusal::OutOfTurn { detail: detail.to_owned() }
}
