//! T26: results that are repeated, changed, invented, or reported by the wrong room.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use protocol::{
    http::HistoryRow,
    hub::{FromHub, ToHub},
    id::{Epoch, MatchId},
    key::ModeId,
    registry::{Allocation, FromRegistry, ToRegistry},
    result::MatchResult,
};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    scripted_room::{Prepare, ScriptedRoom},
    stage::Stage,
};
use crate::prove::{http::Account, report::Figures, visitor::Visitor};

/// Rooms that repeat at once, each as fast as the hub lets a room speak in the long run.
const ROOMS: usize = 4;
const AT_ONCE: usize = 20;
const EVERY: Duration = Duration::from_millis(500);

const NET: u8 = 26;
const PATIENCE: Duration = Duration::from_secs(10);

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let account = stage.guest(NET, 0)?;
    let mut player = stage.visitor(&account)?;
    let mut room = ScriptedRoom::register(stage)?;

    let asked = begin(&mut player, &mut room)?;
    let true_result = asked.result(5, 3)?;
    let forged = forgeries(stage, &asked, &true_result)?;
    let early = account.history()?.len();
    room.say(&ToRegistry::Result { allocation: asked.allocation, result: true_result.clone() })?;
    expect_receipt(&mut room, asked.allocation)?;
    let before = only_row(&account, asked.allocation.match_id)?;

    let repeats = stage.count(10_000, 400);
    let mut rooms = vec![room];
    while rooms.len() < ROOMS {
        rooms.push(ScriptedRoom::register(stage)?);
    }
    let receipts = repeat(&mut rooms, &asked, &true_result, repeats / ROOMS)?;
    let after = only_row(&account, asked.allocation.match_id)?;
    let accepted = usize::from(after != before) + early;

    // In a match of its own, which becomes void by it.
    rooms[0].say(&ToRegistry::Free { allocation: asked.allocation })?;
    rooms.truncate(1);
    // Nobody has answered the hub's pings for the player meanwhile.
    let mut player = stage.visitor(&account)?;
    let asked = begin(&mut player, &mut rooms[0])?;
    let changed = changed_roster(&account, &mut rooms[0], &asked)?;

    figures.note("forged_before_the_result", forged.tried);
    figures.note("of_them_accepted", forged.accepted + early);
    figures.note("repeats", repeats);
    figures.note("receipts_for_repeats", receipts);
    figures.note("history_changed_by_repeats", accepted);
    figures.note("result_with_a_changed_roster", if changed { "accepted" } else { "void" });
    ensure!(forged.accepted + accepted == 0, "a result was accepted that should not be");
    ensure!(receipts == repeats / ROOMS * ROOMS, "{receipts} of {repeats} repeats got the receipt");
    ensure!(!changed, "a result for somebody who did not play was accepted");
    Ok(())
}

/// One player, the rest bots.
fn begin(player: &mut Visitor, room: &mut ScriptedRoom) -> Result<Prepare> {
    let mode = ModeId::try_from("quick".to_owned()).map_err(anyhow::Error::msg)?;
    player.say(&ToHub::JoinQueue { mode })?;
    thread::scope(|scope| {
        let asked = scope.spawn(|| room.prepare());
        player_comes(player)?;
        asked.join().map_err(|_| anyhow!("the room has panicked"))?
    })
}

/// Confirms until there is a ticket.
fn player_comes(player: &mut Visitor) -> Result<()> {
    loop {
        let ready = player.expect("where the match is", |message| match message {
            FromHub::Proposed { proposal, you_are_ready: false, .. } => Some(Some(proposal)),
            FromHub::MatchFound { .. } => Some(None),
            _ => None,
        })?;
        match ready {
            Some(proposal) => player.say(&ToHub::Ready { proposal })?,
            None => return Ok(()),
        }
    }
}

struct Forged {
    tried: usize,
    accepted: usize,
}

