//! Settings, as the hub's program takes them.

use std::{fs, process::Stdio};

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::frame;
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    operator::program::{Said, Workplace, soon},
    support::registration,
};

/// The line on a setting.
fn told(said: &Said, key: &str) -> String {
    assert_eq!(said.code, Some(0), "the settings should be good: {said:?}");
    let line = said.out.lines().find(|line| line.starts_with(&format!("{key} = ")));
    line.unwrap_or_else(|| panic!("`{key}` should be told: {said:?}")).to_owned()
}

#[test]
fn flags_count_before_environment_before_file_before_defaults() {
    let workplace = Workplace::new();
    let said = workplace.run(&["--check-config"]);
    assert_eq!(told(&said, "suspect-seconds"), "suspect-seconds = 3  # default");

    let line = workplace.set("suspect-seconds = 4");
    let file = workplace.file("hub.toml");
    let expected = format!("suspect-seconds = 4  # {}, line {line}", file.display());
    assert_eq!(told(&workplace.run(&["--check-config"]), "suspect-seconds"), expected);

    let mut command = workplace.command(&["--check-config"]);
    command.env("FOGLINE_SUSPECT_SECONDS", "5");
    let expected = "suspect-seconds = 5  # environment, FOGLINE_SUSPECT_SECONDS";
    assert_eq!(told(&Said::of(command), "suspect-seconds"), expected);

    let mut command = workplace.command(&["--check-config", "--suspect-seconds", "6"]);
    command.env("FOGLINE_SUSPECT_SECONDS", "5");
    assert_eq!(told(&Said::of(command), "suspect-seconds"), "suspect-seconds = 6  # flag");
}

#[test]
fn the_database_comes_from_database_url_or_its_older_name() {
    let workplace = Workplace::new();
    let mut command = workplace.command(&["--check-config"]);
    command.env("FOGLINE_DATABASE", "sqlite://older.db");
    let expected = "database = \"sqlite://older.db\"  # environment, FOGLINE_DATABASE";
    assert_eq!(told(&Said::of(command), "database"), expected);

    let mut command = workplace.command(&["--check-config"]);
    command.env("FOGLINE_DATABASE", "sqlite://older.db").env("DATABASE_URL", "sqlite://newer.db");
    let expected = "database = \"sqlite://newer.db\"  # environment, DATABASE_URL";
    assert_eq!(told(&Said::of(command), "database"), expected);
}

#[test]
fn check_config_shows_no_password_and_makes_no_file() {
    let workplace = Workplace::new();
    let said = workplace.run(&["--check-config", "--database", "postgres://ann:secret@db/fogline"]);
    assert_eq!(told(&said, "database"), "database = \"postgres://ann:***@db/fogline\"  # flag");
    assert!(!said.out.contains("secret"), "the password should not be shown: {}", said.out);
    for name in ["hub.db", "admin.token", "hub.addr", "admin.addr"] {
        assert!(!workplace.file(name).exists(), "`{name}` should not be made");
    }
}

#[test]
fn unknown_keys_and_wrong_values_are_refused_by_file_line_and_key() {
    let workplace = Workplace::new();
    let (first, second) = (workplace.set("match-second = 60"), workplace.set("log-format = 'xml'"));
    for arguments in [&["--check-config"][..], &[], &["rooms", "list"]] {
        let said = workplace.run(arguments);
        assert_eq!(said.code, Some(2), "{said:?}");
        let file = workplace.file("hub.toml").display().to_string();
        let unknown = format!("{file}:{first}: unknown key `match-second`; did you mean `match-seconds`?");
        assert!(said.err.contains(&unknown), "{said:?}");
        assert!(said.err.contains(&format!("{file}:{second}: key `log-format`: ")), "{said:?}");
    }
}

#[test]
fn what_the_hub_cannot_start_with_is_named() {
    let workplace = Workplace::new();
    let unusable = [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["--admin-bind", "0.0.0.0:9080"], "other machines"),
        (&["--match-seconds", "4"], "--match-seconds"),
        (&["--challenge-key-file", "/nowhere"], "challenge-key-file"),
        (&["--host-key-file", "/nowhere"], "host-key-file"),
        (&["--modes", "/nowhere"], "modes"),
        (&["--public-url", "hub.example"], "public-url"),
    ];
    for (arguments, named) in unusable {
        let said = workplace.run(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert!(said.err.contains(named), "`{named}` should be named: {said:?}");
    }
}

#[tokio::test]
async fn the_hub_starts_with_its_file_and_stops_in_order_on_a_signal() {
    use std::os::unix::fs::PermissionsExt as _;

    let workplace = Workplace::new();
    let mut command = workplace.command(&["--log-format", "json"]);
    command.stderr(fs::File::create(workplace.file("log")).expect("the log should be made"));
    let hub = workplace.start(command).await;
    let page = reqwest::get(format!("http://{}/", hub.address)).await.expect("the hub should answer");
    assert!(page.status().is_success());
    let ready = reqwest::get(format!("http://{}/readyz", hub.admin)).await.expect("the hub should answer");
    assert!(ready.status().is_success());
    let token = fs::metadata(workplace.file("admin.token")).expect("the token should be made");
    assert_eq!(token.permissions().mode() & 0o777, 0o600, "only the hub's user should read the token");

    assert_eq!(hub.stop().await, Some(0));
    let log = fs::read_to_string(workplace.file("log")).expect("the log should be readable");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of the log should be JSON");
        assert!(line["level"].is_string(), "{line}");
    }
    assert!(log.contains("listening on http://"), "{log}");
}

#[tokio::test]
async fn a_hub_whose_admin_port_is_taken_does_not_stay() {
    let workplace = Workplace::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port should be found");
    let address = taken.local_addr().expect("the listener should have an address").to_string();
    let refusal = workplace.run(&["--admin-bind", &address]).refused();
    assert!(refusal.contains("admin-bind") && refusal.contains(&address), "{refusal}");
}

#[tokio::test]
async fn a_hub_whose_stderr_is_blocked_serves_on_and_counts_lost_lines() {
    let workplace = Workplace::new();
    let mut command = workplace.command(&[]);
    // The pipe is never read.
    command.env("RUST_LOG", "trace").stderr(Stdio::piped());
    let hub = workplace.start(command).await;
    soon("the loss of a line", async || {
        for _ in 0..20 {
            refused_room(&format!("ws://{}/socket/room", hub.address)).await;
        }
        let figures = reqwest::get(format!("http://{}/metrics", hub.admin)).await;
        let figures = figures.expect("the hub should answer").text().await.expect("figures should be text");
        let lost = figures.lines().find_map(|line| line.strip_prefix("fogline_log_lines_lost_total "));
        (lost.expect("lost lines should be counted") != "0").then_some(())
    })
    .await;
    let page = reqwest::get(format!("http://{}/", hub.address)).await.expect("the hub should answer");
    assert!(page.status().is_success());
}

/// Has the hub write a warning.
async fn refused_room(url: &str) {
    let (mut socket, _) = connect_async(url).await.expect("the socket should open");
    let register = frame::encode(&registration("another key of thirty-two chars!", None));
    socket.send(Message::text(register)).await.expect("the socket should take a message");
    while let Some(Ok(_)) = socket.next().await {}
}
