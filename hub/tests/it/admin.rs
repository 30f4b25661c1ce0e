//! The admin port, and who gets what from either listener.

mod matrix;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use hub::{
    admin::room::{Drained, Order, RoomRow},
    operator::audit,
    store::Store,
};
use protocol::registry::FromRegistry;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    operator::program::soon,
    support::{HOST_KEY, TestHub, answer, body, problem, registration},
};

/// The admin port of a hub under test.
pub struct Admin {
    pub origin: String,
    pub token: String,
}

impl Admin {
    /// The port's address is written soon after the hub begins.
    pub async fn of(hub: &TestHub) -> Self {
        let file = folder(hub).join("admin.addr");
        let address =
            soon("the admin port", async || fs::read_to_string(&file).ok()?.parse::<SocketAddr>().ok()).await;
        let token = fs::read_to_string(folder(hub).join("admin.token")).expect("the token should be made");
        Self { origin: format!("http://{address}"), token: token.trim().to_owned() }
    }

    fn get(&self, hub: &TestHub, path: &str) -> RequestBuilder {
        hub.http.get(format!("{}{path}", self.origin)).bearer_auth(&self.token)
    }

    fn post(&self, hub: &TestHub, path: &str) -> RequestBuilder {
        hub.http.post(format!("{}{path}", self.origin)).bearer_auth(&self.token)
    }

    /// The rooms once there are `count` of them.
    async fn rooms(&self, hub: &TestHub, count: usize) -> Vec<RoomRow> {
        soon("the rooms", async || {
            let rooms: Vec<RoomRow> = body(answer(self.get(hub, "/rooms")).await).await;
            (rooms.len() == count).then_some(rooms)
        })
        .await
    }

    async fn figures(&self, hub: &TestHub) -> String {
        answer(self.get(hub, "/metrics")).await.text().await.expect("the figures should be text")
    }
}

/// Where a hub under test has its files.
pub fn folder(hub: &TestHub) -> PathBuf {
    hub.web_root().parent().map(Path::to_owned).expect("the hub should have a folder")
}

fn database(hub: &TestHub) -> String {
    folder(hub).join("hub.db").display().to_string()
}

/// The hub's database, opened beside it.
async fn store(hub: &TestHub) -> Store {
    let url = format!("sqlite://{}", database(hub));
    tokio::task::spawn_blocking(move || Store::open(&url))
        .await
        .expect("opening should not panic")
        .expect("the database should open")
}

#[tokio::test]
async fn a_hub_is_ready_while_its_database_answers() {
    let hub = TestHub::start().await;
    let admin = Admin::of(&hub).await;
    let status = async |path: &str| answer(hub.http.get(format!("{}{path}", admin.origin))).await.status();
    assert_eq!((status("/healthz").await, status("/readyz").await), (StatusCode::OK, StatusCode::OK));

    let mut saboteur = SqliteConnection::establish(&database(&hub)).expect("the file should open");
    saboteur
        .batch_execute("PRAGMA busy_timeout = 5000; ALTER TABLE hub_counters RENAME TO elsewhere")
        .expect("the table should move");
    let (refused, why) = problem(answer(admin.get(&hub, "/readyz")).await).await;
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    assert!(why.contains("hub_counters"), "the reason should be told: {why}");
    assert_eq!(status("/healthz").await, StatusCode::OK, "the process lives all the same");

    let restored = saboteur.batch_execute("ALTER TABLE elsewhere RENAME TO hub_counters");
    restored.expect("the table should come back");
    assert_eq!(status("/readyz").await, StatusCode::OK);
}

#[tokio::test]
async fn figures_follow_what_happens_and_name_nobody() {
    let hub = TestHub::start().await;
    let admin = Admin::of(&hub).await;
    let player = hub.player().await;
    let _room = hub.room().await;
    admin.rooms(&hub, 1).await;
    let figures = soon("the player in the figures", async || {
        let figures = admin.figures(&hub).await;
        figures.contains("fogline_players_online 1\n").then_some(figures)
    })
    .await;
    assert!(figures.contains("fogline_rooms{state=\"free\"} 1\n"), "{figures}");
    assert!(figures.ends_with("# EOF\n"), "{figures}");
    for private in [player.name.to_string(), player.account.to_string(), player.bearer.clone()] {
        assert!(!figures.contains(&private), "`{private}` should not be in the figures");
    }
}

#[tokio::test]
async fn a_drained_room_is_told_so_and_the_operator_is_noted() {
    let hub = TestHub::start().await;
    let admin = Admin::of(&hub).await;
    let (mut first, mut second) = (hub.room().await, hub.room().await);
    let rooms = admin.rooms(&hub, 2).await;
    assert!(rooms.iter().all(|row| row.official && row.state == "free" && row.capacity == 6), "{rooms:?}");

    let order = Order { by: "ann".to_owned() };
    let unknown = admin.post(&hub, &format!("/rooms/{}/drain", Uuid::now_v7())).json(&order);
    assert_eq!(answer(unknown).await.status(), StatusCode::NOT_FOUND);

    let one = admin.post(&hub, &format!("/rooms/{}/drain", rooms[0].room)).json(&order);
    let drained: Drained = body(answer(one).await).await;
    assert_eq!(drained.rooms, [rooms[0].room]);
    let all: Drained = body(answer(admin.post(&hub, "/rooms/drain").json(&order)).await).await;
    assert_eq!(all.rooms.len(), 2);
    for room in [&mut first, &mut second] {
        room.socket.until(|message| matches!(message, FromRegistry::Drain {}).then_some(())).await;
    }

    let noted = store(&hub).await.read(|connection| audit::last(connection, 10)).await;
    let noted = noted.expect("the log should be read");
    assert_eq!(noted.len(), 3, "one for each room and order: {noted:?}");
    assert!(noted.iter().all(|record| record.actor == "ann" && record.act == "rooms drain"), "{noted:?}");
}

#[tokio::test]
async fn a_community_host_has_no_official_rooms() {
    use hub::rooms::host::{self, HostKind};

    let hub = TestHub::start().await;
    let admin = Admin::of(&hub).await;
    let key = "a community key of thirty-odd letters";
    store(&hub)
        .await
        .write(move |connection| host::add(connection, "alice", HostKind::Community, key, 1))
        .await
        .expect("the host should be added");
    for key in [HOST_KEY, key] {
        let mut socket = hub.room_socket().await;
        socket.send(&registration(key, None)).await;
        assert!(matches!(socket.next().await, FromRegistry::Registered { .. }));
        let rooms = admin.rooms(&hub, 1).await;
        assert_eq!(rooms[0].official, key == HOST_KEY, "{rooms:?}");
        assert_eq!(rooms[0].host, if key == HOST_KEY { host::OWN } else { "alice" });
        drop(socket);
        admin.rooms(&hub, 0).await;
    }
}

#[tokio::test]
async fn errors_of_the_admin_port_say_what_is_wrong() {
    let hub = TestHub::start().await;
    let admin = Admin::of(&hub).await;
    let (status, why) = problem(answer(admin.get(&hub, "/nothing")).await).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(why.contains("nothing"), "{why}");
    let (status, why) = problem(answer(hub.http.get(format!("{}/rooms", admin.origin))).await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(why.contains("token"), "{why}");
    let healthy: Value = body(answer(admin.get(&hub, "/healthz")).await).await;
    assert_eq!(healthy["status"], "alive");
}
