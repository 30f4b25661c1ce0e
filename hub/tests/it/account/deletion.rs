use diesel::prelude::*;
use hub::{
    account::store::{erase, is_admin_present},
    clock::unix_ms,
    store::{
        connection::AnyConnection,
        schema::{accounts, match_seats, matches, mutes, ratings, sessions},
    },
};
use protocol::{
    http::Deletion,
    id::{AccountId, MatchId},
    refusal::Refusal,
    text::PlayerName,
};
use reqwest::StatusCode;
use uuid::Uuid;

use super::{is_signed_in, make_admin, post, registered, store};
use crate::support::{PASSWORD, Player, TestHub};

/// A match that ended, with a seat for each of these.
fn played(connection: &mut AnyConnection, players: &[(AccountId, &str)]) -> QueryResult<()> {
    let id = MatchId(Uuid::now_v7()).to_string();
    diesel::insert_into(matches::table)
        .values((
            matches::id.eq(&id),
            matches::epoch.eq(1_i64),
            matches::room_id.eq(Uuid::now_v7().to_string()),
            matches::state.eq("ended"),
            matches::started_at.eq(1_i64),
            matches::ended_at.eq(Some(2_i64)),
            matches::amber.eq(5),
            matches::azure.eq(3),
            matches::ticks.eq(1200_i64),
            matches::mode.eq("quick"),
            matches::map.eq("crossing"),
            matches::team_size.eq(3_i16),
        ))
        .execute(connection)?;
    for (seat, (account, name)) in (0_i16..).zip(players) {
        diesel::insert_into(match_seats::table)
            .values((
                match_seats::match_id.eq(&id),
                match_seats::seat.eq(seat),
                match_seats::account_id.eq(Some(account.to_string())),
                match_seats::name.eq(*name),
                match_seats::team.eq(seat % 2),
                match_seats::kills.eq(2),
                match_seats::deaths.eq(1),
                match_seats::bot.eq(false),
                match_seats::late.eq(false),
            ))
            .execute(connection)?;
    }
    Ok(())
}

#[tokio::test]
async fn deleted_account_leaves_a_seat_without_a_name_and_nothing_else() {
    let hub = TestHub::start().await;
    let (ann, bob) = (registered(&hub, "Ann").await, registered(&hub, "Bob").await);
    let mut socket = Player::connect(&hub, ann.clone()).await.socket;
    let (id, other) = (ann.account, bob.account);
    store(&hub)
        .write(move |connection| {
            played(connection, &[(id, "Ann"), (other, "Bob")])?;
            let pair = (id.to_string(), other.to_string());
            for (from, to) in [(&pair.0, &pair.1), (&pair.1, &pair.0)] {
                diesel::insert_into(mutes::table)
                    .values((mutes::account_id.eq(from), mutes::muted_id.eq(to)))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
        .expect("a past should be made up");

    let wrong = Deletion { password: Some("wrong horse".to_owned()) };
    for refused in [wrong, Deletion { password: None }] {
        let refused = post(&hub, "/api/v1/account/delete", &ann.bearer, &refused).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    let right = Deletion { password: Some(PASSWORD.to_owned()) };
    let gone = post(&hub, "/api/v1/account/delete", &ann.bearer, &right).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(socket.refusal().await, Refusal::SessionEnded);
    assert!(!is_signed_in(&hub, &ann.bearer).await);
    assert_eq!(hub.login("Ann", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert!(is_signed_in(&hub, &bob.bearer).await, "others are not concerned");

    store(&hub)
        .read(move |connection| {
            let (id, other) = (id.to_string(), other.to_string());
            let seats = match_seats::table
                .order(match_seats::seat)
                .select((match_seats::account_id, match_seats::name))
                .load::<(Option<String>, String)>(connection)?;
            let nobody = (None, "Deleted player".to_owned());
            assert_eq!(seats, [nobody, (Some(other), "Bob".to_owned())]);

            let (name, hash, deleted) = accounts::table
                .filter(accounts::id.eq(&id))
                .select((accounts::name, accounts::password_hash, accounts::deleted_at))
                .first::<(String, Option<String>, Option<i64>)>(connection)?;
            assert!(name.starts_with("Deleted-") && name.len() == 16, "{name}");
            assert!(hash.is_none() && deleted.is_some());

            let left = [
                mutes::table.count().get_result::<i64>(connection)?,
                ratings::table.filter(ratings::account_id.eq(&id)).count().get_result(connection)?,
                sessions::table.filter(sessions::account_id.eq(&id)).count().get_result(connection)?,
            ];
            assert_eq!(left, [0, 0, 0]);
            Ok(())
        })
        .await
        .expect("the database should be read");

    let anew = registered(&hub, "Ann").await;
    assert_ne!(anew.account, ann.account, "the name is free for somebody else");
}

#[tokio::test]
async fn guest_deletes_an_account_without_a_password() {
    let hub = TestHub::start().await;
    let guest = hub.guest().await;
    let gone = post(&hub, "/api/v1/account/delete", &guest.bearer, &Deletion { password: None }).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert!(!is_signed_in(&hub, &guest.bearer).await);
}

#[tokio::test]
async fn admins_are_found_by_their_role_while_they_are_there() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let is_there = async || store(&hub).read(is_admin_present).await.expect("the role should be read");
    assert!(!is_there().await);
    make_admin(&hub, ann.account).await;
    assert!(is_there().await);
    let name = PlayerName::new("Deleted-AAAAAAAA").expect("the name should be good");
    store(&hub)
        .write(move |connection| erase(connection, ann.account, &name, unix_ms()))
        .await
        .expect("the account should be erased");
    assert!(!is_there().await);
}
