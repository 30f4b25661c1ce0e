use hub::{
    matchmaking::store::{self as waiting, PartyRow, QueueEntry},
    store::Store,
};
use protocol::{
    id::{AccountId, PartyId},
    key::PartyCode,
    limits::MOST_MUTES,
};
use uuid::Uuid;

use super::{account, admit, mode, open, opening, play, player, read, result, settle, void, write};
use crate::database::both;

fn entry(account: AccountId, since: i64) -> QueueEntry {
    QueueEntry { account, mode: mode(), party: None, since }
}

async fn enqueue(store: &Store, entries: &[QueueEntry]) {
    let entries = entries.to_vec();
    write(store, move |connection| waiting::enqueue(connection, &entries)).await;
}

async fn entries(store: &Store) -> Vec<QueueEntry> {
    read(store, waiting::waiting).await.into_iter().map(|(entry, _)| entry).collect()
}

async fn save(store: &Store, party: &PartyRow) {
    let party = party.clone();
    write(store, move |connection| waiting::save_party(connection, party.id, &party.code, &party.members))
        .await;
}

#[tokio::test]
async fn opening_takes_its_players_out_of_the_queue_and_nobody_else() {
    both(|store| async move {
        let (ann, bob) = (player(&store, "Ann", 0).await, player(&store, "Bob", 1).await);
        enqueue(&store, &[entry(ann.account, 100), entry(bob.account, 200)]).await;
        open(&store, &opening(&[ann])).await;
        assert_eq!(entries(&store).await, [entry(bob.account, 200)]);
    })
    .await;
}

#[tokio::test]
async fn latecomer_leaves_the_queue_with_the_seat() {
    both(|store| async move {
        let (ann, late) = (player(&store, "Ann", 0).await, player(&store, "Late", 1).await);
        let opening = opening(&[ann]);
        enqueue(&store, &[entry(late.account, 100)]).await;
        assert!(!admit(&store, &opening, &late).await);
        assert_eq!(entries(&store).await.len(), 1, "who gets no seat should go on waiting");
        open(&store, &opening).await;
        assert!(admit(&store, &opening, &late).await);
        assert!(entries(&store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn void_puts_players_back_with_their_waiting_time() {
    both(|store| async move {
        let (ann, bob) = (player(&store, "Ann", 0).await, player(&store, "Bob", 1).await);
        let back = [
            QueueEntry { party: Some(PartyId(Uuid::now_v7())), ..entry(bob.account, 50) },
            entry(ann.account, 100),
        ];
        enqueue(&store, &back).await;
        let opening = opening(&[ann, bob]);
        open(&store, &opening).await;
        assert!(entries(&store).await.is_empty());
        assert!(void(&store, &opening, &back).await);
        assert_eq!(entries(&store).await, back);
    })
    .await;
}

#[tokio::test]
async fn void_of_a_match_that_ended_puts_nobody_back() {
    both(|store| async move {
        let ann = player(&store, "Ann", 0).await;
        let account = ann.account;
        let opening = opening(&[ann]);
        open(&store, &opening).await;
        settle(&store, opening.allocation, &result(&opening, 1, 0), 2_000).await;
        assert!(!void(&store, &opening, &[entry(account, 100)]).await);
        assert!(entries(&store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_waits_has_one_entry_and_the_rating_of_now() {
    both(|store| async move {
        let (ann, bob) = (player(&store, "Ann", 0).await, player(&store, "Bob", 1).await);
        let fresh = account(&store, "Fresh").await;
        play(&store, &[ann.clone(), bob.clone()], (5, 3), 2_000).await;
        enqueue(&store, &[entry(ann.account, 300), entry(fresh, 200), entry(bob.account, 100)]).await;
        enqueue(&store, &[entry(bob.account, 400)]).await;

        let waiting = read(&store, waiting::waiting).await;
        let order: Vec<AccountId> = waiting.iter().map(|(entry, _)| entry.account).collect();
        assert_eq!(order, [fresh, ann.account, bob.account], "who has waited longest should come first");
        let points: Vec<f64> = waiting.iter().map(|(_, points)| *points).collect();
        assert!((points[0] - 1_000.0).abs() < 1e-9, "everybody should begin with 1000 points");
        assert!(points[1] > 1_000.0 && points[2] < 1_000.0);

        let gone = [ann.account, bob.account];
        write(&store, move |connection| waiting::dequeue(connection, &gone)).await;
        assert_eq!(entries(&store).await, [entry(fresh, 200)]);
    })
    .await;
}

#[tokio::test]
async fn party_reads_back_with_its_members_in_order() {
    both(|store| async move {
        let (ann, bob) = (account(&store, "Ann").await, account(&store, "Bob").await);
        let mut first = PartyRow {
            id: PartyId(Uuid::now_v7()),
            code: PartyCode::from_random(1),
            members: vec![bob, ann],
        };
        let mut second =
            PartyRow { id: PartyId(Uuid::now_v7()), code: PartyCode::from_random(2), members: vec![ann] };
        save(&store, &first).await;
        assert_eq!(read(&store, waiting::parties).await, [first.clone()]);

        save(&store, &second).await;
        first.members = vec![bob];
        let parties = read(&store, waiting::parties).await;
        assert_eq!(parties.len(), 2, "who joins another party should leave the first");
        assert!(parties.contains(&first) && parties.contains(&second));

        second.members.clear();
        save(&store, &second).await;
        assert_eq!(read(&store, waiting::parties).await, [first]);
    })
    .await;
}

#[tokio::test]
async fn no_two_starts_of_the_hub_have_the_same_number() {
    both(|store| async move {
        for expected in 1..=3 {
            assert_eq!(write(&store, waiting::next_start).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn mutes_are_kept_once_each_up_to_the_limit() {
    both(|store| async move {
        let ann = account(&store, "Ann").await;
        let mut others = Vec::new();
        for index in 0..=MOST_MUTES {
            others.push(account(&store, &format!("Other {index:03}")).await);
        }
        let mute = |muted: AccountId| {
            let store = store.clone();
            async move { write(&store, move |connection| waiting::mute(connection, ann, muted)).await }
        };
        for other in &others[..MOST_MUTES] {
            assert!(mute(*other).await);
        }
        assert!(mute(others[0]).await, "muting again should change nothing");
        assert!(!mute(others[MOST_MUTES]).await);
        let muted = read(&store, move |connection| waiting::mutes(connection, ann)).await;
        let whom: Vec<AccountId> = muted.iter().map(|(account, _)| *account).collect();
        assert_eq!(whom, others[..MOST_MUTES]);

        let first = others[0];
        write(&store, move |connection| waiting::unmute(connection, ann, first)).await;
        assert!(mute(others[MOST_MUTES]).await);
    })
    .await;
}
