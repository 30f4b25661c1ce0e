//! The operator's command line, run beside a hub on each kind of database.

pub mod program;

use protocol::{VERSION, http::PasswordReset, refusal::Refusal, registry::FromRegistry};
use reqwest::StatusCode;

use crate::{
    admin::{Admin, folder},
    database::Database,
    operator::program::{Said, Workplace, program},
    rooms::{begun, unhurried},
    support::{PASSWORD, RoomSocket, Setup, TestHub, answer, body, content, problem, registration},
};

/// A hub, and an operator who may use its files.
struct Desk {
    hub: TestHub,
    database: String,
}

impl Desk {
    /// Runs the command beside the hub.
    async fn run(&self, arguments: &[&str]) -> Said {
        let folder = folder(&self.hub);
        let mut command = program();
        command
            .args(["--database", &self.database, "--as", "tester"])
            .arg("--admin-addr-file")
            .arg(folder.join("admin.addr"))
            .arg("--admin-token-file")
            .arg(folder.join("admin.token"))
            .args(arguments);
        tokio::task::spawn_blocking(move || Said::of(command)).await.expect("the command should not panic")
    }

    /// Acts of the log, the oldest first.
    async fn log(&self) -> Vec<String> {
        self.run(&["audit"]).await.done().lines().map(str::to_owned).collect()
    }
}

/// Carries `rule` out at a hub on each kind of database.
async fn on_both(setup: Setup, rule: impl AsyncFn(&Desk)) {
    for database in Database::of_each_kind() {
        println!("on {}", database.kind());
        let url = database.url().to_owned();
        let hub = TestHub::start_with(Setup { database: Some(url.clone()), ..setup.clone() }).await;
        Admin::of(&hub).await;
        rule(&Desk { hub, database: url }).await;
    }
}

/// The line that is a code: four groups of five.
fn code(said: &str) -> String {
    let is_code = |line: &&str| line.len() == 23 && line.split('-').all(|group| group.len() == 5);
    said.lines().find(is_code).unwrap_or_else(|| panic!("a code should be printed: {said}")).to_owned()
}

async fn redeem(hub: &TestHub, name: &str, code: &str, new: &str) -> StatusCode {
    let reset = PasswordReset { name: name.to_owned(), code: code.to_owned(), new: new.to_owned() };
    hub.post("/api/v1/password/reset", &reset).await.status()
}

async fn registered(hub: &TestHub, key: &str) -> Result<RoomSocket, Refusal> {
    let mut socket = hub.room_socket().await;
    socket.send(&registration(key, None)).await;
    match socket.next().await {
        FromRegistry::Registered { .. } => Ok(socket),
        FromRegistry::Refused { refusal } => Err(refusal),
        other => panic!("a registration is answered, not by {other:?}"),
    }
}

#[tokio::test]
async fn the_first_admin_sets_a_password_and_a_second_one_must_be_meant() {
    on_both(Setup::default(), async |desk| {
        let said = desk.run(&["admin", "create", "Ann"]).await.done();
        assert_eq!(redeem(&desk.hub, "Ann", &code(&said), PASSWORD).await, StatusCode::NO_CONTENT);
        assert!(desk.hub.login("Ann", PASSWORD).await.status().is_success());

        assert!(desk.run(&["admin", "create", "Bob"]).await.refused().contains("--another"));
        assert!(desk.run(&["account", "show", "Bob"]).await.refused().contains("no account"));
        assert!(desk.hub.register("Bob", PASSWORD).await.status().is_success());
        let said = desk.run(&["admin", "create", "bob", "--another"]).await.done();
        assert!(said.contains("keeps its password"), "a promoted account needs no code: {said}");
        assert!(desk.run(&["account", "show", "BOB"]).await.done().contains("registered, admin"));

        let log = desk.log().await;
        assert_eq!(log.len(), 2, "a refused command is no act: {log:?}");
        assert!(log.iter().all(|line| line.contains("tester  admin create  ")), "{log:?}");
    })
    .await;
}

