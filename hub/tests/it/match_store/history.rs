use diesel::prelude::*;
use hub::{
    matches::store::{self as matches, LEADERBOARD_MATCHES},
    store::{
        Store,
        schema::{accounts, match_seats, ratings},
    },
};
use protocol::{
    id::{AccountId, MatchId},
    rating::{Rating, RatingChange},
    registry::ExpectedPlayer,
};
use uuid::Uuid;

use super::{account, detail, guest, history, open, opening, play, player, profile, read, seated, write};
use crate::database::both;

#[derive(Insertable)]
#[diesel(table_name = ratings, treat_none_as_default_value = false)]
struct RatingRow {
    account_id: String,
    rating: f64,
    uncertainty: f64,
    rated: i32,
    won: i32,
    lost: i32,
    drawn: i32,
}

/// A match as it was written before there were modes and ratings.
#[derive(Insertable)]
#[diesel(table_name = hub::store::schema::matches, treat_none_as_default_value = false)]
struct OldMatch {
    id: String,
    epoch: i64,
    room_id: String,
    state: &'static str,
    started_at: i64,
    ended_at: i64,
    amber: i32,
    azure: i32,
    ticks: i64,
}

#[derive(Insertable)]
#[diesel(table_name = match_seats, treat_none_as_default_value = false)]
struct OldSeat {
    match_id: String,
    seat: i16,
    account_id: String,
    name: String,
    team: i16,
    kills: i32,
    deaths: i32,
}

async fn reason(store: &Store, players: &[ExpectedPlayer]) -> String {
    play(store, players, (2, 1), 2_000).await;
    let rows = history(store, players[0].account).await;
    match rows[0].rating.clone() {
        Some(RatingChange::Unrated { reason }) => {
            let detail = detail(store, rows[0].match_id).await;
            assert_eq!(detail.unrated_reason.as_deref(), Some(reason.as_str()));
            reason
        }
        other => panic!("the match should not be rated, not {other:?}"),
    }
}

async fn rate(store: &Store, account: AccountId, rating: f64, rated: i32) {
    let row = RatingRow {
        account_id: account.to_string(),
        rating,
        uncertainty: 5.0,
        rated,
        won: rated,
        lost: 0,
        drawn: 0,
    };
    write(store, move |connection| diesel::insert_into(ratings::table).values(row).execute(connection)).await;
}

#[tokio::test]
async fn history_says_why_a_match_is_not_rated() {
    both(|store| async move {
        let ann = player(&store, "Ann", 0).await;
        assert!(reason(&store, &[ann]).await.contains("bots"));

        let (bob, cleo, dan) =
            (player(&store, "Bob", 0).await, player(&store, "Cleo", 1).await, player(&store, "Dan", 2).await);
        assert!(reason(&store, &[bob, cleo, dan]).await.contains("different numbers"));
    })
    .await;
}

#[tokio::test]
async fn history_is_read_page_by_page_newest_first() {
    both(|store| async move {
        let ann = player(&store, "Ann", 0).await;
        let account = ann.account;
        for ended in [2_000, 3_000, 4_000, 5_000, 6_000] {
            play(&store, std::slice::from_ref(&ann), (1, 0), ended).await;
        }
        open(&store, &opening(&[ann])).await;

        let mut before = None;
        let mut pages: Vec<Vec<i64>> = Vec::new();
        loop {
            let rows = read(&store, move |connection| matches::history(connection, account, before, 2)).await;
            let Some(last) = rows.last() else { break };
            before = Some(last.ended_at_ms);
            pages.push(rows.iter().map(|row| row.ended_at_ms).collect());
        }
        assert_eq!(pages, [vec![6_000, 5_000], vec![4_000, 3_000], vec![2_000]]);
    })
    .await;
}

#[tokio::test]
async fn running_match_is_in_no_history_but_can_be_looked_up() {
    both(|store| async move {
        let ann = player(&store, "Ann", 0).await;
        let opening = opening(std::slice::from_ref(&ann));
        open(&store, &opening).await;
        assert!(history(&store, ann.account).await.is_empty());
        let detail = detail(&store, opening.allocation.match_id).await;
        assert_eq!((detail.ended_at_ms, detail.unrated_reason), (None, None));
        let unknown = MatchId(Uuid::now_v7());
        assert_eq!(read(&store, move |connection| matches::detail(connection, unknown)).await, None);
    })
    .await;
}

