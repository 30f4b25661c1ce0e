//! Who waits, who is in a party and who has muted whom, as it outlives the hub's process.

use diesel::{dsl, prelude::*};
use protocol::{
    id::{AccountId, PartyId},
    key::{ModeId, PartyCode},
    limits::MOST_MUTES,
    text::PlayerName,
};

use crate::{
    account::store::{name_column, uuid_column},
    matches::{
        rating::{Skill, exact_points},
        store::column::{key_of_column, unreadable},
    },
    store::{
        connection::AnyConnection,
        schema::{accounts, hub_counters, mutes, party_members, queue_entries, ratings},
    },
};

/// The counter of the hub's starts.
const STARTS: &str = "starts";

/// A waiting player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    pub account: AccountId,
    pub mode: ModeId,
    pub party: Option<PartyId>,
    /// When this player began to wait, in unix milliseconds.
    pub since: i64,
}

/// A party as it was last written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyRow {
    pub id: PartyId,
    pub code: PartyCode,
    /// In their order, the leader first; never empty.
    pub members: Vec<AccountId>,
}

/// Lets players wait. An entry takes the place of the account's older one.
pub fn enqueue(connection: &mut AnyConnection, entries: &[QueueEntry]) -> QueryResult<()> {
    for entry in entries {
        dequeue(connection, &[entry.account])?;
        let row = EntryRow {
            account_id: entry.account.to_string(),
            mode: entry.mode.to_string(),
            party_id: entry.party.map(|party| party.to_string()),
            since: entry.since,
        };
        diesel::insert_into(queue_entries::table).values(row).execute(connection)?;
    }
    Ok(())
}

/// These players wait no more.
pub fn dequeue(connection: &mut AnyConnection, accounts: &[AccountId]) -> QueryResult<()> {
    for account in accounts {
        let entry = queue_entries::table.filter(queue_entries::account_id.eq(account.to_string()));
        diesel::delete(entry).execute(connection)?;
    }
    Ok(())
}

/// Everybody who waits with their rating in points, who has waited longest first.
pub fn waiting(connection: &mut AnyConnection) -> QueryResult<Vec<(QueueEntry, f64)>> {
    let rows = queue_entries::table
        .left_join(ratings::table.on(ratings::account_id.eq(queue_entries::account_id)))
        .order((queue_entries::since.asc(), queue_entries::account_id.asc()))
        .select((
            queue_entries::account_id,
            queue_entries::mode,
            queue_entries::party_id,
            queue_entries::since,
            ratings::rating.nullable(),
        ))
        .load::<(String, String, Option<String>, i64, Option<f64>)>(connection)?;
    rows.into_iter()
        .map(|(account, mode, party, since, rating)| {
            let entry = QueueEntry {
                account: AccountId(uuid_column(&account)?),
                mode: key_of_column(mode)?,
                party: party.as_deref().map(uuid_column).transpose()?.map(PartyId),
                since,
            };
            Ok((entry, exact_points(rating.unwrap_or(Skill::default().rating))))
        })
        .collect()
}

/// Writes a party down as it is now, the leader first; one without members is gone. Its members leave
/// every other party.
pub fn save_party(
    connection: &mut AnyConnection,
    party: PartyId,
    code: &PartyCode,
    members: &[AccountId],
) -> QueryResult<()> {
    diesel::delete(party_members::table.filter(party_members::party_id.eq(party.to_string())))
        .execute(connection)?;
    for (place, member) in (0..).zip(members) {
        let row = MemberRow {
            account_id: member.to_string(),
            party_id: party.to_string(),
            code: code.to_string(),
            place,
        };
        diesel::delete(party_members::table.filter(party_members::account_id.eq(&row.account_id)))
            .execute(connection)?;
        diesel::insert_into(party_members::table).values(row).execute(connection)?;
    }
    Ok(())
}

