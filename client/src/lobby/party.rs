//! What a party lets its members do, and the way into one from outside.

use bevy::prelude::*;
use game::protocol::{
    hub::{ModeInfo, Party, PartyMember, ToHub},
    id::AccountId,
};

use crate::{
    platform,
    schedule::FlowSystems,
    session::{News, Session},
    settings::{Invitation, Settings},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, accept.in_set(FlowSystems::Lobby));
}

/// Uses the invitation that this client was started with, once.
fn accept(
    mut news: MessageReader<News>,
    settings: Res<Settings>,
    session: Res<Session>,
    mut accepted: Local<bool>,
) {
    let signed_in = news.read().any(|news| matches!(news, News::SignedIn(_)));
    if !signed_in || *accepted {
        return;
    }
    *accepted = true;
    if let Some(invitation) = &settings.invitation {
        session.say(match invitation {
            Invitation::Create => ToHub::CreateParty {},
            Invitation::Join(code) => ToHub::JoinParty { code: code.clone() },
        });
        platform::forget_invitation();
    }
}

pub(crate) fn leads(party: &Party, account: Option<AccountId>) -> bool {
    leader(party).is_some_and(|leader| Some(leader.account) == account)
}

/// Why this player cannot ask for a match of `mode`, in words; `None` if nothing is in the way.
pub(crate) fn hindrance(party: Option<&Party>, own: Option<AccountId>, mode: &ModeInfo) -> Option<String> {
    let party = party?;
    let leader = leader(party)?;
    if !leads(party, own) {
        return Some(format!("Only {} can press Play for your party.", leader.name));
    }
    let (seats, members) = (usize::from(mode.team_size), party.members.len());
    if members > seats {
        let seats = if seats == 1 { "1 seat".into() } else { format!("{seats} seats") };
        return Some(format!("A side has {seats} in {}, your party has {members} members.", mode.name));
    }
    let away = party.members.iter().find(|member| !member.here)?;
    Some(format!("{} is away. Wait, or go on without them by removing them.", away.name))
}

fn leader(party: &Party) -> Option<&PartyMember> {
    party.members.first()
}

#[cfg(test)]
pub(crate) mod tests {
    use game::protocol::{key::ModeId, key::PartyCode, text::PlayerName};

    use super::*;

    pub(crate) fn account(number: u128) -> AccountId {
        serde_json::from_str(&format!("\"{number:032x}\"")).expect("a uuid should be read")
    }

    /// A party of as many members, the first of them its leader.
    pub(crate) fn party(size: u128) -> Party {
        let member = |number| PartyMember {
            account: account(number),
            name: PlayerName::new(&format!("ann {number}")).expect("the name should be good"),
            here: true,
        };
        let id = serde_json::from_str(&format!("\"{:032x}\"", 99)).expect("a uuid should be read");
        Party { id, code: PartyCode::from_random(7), members: (1..=size).map(member).collect() }
    }

    pub(crate) fn mode(name: &str, team_size: u8) -> ModeInfo {
        let mode = ModeId::try_from(name.to_owned()).expect("the mode should be well formed");
        ModeInfo { mode, name: name.into(), about: "About it.".into(), team_size }
    }

    #[test]
    fn only_the_leader_may_play() {
        let (party, quick) = (party(2), mode("quick", 3));
        assert_eq!(hindrance(Some(&party), Some(account(1)), &quick), None);
        let why = hindrance(Some(&party), Some(account(2)), &quick);
        assert_eq!(why.as_deref(), Some("Only ann 1 can press Play for your party."));
        assert_eq!(hindrance(None, Some(account(2)), &quick), None);
    }

    #[test]
    fn party_larger_than_a_side_is_told_so() {
        let why = hindrance(Some(&party(2)), Some(account(1)), &mode("duel", 1));
        assert_eq!(why.as_deref(), Some("A side has 1 seat in duel, your party has 2 members."));
    }

    #[test]
    fn party_waits_for_a_member_who_is_away() {
        let mut party = party(2);
        party.members[1].here = false;
        let why = hindrance(Some(&party), Some(account(1)), &mode("quick", 3)).expect("somebody is away");
        assert!(why.starts_with("ann 2 is away."), "the reason should name who: {why}");
    }
}
