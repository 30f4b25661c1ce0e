use diesel::prelude::*;
use hub::{
    matches::store::{self as matches, Settlement, Standing},
    matchmaking::store as waiting,
    store::schema::match_seats,
};
use protocol::{
    id::{AccountId, Epoch},
    rating::RatingChange,
    registry::{Allocation, ExpectedPlayer},
};

use super::{
    account, admit, detail, history, moved, open, opening, play, player, profile, read, recorded, result,
    seat, settle, void, write,
};
use crate::database::both;

#[tokio::test]
async fn result_is_recorded_once_and_a_repeat_answers_the_same_changes() {
    both(|store| async move {
        let players = [player(&store, "Ann", 0).await, player(&store, "Bob", 1).await];
        let opening = opening(&players);
        open(&store, &opening).await;
        let result = result(&opening, 5, 3);

        let changes = recorded(settle(&store, opening.allocation, &result, 2_000).await);
        let (before, after) = moved(&changes, players[0].account);
        assert!(after > before, "the winner should gain");
        let again = settle(&store, opening.allocation, &result, 9_000).await;
        assert_eq!(again, Settlement::Repeated(changes));

        for player in &players {
            let rows = history(&store, player.account).await;
            assert_eq!(rows.len(), 1, "one result should be one row");
            assert_eq!(rows[0].ended_at_ms, 2_000, "a repeat should not move the row");
            let profile = profile(&store, player.account).await;
            assert_eq!((profile.statistics.matches, profile.statistics.rated), (1, 1));
        }
    })
    .await;
}

#[tokio::test]
async fn result_of_another_epoch_is_refused() {
    both(|store| async move {
        let opening = opening(&[player(&store, "Ann", 0).await]);
        open(&store, &opening).await;
        let other = Allocation { epoch: Epoch(opening.allocation.epoch.0 + 1), ..opening.allocation };
        let refused = settle(&store, other, &result(&opening, 5, 3), 2_000).await;
        assert_eq!(refused, Settlement::Refused);

        let of_other = read(&store, move |connection| matches::standing_of(connection, other)).await;
        assert_eq!(of_other, Standing::Unknown);
        let allocation = opening.allocation;
        let standing = read(&store, move |connection| matches::standing_of(connection, allocation)).await;
        assert_eq!(standing, Standing::Running, "a refused result should change nothing");
    })
    .await;
}

#[tokio::test]
async fn late_result_of_a_void_match_is_refused() {
    both(|store| async move {
        let players = [player(&store, "Ann", 0).await, player(&store, "Bob", 1).await];
        let opening = opening(&players);
        open(&store, &opening).await;
        assert!(void(&store, &opening, &[]).await);
        let late = settle(&store, opening.allocation, &result(&opening, 5, 3), 3_000).await;
        assert_eq!(late, Settlement::Refused);

        let rows = history(&store, players[0].account).await;
        assert_eq!(rows[0].void_reason.as_deref(), Some("The room was lost."));
        assert_eq!((rows[0].rating.clone(), rows[0].amber), (None, 0));
        assert_eq!(profile(&store, players[0].account).await.statistics.matches, 0);
        assert!(!void(&store, &opening, &[]).await, "a match should be void once");
    })
    .await;
}