pub fn parties(connection: &mut AnyConnection) -> QueryResult<Vec<PartyRow>> {
    let rows = party_members::table
        .order((party_members::party_id.asc(), party_members::place.asc()))
        .select((party_members::party_id, party_members::code, party_members::account_id))
        .load::<(String, String, String)>(connection)?;
    let mut parties: Vec<PartyRow> = Vec::new();
    for (party, code, account) in rows {
        let (id, account) = (PartyId(uuid_column(&party)?), AccountId(uuid_column(&account)?));
        match parties.last_mut() {
            Some(last) if last.id == id => last.members.push(account),
            _ => parties.push(PartyRow { id, code: key_of_column(code)?, members: vec![account] }),
        }
    }
    Ok(parties)
}

/// What those are called who are in a party.
pub fn party_names(connection: &mut AnyConnection) -> QueryResult<Vec<(AccountId, PlayerName)>> {
    let rows = party_members::table
        .inner_join(accounts::table.on(accounts::id.eq(party_members::account_id)))
        .order(accounts::id.asc())
        .select((accounts::id, accounts::name))
        .load::<(String, String)>(connection)?;
    rows.into_iter().map(|(id, name)| Ok((AccountId(uuid_column(&id)?), name_column(&name)?))).collect()
}

/// Counts a start of the hub and answers its number, 1 for the first. No two starts get the same.
pub fn next_start(connection: &mut AnyConnection) -> QueryResult<u32> {
    let counted = diesel::update(hub_counters::table.filter(hub_counters::name.eq(STARTS)))
        .set(hub_counters::value.eq(hub_counters::value + 1_i64))
        .execute(connection)?;
    if counted == 0 {
        let first = CounterRow { name: STARTS, value: 1 };
        diesel::insert_into(hub_counters::table).values(first).execute(connection)?;
    }
    let start = hub_counters::table
        .filter(hub_counters::name.eq(STARTS))
        .select(hub_counters::value)
        .first::<i64>(connection)?;
    u32::try_from(start).map_err(unreadable)
}

/// `false` when this account has muted [`MOST_MUTES`] others already.
pub fn mute(connection: &mut AnyConnection, account: AccountId, muted: AccountId) -> QueryResult<bool> {
    unmute(connection, account, muted)?;
    let others = mutes::table
        .filter(mutes::account_id.eq(account.to_string()))
        .select(dsl::count_star())
        .first::<i64>(connection)?;
    if usize::try_from(others).is_ok_and(|others| others >= MOST_MUTES) {
        return Ok(false);
    }
    let row = MuteRow { account_id: account.to_string(), muted_id: muted.to_string() };
    diesel::insert_into(mutes::table).values(row).execute(connection)?;
    Ok(true)
}

pub fn unmute(connection: &mut AnyConnection, account: AccountId, muted: AccountId) -> QueryResult<()> {
    let mute = mutes::table
        .filter(mutes::account_id.eq(account.to_string()))
        .filter(mutes::muted_id.eq(muted.to_string()));
    diesel::delete(mute).execute(connection)?;
    Ok(())
}

/// Whom an account has muted, by name; without deleted accounts, which say nothing any more.
pub fn mutes(
    connection: &mut AnyConnection,
    account: AccountId,
) -> QueryResult<Vec<(AccountId, PlayerName)>> {
    let rows = mutes::table
        .inner_join(accounts::table.on(accounts::id.eq(mutes::muted_id)))
        .filter(mutes::account_id.eq(account.to_string()))
        .filter(accounts::deleted_at.is_null())
        .order(accounts::name.asc())
        .select((accounts::id, accounts::name))
        .load::<(String, String)>(connection)?;
    rows.into_iter().map(|(id, name)| Ok((AccountId(uuid_column(&id)?), name_column(&name)?))).collect()
}

#[derive(Insertable)]
#[diesel(table_name = queue_entries, treat_none_as_default_value = false)]
struct EntryRow {
    account_id: String,
    mode: String,
    party_id: Option<String>,
    since: i64,
}

#[derive(Insertable)]
#[diesel(table_name = party_members, treat_none_as_default_value = false)]
struct MemberRow {
    account_id: String,
    party_id: String,
    code: String,
    place: i16,
}

#[derive(Insertable)]
#[diesel(table_name = hub_counters, treat_none_as_default_value = false)]
struct CounterRow {
    name: &'static str,
    value: i64,
}

#[derive(Insertable)]
#[diesel(table_name = mutes, treat_none_as_default_value = false)]
struct MuteRow {
    account_id: String,
    muted_id: String,
}