/// Another room's word, an old epoch, a match that nobody knows: none of them gets a receipt.
fn forgeries(stage: &Stage<'_>, asked: &Prepare, result: &MatchResult) -> Result<Forged> {
    let Allocation { match_id, epoch } = asked.allocation;
    let mut stranger = ScriptedRoom::register(stage)?;
    let allocations = [
        Allocation { match_id, epoch },
        Allocation { match_id, epoch: Epoch(epoch.0.saturating_sub(1)) },
        Allocation { match_id, epoch: Epoch(epoch.0 + 1) },
        Allocation { match_id: nobody()?, epoch },
    ];
    let mut accepted = 0;
    for allocation in allocations {
        stranger.say(&ToRegistry::Result { allocation, result: result.clone() })?;
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            match stranger.hear(Duration::from_millis(300))? {
                Some(FromRegistry::Receipt { .. }) => accepted += 1,
                Some(FromRegistry::Cancel { .. }) => break,
                _ => {}
            }
        }
    }
    Ok(Forged { tried: allocations.len(), accepted })
}

/// Every second repeat says something else; all get the receipt of the first.
fn repeat(rooms: &mut [ScriptedRoom], asked: &Prepare, result: &MatchResult, each: usize) -> Result<usize> {
    let other = &asked.result(0, 9)?;
    let allocation = asked.allocation;
    let receipts = thread::scope(|scope| {
        let threads: Vec<_> = rooms
            .iter_mut()
            .map(|room| scope.spawn(move || repeat_in(room, allocation, [result, other], each)))
            .collect();
        threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    let mut sum = 0;
    for count in receipts {
        sum += count.map_err(|_| anyhow!("a room has panicked"))??;
    }
    Ok(sum)
}

fn repeat_in(
    room: &mut ScriptedRoom,
    allocation: Allocation,
    results: [&MatchResult; 2],
    count: usize,
) -> Result<usize> {
    let mut receipts = 0;
    let mut said = 0;
    while said < count {
        let began = Instant::now();
        let now = AT_ONCE.min(count - said);
        for number in 0..now {
            let result = results[number % 2].clone();
            room.say(&ToRegistry::Result { allocation, result })?;
        }
        said += now;
        while receipts < said {
            expect_receipt(room, allocation)?;
            receipts += 1;
        }
        thread::sleep(EVERY.saturating_sub(began.elapsed()));
    }
    Ok(receipts)
}

fn expect_receipt(room: &mut ScriptedRoom, allocation: Allocation) -> Result<()> {
    let received = room.expect("that the result is recorded", |word| match word {
        FromRegistry::Receipt { allocation } => Some(Ok(allocation)),
        FromRegistry::Cancel { allocation } => Some(Err(allocation)),
        _ => None,
    })?;
    match received {
        Ok(received) if received == allocation => Ok(()),
        Ok(received) => bail!("a receipt for {received:?} came instead"),
        Err(_) => bail!("the hub cancels a match whose result it has"),
    }
}

/// Reports a result with somebody else in the player's seat; whether it counts.
fn changed_roster(account: &Account, room: &mut ScriptedRoom, asked: &Prepare) -> Result<bool> {
    let mut result = asked.result(9, 0)?;
    let seat = result.seats.iter_mut().find(|seat| seat.account.is_some());
    seat.context("there should be a player")?.account = Some(nobody()?);
    room.say(&ToRegistry::Result { allocation: asked.allocation, result })?;
    let word = room.expect("what becomes of the match", |word| match word {
        FromRegistry::Receipt { .. } => Some(true),
        FromRegistry::Cancel { .. } => Some(false),
        _ => None,
    })?;
    let row = only_row(account, asked.allocation.match_id)?;
    Ok(word || row.void_reason.is_none())
}

/// An id that nothing and nobody has.
fn nobody<T: DeserializeOwned>() -> Result<T> {
    serde_json::from_value(json!("01890000-0000-7000-8000-000000000000")).context("it should be an id")
}

/// The one row of a match in a player's history.
fn only_row(account: &Account, match_id: MatchId) -> Result<HistoryRow> {
    let began = Instant::now();
    loop {
        let mut rows: Vec<_> =
            account.history()?.into_iter().filter(|row| row.match_id == match_id).collect();
        match rows.pop() {
            Some(row) if rows.is_empty() => return Ok(row),
            Some(_) => bail!("match {match_id} has {} rows", rows.len() + 1),
            None => ensure!(began.elapsed() < PATIENCE, "match {match_id} has no row"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}