#[tokio::test]
async fn late_result_builds_on_the_newer_rating() {
    both(|store| async move {
        for late in [false, true] {
            let (ann, bob) = (format!("Ann {late}"), format!("Bob {late}"));
            let players = [player(&store, &ann, 0).await, player(&store, &bob, 1).await];
            let mut pair = [opening(&players), opening(&players)];
            for opening in &pair {
                open(&store, opening).await;
            }
            if late {
                pair.reverse();
            }
            let [first, second] = pair;
            let first = recorded(settle(&store, first.allocation, &result(&first, 5, 3), 2_000).await);
            let second = recorded(settle(&store, second.allocation, &result(&second, 1, 4), 3_000).await);
            for player in &players {
                let (_, between) = moved(&first, player.account);
                let (before, after) = moved(&second, player.account);
                assert_eq!(before, between, "the second result should start where the first one ended");
                assert_eq!(profile(&store, player.account).await.rating, after);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    both(|store| async move {
        let opening = opening(&[player(&store, "Ann", 0).await]);
        open(&store, &opening).await;
        open(&store, &opening).await;
        assert_eq!(read(&store, matches::running).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn running_match_reads_back_as_it_was_opened() {
    both(|store| async move {
        let mut players = [player(&store, "Ann", 0).await, player(&store, "Bob", 3).await];
        play(&store, &players[..1], (1, 0), 900).await;
        let (ann, bob) = (players[0].account, players[1].account);
        let stranger = account(&store, "Stranger").await;
        for muted in [bob, stranger] {
            assert!(write(&store, move |connection| waiting::mute(connection, ann, muted)).await);
        }
        players[0].mutes = vec![bob];
        let opening = opening(&players);
        open(&store, &opening).await;

        let running = read(&store, matches::running).await;
        assert_eq!(running.len(), 1, "a match that is over should not come back");
        assert_eq!(running[0].opening, opening);
        assert_eq!((running[0].started_at, running[0].late.len()), (super::OPENED, 0));
    })
    .await;
}

#[tokio::test]
async fn latecomer_takes_a_bots_seat_in_a_running_match_only() {
    both(|store| async move {
        let players = [player(&store, "Ann", 0).await, player(&store, "Bob", 1).await];
        let opening = opening(&players);
        let late = player(&store, "Cleo", 2).await;
        assert!(!admit(&store, &opening, &late).await, "nobody should come into a match that is not open");
        open(&store, &opening).await;
        let taken = ExpectedPlayer { seat: seat(1), ..late.clone() };
        assert!(!admit(&store, &opening, &taken).await, "a player's seat should stay this player's");
        assert!(admit(&store, &opening, &late).await);
        assert!(admit(&store, &opening, &late).await, "admitting again should change nothing");
        let running = read(&store, matches::running).await;
        assert_eq!(running[0].late, [late.account]);
        assert_eq!(running[0].opening.players.len(), 3);

        // The line of a seat that was a bot's at first names no account.
        let changes = recorded(settle(&store, opening.allocation, &result(&opening, 5, 3), 2_000).await);
        let whom: Vec<AccountId> = changes.iter().map(|(account, _)| *account).collect();
        assert_eq!(whom, [players[0].account, players[1].account, late.account]);
        assert!(changes.iter().all(|(_, change)| matches!(change, RatingChange::Unrated { .. })));
        let detail = detail(&store, opening.allocation.match_id).await;
        assert_eq!((detail.seats[2].account, detail.seats[2].bot), (Some(late.account), false));
        assert_eq!(detail.seats[2].kills, 3);
        assert!(!admit(&store, &opening, &player(&store, "Dan", 3).await).await);
    })
    .await;
}

#[tokio::test]
async fn bots_are_recorded_with_the_result() {
    both(|store| async move {
        let opening = opening(&[player(&store, "Ann", 0).await, player(&store, "Bob", 1).await]);
        open(&store, &opening).await;
        settle(&store, opening.allocation, &result(&opening, 5, 3), 2_000).await;
        let detail = detail(&store, opening.allocation.match_id).await;
        let bots: Vec<bool> = detail.seats.iter().map(|seat| seat.bot).collect();
        assert_eq!(bots, [false, false, true, true]);
        assert!(detail.seats[..2].iter().all(|seat| seat.rating.is_some()));
        assert!(detail.seats[2..].iter().all(|seat| seat.rating.is_none() && seat.account.is_none()));
        assert_eq!(detail.unrated_reason, None);
    })
    .await;
}

#[tokio::test]
async fn account_deleted_during_the_match_still_counts_for_the_others() {
    both(|store| async move {
        let players = [player(&store, "Ann", 0).await, player(&store, "Bob", 1).await];
        let opening = opening(&players);
        open(&store, &opening).await;
        let gone = players[1].account.to_string();
        write(&store, move |connection| {
            diesel::update(match_seats::table.filter(match_seats::account_id.eq(gone)))
                .set((match_seats::account_id.eq(None::<String>), match_seats::name.eq("Deleted")))
                .execute(connection)
        })
        .await;

        let changes = recorded(settle(&store, opening.allocation, &result(&opening, 5, 3), 2_000).await);
        assert_eq!(changes.len(), 1);
        let (before, after) = moved(&changes, players[0].account);
        assert!(after > before);
        let detail = detail(&store, opening.allocation.match_id).await;
        assert_eq!((detail.seats[1].account, detail.seats[1].bot), (None, false));
        assert_eq!(detail.seats[1].name, "Deleted");
    })
    .await;
}