#[tokio::test]
async fn a_code_for_a_new_password_works_once_and_the_last_one_only() {
    on_both(Setup::default(), async |desk| {
        assert!(desk.hub.register("Ann", "battery staple").await.status().is_success());
        let first = code(&desk.run(&["account", "reset", "ann"]).await.done());
        let second = code(&desk.run(&["account", "reset", "ann"]).await.done());
        assert_eq!(redeem(&desk.hub, "Ann", &first, PASSWORD).await, StatusCode::FORBIDDEN);
        assert_eq!(redeem(&desk.hub, "Ann", &second, PASSWORD).await, StatusCode::NO_CONTENT);
        assert_eq!(redeem(&desk.hub, "Ann", &second, PASSWORD).await, StatusCode::FORBIDDEN);
        assert!(desk.hub.login("Ann", PASSWORD).await.status().is_success());

        let guest = desk.hub.guest().await;
        let refusal = desk.run(&["account", "reset", guest.name.as_str()]).await.refused();
        assert!(refusal.contains("guest"), "{refusal}");
        let log = desk.log().await;
        assert!(log.iter().all(|line| !line.contains(&first) && !line.contains(&second)), "{log:?}");
    })
    .await;
}

#[tokio::test]
async fn a_ban_closes_sockets_at_once_and_lifting_it_lets_in_again() {
    on_both(Setup::default(), async |desk| {
        let mut player = desk.hub.player().await;
        let ban = ["account", "ban", player.name.as_str(), "--reason", "rude words", "--until", "3d"];
        let said = desk.run(&ban).await.done();
        assert!(said.contains("has closed"), "{said}");
        match player.socket.refusal().await {
            Refusal::Banned { reason, .. } => assert_eq!(reason, "rude words"),
            other => panic!("the player should be told of the ban, not {other:?}"),
        }
        let history = desk.hub.http.get(desk.hub.url("/api/v1/history")).bearer_auth(&player.bearer);
        let (status, why) = problem(answer(history).await).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(why.contains("rude words"), "{why}");

        let shown = desk.run(&["account", "show", player.name.as_str()]).await.done();
        assert!(shown.contains("banned    until 20") && shown.contains("rude words"), "{shown}");
        desk.run(&["account", "unban", player.name.as_str()]).await.done();
        assert!(desk.hub.history(&player.bearer).await.is_empty(), "the player should be let in");
        let log = desk.log().await;
        assert!(log[0].contains("account ban") && log[0].contains("rude words"), "{log:?}");
        assert!(log[1].contains("account unban"), "{log:?}");
    })
    .await;
}

#[tokio::test]
async fn a_ban_that_is_wrongly_put_changes_nothing() {
    let hub = TestHub::start().await;
    let desk = Desk { database: format!("sqlite://{}/hub.db", folder(&hub).display()), hub };
    Admin::of(&desk.hub).await;
    let name = desk.hub.guest().await.name.to_string();
    for (reason, until) in [("", "3d"), ("a\nb", "3d"), ("rude", "2020-01-01")] {
        let ban = ["account", "ban", &name, "--reason", reason, "--until", until];
        let refusal = desk.run(&ban).await.refused();
        assert!(refusal.contains("--reason") || refusal.contains("--until"), "{refusal}");
    }
    let unreadable = desk.run(&["account", "ban", &name, "--reason", "rude", "--until", "soon"]).await;
    assert_eq!(unreadable.code, Some(2), "{unreadable:?}");
    assert!(desk.run(&["account", "show", &name]).await.done().contains("banned    no"));
    assert!(desk.log().await.is_empty());
}

