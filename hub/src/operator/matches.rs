//! A match as an operator sees it.

use anyhow::anyhow;
use protocol::{
    http::MatchSeat,
    id::{MatchId, Team},
};
use uuid::Uuid;

use crate::{
    matches::store::detail,
    operator::{Operator, time::stamp},
};

pub async fn show(operator: &Operator, id: Uuid) -> anyhow::Result<()> {
    let found = operator.store().await?.read(move |connection| detail(connection, MatchId(id))).await?;
    let found = found.ok_or_else(|| anyhow!("there is no match `{id}`"))?;
    println!("match     {}", found.match_id);
    println!("mode      {} on {}", found.mode, found.map);
    println!("began     {}", stamp(found.started_at_ms));
    match (found.ended_at_ms, &found.void_reason, &found.unrated_reason) {
        (None, ..) => println!("state     running"),
        (Some(at), Some(reason), _) => println!("state     void at {}: {reason}", stamp(at)),
        (Some(at), None, Some(reason)) => println!("state     ended at {}; {reason}", stamp(at)),
        (Some(at), None, None) => println!("state     ended at {}, rated", stamp(at)),
    }
    println!("score     {} to {}", found.amber, found.azure);
    for MatchSeat { seat, account, name, bot, kills, deaths, rating } in found.seats {
        let who = match (account, bot) {
            (Some(account), _) => account.to_string(),
            (None, true) => "bot".to_owned(),
            (None, false) => "deleted account".to_owned(),
        };
        let rating =
            rating.map(|(before, after)| format!(", rating {} to {}", before.0, after.0)).unwrap_or_default();
        let team = match seat.team() {
            Team::Amber => "amber",
            Team::Azure => "azure",
        };
        println!("seat {:<4} {team} {name} ({who}), {kills} kills, {deaths} deaths{rating}", seat.index());
    }
    Ok(())
}