#[tokio::test]
async fn match_from_before_ratings_reads_back() {
    both(|store| async move {
        let ann = account(&store, "Ann").await;
        let match_id = MatchId(Uuid::now_v7());
        let old = OldMatch {
            id: match_id.to_string(),
            epoch: 4,
            room_id: Uuid::now_v7().to_string(),
            state: "ended",
            started_at: 1_000,
            ended_at: 2_000,
            amber: 5,
            azure: 3,
            ticks: 1_200,
        };
        let seat = OldSeat {
            match_id: match_id.to_string(),
            seat: 0,
            account_id: ann.to_string(),
            name: "Ann".to_owned(),
            team: 0,
            kills: 2,
            deaths: 1,
        };
        write(&store, move |connection| {
            diesel::insert_into(hub::store::schema::matches::table).values(old).execute(connection)?;
            diesel::insert_into(match_seats::table).values(seat).execute(connection)
        })
        .await;

        let rows = history(&store, ann).await;
        assert_eq!((rows[0].mode.as_str(), rows[0].map.as_str()), ("quick", "crossing"));
        assert!(matches!(rows[0].rating, Some(RatingChange::Unrated { .. })));
        assert!(detail(&store, match_id).await.unrated_reason.is_some());
        assert_eq!(profile(&store, ann).await.statistics.won, 1);
    })
    .await;
}

#[tokio::test]
async fn profile_counts_matches_that_were_played_to_their_end() {
    both(|store| async move {
        let (ann, bob) = (player(&store, "Ann", 0).await, player(&store, "Bob", 1).await);
        let pair = [ann.clone(), bob.clone()];
        for (score, ended) in [((5, 3), 2_000), ((1, 3), 3_000), ((2, 2), 4_000), ((4, 0), 5_000)] {
            play(&store, &pair, score, ended).await;
        }
        play(&store, std::slice::from_ref(&ann), (1, 0), 6_000).await;
        let running = opening(&pair);
        open(&store, &running).await;

        let of_ann = profile(&store, ann.account).await;
        let counted = of_ann.statistics;
        assert_eq!((counted.matches, counted.rated), (5, 4));
        assert_eq!((counted.won, counted.lost, counted.drawn), (3, 1, 1));
        assert_eq!((counted.kills, counted.deaths), (5, 5));
        assert!(of_ann.rating > Rating::FIRST);
        let of_bob = profile(&store, bob.account).await;
        assert_eq!((of_bob.statistics.won, of_bob.statistics.lost, of_bob.statistics.kills), (1, 2, 8));
        assert!(of_bob.rating < Rating::FIRST);
    })
    .await;
}

#[tokio::test]
async fn deleted_account_has_no_profile_and_no_rank() {
    both(|store| async move {
        let ann = account(&store, "Ann").await;
        rate(&store, ann, 30.0, LEADERBOARD_MATCHES).await;
        let id = ann.to_string();
        write(&store, move |connection| {
            diesel::update(accounts::table.filter(accounts::id.eq(id)))
                .set(accounts::deleted_at.eq(9_000_i64))
                .execute(connection)
        })
        .await;
        assert_eq!(read(&store, move |connection| matches::profile(connection, ann)).await, None);
        assert!(read(&store, |connection| matches::leaderboard(connection, 10)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn leaderboard_is_of_accounts_with_enough_rated_matches() {
    both(|store| async move {
        let strong = account(&store, "Strong").await;
        let equal = [account(&store, "Equal 1").await, account(&store, "Equal 2").await];
        let weak = account(&store, "Weak").await;
        rate(&store, weak, 20.0, LEADERBOARD_MATCHES).await;
        for account in equal {
            rate(&store, account, 28.0, 9).await;
        }
        rate(&store, strong, 31.5, LEADERBOARD_MATCHES).await;
        rate(&store, account(&store, "Newcomer").await, 40.0, LEADERBOARD_MATCHES - 1).await;
        rate(&store, guest(&store, "Guest-1").await, 40.0, 50).await;

        let rows = read(&store, |connection| matches::leaderboard(connection, 10)).await;
        let ranks: Vec<(u32, AccountId)> = rows.iter().map(|row| (row.rank, row.account)).collect();
        assert_eq!(ranks, [(1, strong), (2, equal[0]), (2, equal[1]), (4, weak)]);
        assert_eq!((rows[0].rating, rows[0].rated, rows[0].won), (Rating(1260), 5, 5));
        let first = read(&store, |connection| matches::leaderboard(connection, 1)).await;
        assert_eq!(first.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn five_rated_matches_lead_onto_the_leaderboard() {
    both(|store| async move {
        let bob = player(&store, "Bob", 1).await;
        let ann = seated(account(&store, "Ann").await, "Ann", 0);
        for ended in 1..=i64::from(LEADERBOARD_MATCHES) {
            assert!(read(&store, |connection| matches::leaderboard(connection, 10)).await.is_empty());
            play(&store, &[ann.clone(), bob.clone()], (2, 1), ended).await;
        }
        let rows = read(&store, |connection| matches::leaderboard(connection, 10)).await;
        let whom: Vec<AccountId> = rows.iter().map(|row| row.account).collect();
        assert_eq!(whom, [ann.account, bob.account]);
    })
    .await;
}
