//! Players: who is here, what they say, and how they queue.

use std::time::Instant;

use protocol::{
    hub::{FromHub, ToHub},
    id::{AccountId, MatchId},
    limits::ROSTER_NAMES,
    refusal::Refusal,
    registry::FromRegistry,
    text::ChatText,
};

use crate::{
    account::socket_token::Grant,
    lobby::hall::{Hall, Player},
    matches::ledger::Phase,
    secret::TokenHash,
    socket::outbox::{Link, Outbox},
};

impl Hall {
    /// The newest socket of an account wins; place in the queue and seat carry over.
    pub fn sign_in(&mut self, link: Link, grant: Grant, outbox: Outbox<FromHub>, now: Instant) {
        let account = grant.account;
        tracing::info!(account.id = %account.id, "`{}` is here", account.name);
        outbox.put(FromHub::SignedIn {
            account: account.id,
            name: account.name.clone(),
            guest: account.guest,
        });
        let player = Player { link, name: account.name, session: grant.session, outbox };
        if let Some(older) = self.players.insert(account.id, player) {
            older.outbox.put(FromHub::Refused { refusal: Refusal::SignedInElsewhere });
        }
        self.tell_player(account.id, self.here());
        self.roster.changed = true;
        self.queue.back(account.id);
        self.step_queue(now);
        let seated = self
            .ledger
            .of_player(account.id)
            .is_some_and(|current| current.phase == Phase::Running && current.room.is_some());
        if seated {
            self.ask_for_ticket(account.id);
        }
    }

    pub fn client_said(&mut self, link: Link, account: AccountId, message: ToHub, now: Instant) {
        if !self.is_current(link, account) {
            return;
        }
        match message {
            ToHub::Chat { text } => self.chat(account, &text),
            ToHub::JoinQueue {} => self.join_queue(account, now),
            ToHub::LeaveQueue {} => self.leave_queue(account, now),
            ToHub::ReissueTicket { match_id } => self.reissue_ticket(account, match_id),
            ToHub::Hello { .. } | ToHub::Answer { .. } | ToHub::SignIn { .. } => {
                tracing::error!("the socket let a handshake message through");
            }
        }
    }

    pub fn client_left(&mut self, link: Link, account: AccountId, now: Instant) {
        if !self.is_current(link, account) {
            return;
        }
        if let Some(player) = self.players.remove(&account) {
            tracing::info!(account.id = %account, "`{}` has left", player.name);
        }
        self.queue.away(account, now);
        self.roster.changed = true;
    }

    /// The session is over, and so are its sockets.
    pub fn end_session(&mut self, session: &TokenHash) {
        let ended = self.players.iter().filter(|(_, player)| player.session == *session);
        for (account, player) in ended {
            player.outbox.put(FromHub::Refused {
                refusal: Refusal::OutOfTurn { detail: "you logged out".to_owned() },
            });
            self.queue.leave(*account);
        }
    }

    /// Tells everybody who is here, if that has changed and the last time is long enough ago.
    pub(super) fn tell_roster(&mut self, now: Instant) {
        let due = now.duration_since(self.roster.told) >= self.timings.roster_every;
        if !self.roster.changed || !due {
            return;
        }
        self.roster.changed = false;
        self.roster.told = now;
        let here = self.here();
        for player in self.players.values() {
            player.outbox.put(here.clone());
        }
    }

    /// Asks the room of a running match for a new ticket; the answer comes as `TicketIssued`.
    fn ask_for_ticket(&mut self, account: AccountId) {
        let Some(current) = self.ledger.of_player(account) else {
            return;
        };
        let Some(room) = current.room else {
            return;
        };
        current.awaiting.insert(account);
        let allocation = current.allocation;
        self.tell_room(room, FromRegistry::IssueTicket { allocation, account });
    }

    fn reissue_ticket(&mut self, account: AccountId, match_id: MatchId) {
        let refusal = match self.ledger.of_player(account) {
            Some(current) if current.allocation.match_id == match_id => match (current.phase, current.room) {
                (Phase::Running, Some(_)) => None,
                (Phase::Running, None) => Some(Refusal::RoomUnavailable {
                    detail: "its link to the hub is lost; it has a moment to come back".to_owned(),
                }),
                (Phase::Allocated { .. } | Phase::Prepared, _) => {
                    Some(out_of_turn("the match is being prepared"))
                }
                (Phase::Reported | Phase::Void, _) => Some(Refusal::NoSuchMatch),
            },
            _ => Some(Refusal::NoSuchMatch),
        };
        match refusal {
            Some(refusal) => self.tell_player(account, FromHub::Declined { refusal }),
            None => self.ask_for_ticket(account),
        }
    }

    fn chat(&self, account: AccountId, text: &ChatText) {
        let Some(speaker) = self.players.get(&account) else {
            return;
        };
        let chatted = FromHub::Chatted { from: speaker.name.clone(), text: text.clone() };
        for player in self.players.values() {
            player.outbox.put(chatted.clone());
        }
    }

    fn join_queue(&mut self, account: AccountId, now: Instant) {
        let held = self.ledger.of_player(account).map(|held| (held.phase, held.allocation.match_id));
        if let Some((Phase::Running, match_id)) = held {
            self.reissue_ticket(account, match_id);
        } else if held.is_some() {
            let refusal = out_of_turn("your last match is not recorded yet; try again in a moment");
            self.tell_player(account, FromHub::Declined { refusal });
        } else if self.queue.join(account, now) {
            self.step_queue(now);
        } else {
            let (waiting, note) = (self.queue.count(), self.queue.note(now));
            self.tell_player(account, FromHub::Queued { waiting, note });
        }
    }

    fn leave_queue(&mut self, account: AccountId, now: Instant) {
        if self.ledger.of_player(account).is_some() {
            let refusal = out_of_turn("you hold a seat in a match that is not over");
            self.tell_player(account, FromHub::Declined { refusal });
            return;
        }
        self.queue.leave(account);
        self.tell_player(account, FromHub::LeftQueue {});
        self.step_queue(now);
    }

    fn here(&self) -> FromHub {
        let mut names = self.players.values().map(|player| player.name.clone()).collect::<Vec<_>>();
        names.sort_unstable();
        names.truncate(ROSTER_NAMES);
        FromHub::Here { names, total: u32::try_from(self.players.len()).unwrap_or(u32::MAX) }
    }

    fn is_current(&self, link: Link, account: AccountId) -> bool {
        self.players.get(&account).is_some_and(|player| player.link == link)
    }
}

fn out_of_turn(detail: &str) -> Refusal {
    Refusal::OutOfTurn { detail: detail.to_owned() }
}