#[tokio::test]
async fn a_ban_without_a_running_hub_is_kept_and_says_so() {
    let workplace = Workplace::new();
    let hub = workplace.start(workplace.command(&[])).await;
    let guest = reqwest::Client::new().post(format!("http://{}/api/v1/guest", hub.address));
    let guest: protocol::http::SignedIn = body(answer(guest).await).await;
    assert_eq!(hub.stop().await, Some(0));

    let ban = ["account", "ban", guest.name.as_str(), "--reason", "rude", "--until", "forever"];
    assert!(workplace.run(&ban).done().contains("no running hub was told"));
    let hub = workplace.start(workplace.command(&[])).await;
    let history = reqwest::Client::new().get(format!("http://{}/api/v1/history", hub.address));
    assert_eq!(answer(history.bearer_auth(&guest.bearer)).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_host_registers_rooms_until_its_key_is_revoked() {
    on_both(Setup::default(), async |desk| {
        let said = desk.run(&["host", "add", "alice", "--kind", "community"]).await.done();
        let key = said.lines().nth(1).expect("the key should be printed").to_owned();
        assert_eq!(key.len(), 43, "a key has 256 bits: {said}");
        assert!(registered(&desk.hub, &key).await.is_ok());
        assert!(desk.run(&["host", "list"]).await.done().contains("alice  community"));

        desk.run(&["host", "revoke", "alice"]).await.done();
        assert_eq!(registered(&desk.hub, &key).await.err(), Some(Refusal::WrongHostKey));
        desk.run(&["host", "revoke", "alice"]).await.refused();
        let again = desk.run(&["host", "add", "alice", "--kind", "operator"]).await.refused();
        assert!(again.contains("alice"), "a revoked host keeps its name: {again}");
        assert_eq!(desk.run(&["host", "add", "own", "--kind", "operator"]).await.code, Some(2));

        let log = desk.log().await;
        assert_eq!(log.len(), 2, "{log:?}");
        assert!(log.iter().all(|line| !line.contains(&key)), "a key should not be in the log: {log:?}");
    })
    .await;
}

#[tokio::test]
async fn rooms_are_listed_and_drained_through_the_running_hub() {
    let hub = TestHub::start().await;
    let desk = Desk { database: format!("sqlite://{}/hub.db", folder(&hub).display()), hub };
    Admin::of(&desk.hub).await;
    let mut room = desk.hub.room().await;
    let said = program::soon("the room in the list", async || {
        let said = desk.run(&["rooms", "list"]).await.done();
        let version = format!("official  6 seats  protocol {VERSION}  content {}  host own", content());
        said.contains(&version).then_some(said)
    })
    .await;
    let id = said.split(' ').next().expect("the room's id should be printed").to_owned();
    assert!(desk.run(&["rooms", "drain", &id]).await.done().contains(&id));
    room.socket.until(|message| matches!(message, FromRegistry::Drain {}).then_some(())).await;
    assert!(desk.run(&["rooms", "drain", "--all"]).await.done().contains("1 rooms drain"));
    let unknown = desk.run(&["rooms", "drain", "01a0a5b0-0000-7000-8000-000000000000"]).await.refused();
    assert!(unknown.contains("there is no room"), "{unknown}");
    let log = desk.log().await;
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log.iter().all(|line| line.contains("tester  rooms drain") && line.contains(&id)), "{log:?}");
}

#[tokio::test]
async fn a_match_is_shown_with_its_players_and_score() {
    on_both(unhurried(), async |desk| {
        let (ann, bob, mut room, asked) = begun(&desk.hub).await;
        let id = asked.allocation.match_id.to_string();
        assert!(desk.run(&["match", "show", &id]).await.done().contains("state     running"));
        room.report(&asked).await;
        room.receipt().await;
        let shown = desk.run(&["match", "show", &id]).await.done();
        for part in [ann.name.as_str(), bob.name.as_str(), "state     ended at 20", "score     5 to 3"] {
            assert!(shown.contains(part), "`{part}` should be shown: {shown}");
        }
        desk.run(&["match", "show", "01a0a5b0-0000-7000-8000-000000000000"]).await.refused();
    })
    .await;
}

#[tokio::test]
async fn a_backup_holds_everything_and_overwrites_nothing() {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    let workplace = Workplace::new();
    let _hub = workplace.start(workplace.command(&[])).await;
    workplace.run(&["admin", "create", "Ann"]).done();
    let copy = workplace.file("copy.db");
    let path = copy.to_str().expect("the path should be UTF-8");
    workplace.run(&["backup", path]).done();
    let mode = fs::metadata(&copy).expect("the copy should be there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner should read the copy");
    let shown = workplace.run(&["--database", &format!("sqlite://{path}"), "account", "show", "Ann"]).done();
    assert!(shown.contains("registered, admin"), "{shown}");

    let before = fs::read(&copy).expect("the copy should be readable");
    assert!(workplace.run(&["backup", path]).refused().contains("overwrites nothing"));
    assert_eq!(fs::read(&copy).expect("the copy should be readable"), before);
    let elsewhere = workplace.run(&["--database", "postgres://db/fogline", "backup", "copy.sql"]).refused();
    assert!(elsewhere.contains("pg_dump --no-owner --file='copy.sql'"), "{elsewhere}");
}

#[tokio::test]
async fn a_command_makes_no_database() {
    let workplace = Workplace::new();
    assert!(workplace.run(&["account", "show", "Ann"]).refused().contains("there is no database"));
    assert!(!workplace.file("hub.db").exists(), "a command should make no database");
}
