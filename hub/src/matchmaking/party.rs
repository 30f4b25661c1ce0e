//! Parties: players who queue as one. A code lets others in.

use std::collections::BTreeMap;

use protocol::{
    id::{AccountId, PartyId},
    key::PartyCode,
    refusal::Refusal,
};

/// Players who queue as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub id: PartyId,
    pub code: PartyCode,
    /// The leader first, then in the order they came; never empty.
    pub members: Vec<AccountId>,
}

/// All parties. Each account is in at most one.
#[derive(Default)]
pub struct Parties {
    parties: BTreeMap<PartyId, Party>,
    membership: BTreeMap<AccountId, PartyId>,
}

/// Somebody is not in this party any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub party: PartyId,
    /// Who is still in it, the leader first. A party of one stays, and its code still works; a party of
    /// nobody is over.
    pub rest: Vec<AccountId>,
}

impl Parties {
    /// The parties as they were before the hub restarted.
    pub fn restore(parties: Vec<Party>) -> Self {
        let mut restored = Self::default();
        for party in parties.into_iter().filter(|party| !party.members.is_empty()) {
            restored.insert(party);
        }
        restored
    }

    /// Makes a party of one. No other party has this id or code.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfTurn`] for somebody who is in a party.
    pub fn create(&mut self, leader: AccountId, id: PartyId, code: PartyCode) -> Result<&Party, Refusal> {
        if self.membership.contains_key(&leader) {
            return Err(in_a_party());
        }
        Ok(self.insert(Party { id, code, members: vec![leader] }))
    }

    /// Lets somebody in who has the code, up to `most` members; who is in already stays in.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoSuchParty`], [`Refusal::PartyFull`], or [`Refusal::OutOfTurn`] for somebody who is in
    /// another party.
    pub fn join(&mut self, code: &PartyCode, account: AccountId, most: u8) -> Result<&Party, Refusal> {
        let party = self.parties.values_mut().find(|party| party.code == *code);
        let party = party.ok_or(Refusal::NoSuchParty)?;
        match self.membership.get(&account) {
            Some(id) if *id == party.id => return Ok(party),
            Some(_) => return Err(in_a_party()),
            None => {}
        }
        if party.members.len() >= usize::from(most) {
            let size = u8::try_from(party.members.len()).unwrap_or(u8::MAX);
            return Err(Refusal::PartyFull { size });
        }
        party.members.push(account);
        self.membership.insert(account, party.id);
        Ok(party)
    }

    /// After the leader comes whoever has been in it longest.
    pub fn leave(&mut self, account: AccountId) -> Option<Left> {
        let id = self.membership.remove(&account)?;
        let party = self.parties.get_mut(&id)?;
        party.members.retain(|member| *member != account);
        let rest = party.members.clone();
        if rest.is_empty() {
            self.parties.remove(&id);
        }
        Some(Left { party: id, rest })
    }

    /// Sends a member away. A leader who names the own account leaves.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotLeader`], or [`Refusal::OutOfTurn`] when the account is not in this party.
    pub fn remove(&mut self, leader: AccountId, account: AccountId) -> Result<Left, Refusal> {
        let led = self.of(leader).filter(|party| party.members.first() == Some(&leader));
        let party = led.ok_or(Refusal::NotLeader)?;
        if !party.members.contains(&account) {
            return Err(not_in_your_party());
        }
        self.leave(account).ok_or_else(not_in_your_party)
    }

    /// The party this player is in.
    pub fn of(&self, account: AccountId) -> Option<&Party> {
        self.parties.get(self.membership.get(&account)?)
    }

    pub fn get(&self, id: PartyId) -> Option<&Party> {
        self.parties.get(&id)
    }

    /// Whether a new party needs another code.
    pub fn code_taken(&self, code: &PartyCode) -> bool {
        self.parties.values().any(|party| party.code == *code)
    }

    fn insert(&mut self, party: Party) -> &Party {
        for member in &party.members {
            self.membership.insert(*member, party.id);
        }
        self.parties.entry(party.id).or_insert(party)
    }
}

fn in_a_party() -> Refusal {
    Refusal::OutOfTurn { detail: "you are in a party; leave it first".to_owned() }
}

