//! The hub's tables, read beside the hub.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::database::Database;

/// Ratings that are not the sum of what matches did to them. 1e-6 is far below a point.
const WRONG_RATINGS: &str = "
    SELECT count(*) FROM ratings r
    WHERE r.rated <> (
        SELECT count(*) FROM match_seats s JOIN matches m ON m.id = s.match_id
        WHERE s.account_id = r.account_id AND m.state = 'ended' AND s.rating_after IS NOT NULL
    )
    OR abs(r.rating - (
        SELECT 25.0 + coalesce(sum(s.rating_after - s.rating_before), 0.0)
        FROM match_seats s JOIN matches m ON m.id = s.match_id
        WHERE s.account_id = r.account_id AND m.state = 'ended' AND s.rating_after IS NOT NULL
    )) > 0.000001";

const RATED_VOIDS: &str = "
    SELECT count(*) FROM match_seats s JOIN matches m ON m.id = s.match_id
    WHERE m.state <> 'ended' AND s.rating_after IS NOT NULL";

const RATED_SEATS: &str = "
    SELECT count(*) FROM match_seats s JOIN matches m ON m.id = s.match_id
    WHERE m.state = 'ended' AND s.rating_after IS NOT NULL";

const MATCHES: &str = "SELECT id, state, epoch, amber, azure, ticks FROM matches";

/// Seats of people; a bot's has no account.
const SEATS: &str =
    "SELECT match_id, seat, account_id, kills, deaths FROM match_seats WHERE account_id IS NOT NULL";

pub struct Tables {
    /// By match id.
    pub matches: BTreeMap<String, Match>,
    pub wrong_ratings: usize,
    /// Ratings that a match which is not over, or void, has changed.
    pub rated_voids: usize,
    pub rated_seats: usize,
}

pub struct Match {
    pub state: String,
    pub epoch: u64,
    pub amber: u16,
    pub azure: u16,
    pub ticks: u32,
    /// Account, kills and deaths by seat.
    pub seats: BTreeMap<u8, (String, u16, u16)>,
}

impl Tables {
    pub fn read(database: &Database) -> Result<Self> {
        let mut matches = BTreeMap::new();
        for row in database.rows(MATCHES)? {
            let [id, state, epoch, amber, azure, ticks] = cells(row)?;
            let known = Match {
                state,
                epoch: epoch.parse()?,
                amber: amber.parse()?,
                azure: azure.parse()?,
                ticks: ticks.parse()?,
                seats: BTreeMap::new(),
            };
            matches.insert(id, known);
        }
        for row in database.rows(SEATS)? {
            let [id, seat, account, kills, deaths] = cells(row)?;
            let known = matches.get_mut(&id).context("a seat should belong to a match")?;
            known.seats.insert(seat.parse()?, (account, kills.parse()?, deaths.parse()?));
        }
        Ok(Self {
            matches,
            wrong_ratings: database.count(WRONG_RATINGS)?,
            rated_voids: database.count(RATED_VOIDS)?,
            rated_seats: database.count(RATED_SEATS)?,
        })
    }
}

fn cells<const N: usize>(row: Vec<String>) -> Result<[String; N]> {
    row.try_into().map_err(|row| anyhow::anyhow!("a row should have {N} cells: {row:?}"))
}
