use protocol::key::PartyCode;
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    site::{encoded, seen_by, text},
    support::{Player, TestHub},
};

/// A player whose match against bots has ended, and the id of that match.
async fn played(hub: &TestHub) -> (Player, Uuid) {
    let mut room = hub.room().await;
    let mut player = hub.player().await;
    player.join_queue().await;
    let asked = room.asked().await;
    room.prepare(&asked).await;
    player.ticket().await;
    room.report(&asked).await;
    player.match_ended().await;
    (player, asked.allocation.match_id.0)
}

#[tokio::test]
async fn played_match_is_on_every_page_with_its_reason() {
    let hub = TestHub::start().await;
    let (player, id) = played(&hub).await;
    let link = format!("href=\"/matches/{id}\"");
    let profile = format!("/profile/{}", encoded(player.name.as_str()));
    for path in ["/history", &profile] {
        let page = seen_by(&hub, &player.bearer, path).await;
        assert!(page.contains(&link) && page.contains("on Crossing"), "{path}: {page}");
        assert!(page.contains("Not rated:"), "{path} should say why no rating moved: {page}");
    }
    let page = text(hub.get(&format!("/matches/{id}")).await).await;
    assert!(page.contains("Amber won") && page.contains(player.name.as_str()), "{page}");
    assert!(page.contains(">bot<") && page.contains("Not rated:"), "{page}");
    assert!(page.contains(&format!("href=\"/profile/{}\"", player.name)), "{page}");
}

#[tokio::test]
async fn history_goes_back_page_by_page() {
    let hub = TestHub::start().await;
    let (player, id) = played(&hub).await;
    let older = seen_by(&hub, &player.bearer, "/history?before=1").await;
    assert!(older.contains("no older matches") && older.contains("Newest matches"), "{older}");
    let unread = seen_by(&hub, &player.bearer, "/history?before=yesterday").await;
    assert!(unread.contains(&id.to_string()) && !unread.contains("Older matches"), "{unread}");
}

#[tokio::test]
async fn what_does_not_exist_is_a_page_that_says_so() {
    let hub = TestHub::start().await;
    let unknown = format!("/matches/{}", Uuid::now_v7());
    for path in
        [unknown.as_str(), "/matches/1", "/matches/%FF", "/profile/Nobody", "/profile/%FF", "/profile/x"]
    {
        let missing = hub.get(path).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(text(missing).await.contains("Nothing here"), "{path}");
    }
}

#[tokio::test]
async fn leaderboard_tells_what_it_takes() {
    let hub = TestHub::start().await;
    let page = text(hub.get("/leaderboard").await).await;
    assert!(page.contains("rated matches") && page.contains("Nobody is here yet"), "{page}");
}

#[tokio::test]
async fn rooms_are_listed_with_what_they_do() {
    let hub = TestHub::start().await;
    assert!(text(hub.get("/rooms").await).await.contains("No room is connected"));
    let _room = hub.room().await;
    let page = text(hub.get("/rooms").await).await;
    assert!(page.contains("1 of 1") && page.contains("Official") && page.contains("Free"), "{page}");
}

#[tokio::test]
async fn invitation_leads_to_the_game_with_its_code() {
    let hub = TestHub::start().await;
    let code = PartyCode::from_random(0x1234_5678);
    let page = text(hub.get(&format!("/join/{}", code.as_str().to_lowercase())).await).await;
    assert!(page.contains(&format!("href=\"/play/?party={code}\"")), "{page}");
    for bad in ["ABC", "ABCDE0", "%FF", "..%2fplay"] {
        let refused = hub.get(&format!("/join/{bad}")).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "`{bad}`");
        assert!(text(refused).await.contains("This invitation does not work"), "`{bad}`");
    }
}