fn not_in_your_party() -> Refusal {
    Refusal::OutOfTurn { detail: "this player is not in your party".to_owned() }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MOST: u8 = 3;

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    fn party_id(number: u128) -> PartyId {
        PartyId(Uuid::from_u128(number))
    }

    fn code(number: u32) -> PartyCode {
        PartyCode::from_random(number)
    }

    /// Party 1 with these members; its code is number 1.
    fn party_of(members: impl IntoIterator<Item = u128>) -> Parties {
        let members = members.into_iter().map(account).collect();
        Parties::restore(vec![Party { id: party_id(1), code: code(1), members }])
    }

    #[test]
    fn a_code_lets_others_in_behind_the_leader() {
        let mut parties = Parties::default();
        assert!(parties.create(account(0), party_id(1), code(1)).is_ok());
        let members = parties.join(&code(1), account(1), MOST).map(|party| party.members.clone());
        assert_eq!(members, Ok(vec![account(0), account(1)]));
        assert_eq!(parties.of(account(1)), parties.get(party_id(1)));
        assert!(parties.code_taken(&code(1)) && !parties.code_taken(&code(2)));
    }

    #[test]
    fn nobody_is_in_two_parties() {
        let mut parties = party_of([0]);
        let refused = Err(in_a_party());
        assert_eq!(parties.create(account(0), party_id(2), code(2)).cloned(), refused);
        assert!(parties.create(account(1), party_id(2), code(2)).is_ok());
        assert_eq!(parties.join(&code(1), account(1), MOST).cloned(), refused);
        assert!(parties.join(&code(2), account(1), MOST).is_ok(), "who is in already stays in");
    }

    #[test]
    fn a_full_party_takes_nobody() {
        let mut parties = party_of(0..3);
        let refused = Err(Refusal::PartyFull { size: 3 });
        assert_eq!(parties.join(&code(1), account(3), MOST).cloned(), refused);
        assert_eq!(parties.of(account(3)), None);
    }

    #[test]
    fn a_code_of_no_party_is_refused() {
        let refused = Err(Refusal::NoSuchParty);
        assert_eq!(party_of([0]).join(&code(2), account(1), MOST).cloned(), refused);
    }

    #[test]
    fn who_came_next_leads_when_the_leader_leaves() {
        let mut parties = party_of(0..3);
        let rest = vec![account(1), account(2)];
        assert_eq!(parties.leave(account(0)), Some(Left { party: party_id(1), rest }));
        assert_eq!(parties.remove(account(2), account(1)), Err(Refusal::NotLeader));
        assert!(parties.remove(account(1), account(2)).is_ok());
    }

    #[test]
    fn a_party_of_one_stays_and_of_nobody_is_over() {
        let mut parties = party_of(0..2);
        parties.leave(account(0));
        assert!(parties.code_taken(&code(1)));
        assert_eq!(parties.leave(account(1)), Some(Left { party: party_id(1), rest: Vec::new() }));
        assert!(!parties.code_taken(&code(1)));
        assert_eq!(parties.get(party_id(1)), None);
        assert_eq!(parties.leave(account(1)), None);
    }

    #[test]
    fn only_the_leader_sends_members_away() {
        let mut parties = party_of(0..2);
        assert_eq!(parties.remove(account(1), account(0)), Err(Refusal::NotLeader));
        assert_eq!(parties.remove(account(9), account(0)), Err(Refusal::NotLeader));
        assert_eq!(parties.remove(account(0), account(9)), Err(not_in_your_party()));
        let left = Left { party: party_id(1), rest: vec![account(0)] };
        assert_eq!(parties.remove(account(0), account(1)), Ok(left));
        assert_eq!(parties.of(account(1)), None);
    }

    #[test]
    fn a_party_outlives_the_hub() {
        let parties = party_of(0..2);
        assert_eq!(parties.of(account(1)).map(|party| party.members.len()), Some(2));
        let empty = Party { id: party_id(2), code: code(2), members: Vec::new() };
        assert!(!Parties::restore(vec![empty]).code_taken(&code(2)));
    }
}
