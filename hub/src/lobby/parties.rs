//! Parties: made, joined by code, left. A party that changes leaves the queue.

use protocol::{
    hub::{FromHub, LeftQueue, Party, PartyMember},
    id::{AccountId, PartyId},
    key::PartyCode,
    limits::TEAM_SIZES,
    refusal::Refusal,
};

use crate::{
    clock::Now,
    lobby::{deed::Deed, hall::Hall, players::out_of_turn},
    matchmaking::party::Left,
};

impl Hall {
    pub(super) fn create_party(&mut self, account: AccountId, now: Now) {
        if self.parties.of(account).is_some() {
            self.tell_party_of(account);
            return;
        }
        let (id, code) = self.new_party(now);
        match self.parties.create(account, id, code).map(|party| party.id) {
            Ok(party) => self.party_changed(party, now),
            Err(refusal) => self.tell_player(account, FromHub::Declined { refusal }),
        }
    }

    pub(super) fn join_party(&mut self, account: AccountId, code: &PartyCode, now: Now) {
        let already = self.parties.of(account).is_some_and(|party| party.code == *code);
        if already {
            self.tell_party_of(account);
            return;
        }
        if self.is_engaged(account) {
            let refusal = out_of_turn("leave the queue or your match first");
            self.tell_player(account, FromHub::Declined { refusal });
            return;
        }
        if !self.parties.code_taken(code) {
            return self.tell_player(account, FromHub::Declined { refusal: Refusal::NoSuchParty });
        }
        let alone = self.parties.of(account).is_some_and(|party| party.members.len() == 1);
        if alone {
            self.leave_party(account, now);
        }
        match self.parties.join(code, account, *TEAM_SIZES.end()).map(|party| party.id) {
            Ok(party) => self.party_changed(party, now),
            Err(refusal) => self.tell_player(account, FromHub::Declined { refusal }),
        }
    }

    pub(super) fn leave_party(&mut self, account: AccountId, now: Now) {
        match self.parties.of(account).map(|party| (party.id, party.code.clone())) {
            Some((id, code)) => {
                self.take_party_out(id, now);
                if let Some(left) = self.parties.leave(account) {
                    self.left_party(account, left, code);
                }
            }
            None => self.tell_player(account, FromHub::Party { party: None }),
        }
    }

    pub(super) fn remove_from_party(&mut self, leader: AccountId, removed: AccountId, now: Now) {
        let of_party = self.parties.of(leader).map(|party| (party.id, party.code.clone()));
        match self.parties.remove(leader, removed) {
            Ok(left) => {
                if let Some((id, code)) = of_party {
                    self.take_party_out(id, now);
                    self.left_party(removed, left, code);
                }
            }
            Err(refusal) => self.tell_player(leader, FromHub::Declined { refusal }),
        }
    }

    /// Tells everybody in the player's party how it stands.
    pub(super) fn tell_party_of(&mut self, account: AccountId) {
        let Some(party) = self.parties.of(account) else {
            return;
        };
        let told = Party {
            id: party.id,
            code: party.code.clone(),
            members: party
                .members
                .iter()
                .filter_map(|member| {
                    let player = self.players.get(member);
                    let name = player.map(|player| &player.name).or_else(|| self.absent.get(member))?.clone();
                    Some(PartyMember { account: *member, name, here: self.is_here(*member) })
                })
                .collect(),
        };
        for member in party.members.clone() {
            self.tell_player(member, FromHub::Party { party: Some(told.clone()) });
        }
    }

    fn party_changed(&mut self, id: PartyId, now: Now) {
        self.take_party_out(id, now);
        let Some(party) = self.parties.get(id) else {
            return;
        };
        let (code, members) = (party.code.clone(), party.members.clone());
        self.write(Deed::SaveParty { id, code, members });
    }

    fn left_party(&mut self, account: AccountId, left: Left, code: PartyCode) {
        let Left { party, rest } = left;
        self.write(Deed::SaveParty { id: party, code, members: rest });
        self.tell_player(account, FromHub::Party { party: None });
    }

    /// Tells those who are in it how the party stands.
    pub(super) fn party_saved(&mut self, id: PartyId) {
        let first = self.parties.get(id).and_then(|party| party.members.first().copied());
        if let Some(first) = first {
            self.tell_party_of(first);
        }
    }

    /// Nobody waits as a party that is another one by now.
    fn take_party_out(&mut self, id: PartyId, now: Now) {
        let waiting = self
            .parties
            .get(id)
            .into_iter()
            .flat_map(|party| party.members.clone())
            .find(|member| self.waits(*member));
        if let Some(member) = waiting {
            self.take_out(member, LeftQueue::PartyChanged, now);
        }
    }
}
