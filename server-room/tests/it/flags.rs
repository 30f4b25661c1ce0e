use std::{
    fs,
    net::{TcpListener, UdpSocket},
    process::{Command, Output},
};

use crate::support::{HOST_KEY, Scratch};

/// What a room says that cannot start, with these flags in place of such as would do.
fn refused(scratch: &Scratch, flags: &[(&str, &str)]) -> String {
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let (key, journal) = (path("host.key"), path("journal"));
    fs::write(&key, HOST_KEY).expect("the folder should be writable");
    let mut all = vec![
        ("--hub", "ws://127.0.0.1:9"),
        ("--host-key-file", &key),
        ("--bind", "127.0.0.1"),
        ("--advertise", "127.0.0.1"),
        ("--udp-port", "0"),
        ("--webtransport-port", "0"),
        ("--websocket-port", "0"),
        ("--journal", &journal),
    ];
    all.retain(|(usual, _)| flags.iter().all(|(flag, _)| flag != usual));
    all.extend(flags);
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_server-room"))
        .env_clear()
        .args(all.iter().flat_map(|(flag, value)| [flag, value]))
        .output()
        .expect("the room should start");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(2), "{flags:?} should be refused, the room says:\n{said}");
    said
}

#[test]
fn file_that_is_missing_or_empty_is_named() {
    let scratch = Scratch::new();
    let empty = scratch.path().join("empty.key");
    fs::write(&empty, "\n").expect("the folder should be writable");
    let (missing, empty) = (scratch.path().join("missing.key"), empty.display().to_string());
    let missing = missing.display().to_string();
    for (file, what) in [(&missing, "unable to read --host-key-file"), (&empty, "is empty")] {
        let said = refused(&scratch, &[("--host-key-file", file)]);
        assert!(said.contains(what) && said.contains(file.as_str()), "{said}");
    }
}

#[test]
fn hub_must_be_a_websocket() {
    let said = refused(&Scratch::new(), &[("--hub", "http://hub.example")]);
    assert!(said.contains("--hub `http://hub.example` should begin with ws:// or wss://"), "{said}");
}

#[test]
fn port_that_is_taken_is_named_with_its_flag() {
    let scratch = Scratch::new();
    let udp = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port should be there");
    let udp = (udp.local_addr().expect("it has an address").port().to_string(), udp);
    let tcp = TcpListener::bind(("127.0.0.1", 0)).expect("a free port should be there");
    let tcp = (tcp.local_addr().expect("it has an address").port().to_string(), tcp);
    for (flag, port) in [
        ("--udp-port", &udp.0),
        ("--webtransport-port", &udp.0),
        ("--websocket-port", &tcp.0),
        ("--admin-port", &tcp.0),
    ] {
        let said = refused(&scratch, &[(flag, port)]);
        let what = format!("unable to listen on 127.0.0.1:{port} ({flag})");
        assert!(said.contains(&what), "{said}");
    }
}

#[test]
fn advertised_address_must_be_one_that_players_can_reach() {
    let said = refused(&Scratch::new(), &[("--advertise", "::1")]);
    assert!(said.contains("--advertise `::1` has no address of the family of --bind 127.0.0.1"), "{said}");
}

#[test]
fn origin_is_no_page() {
    let scratch = Scratch::new();
    for page in ["https://play.example/", "play.example", "https://"] {
        let said = refused(&scratch, &[("--origin", page)]);
        assert!(said.contains("without a path"), "{said}");
    }
}

#[test]
fn origin_with_the_port_of_its_scheme_is_refused() {
    let scratch = Scratch::new();
    for (page, port) in [("https://play.example:443", ":443"), ("http://play.example:80", ":80")] {
        let said = refused(&scratch, &[("--origin", page)]);
        assert!(said.contains(&format!("browsers leave out `{port}`")), "{said}");
    }
}

#[test]
fn number_out_of_range_is_refused_by_name() {
    let scratch = Scratch::new();
    for flag in ["--no-show-seconds", "--drain-seconds", "--admin-port", "--udp-port"] {
        let said = refused(&scratch, &[(flag, "100000")]);
        assert!(said.contains(flag) && said.contains("100000"), "{said}");
    }
}

#[test]
fn file_for_the_admin_port_needs_an_admin_port() {
    let said = refused(&Scratch::new(), &[("--admin-addr-file", "admin.addr")]);
    assert!(said.contains("--admin-port"), "{said}");
}

#[test]
fn journal_that_cannot_be_written_is_named() {
    let scratch = Scratch::new();
    let file = scratch.path().join("file");
    fs::write(&file, "").expect("the folder should be writable");
    let said = refused(&scratch, &[("--journal", &file.display().to_string())]);
    assert!(said.contains("unable to open the journal") && said.contains("(--journal)"), "{said}");
}

#[test]
fn host_key_is_not_told() {
    let said = refused(&Scratch::new(), &[("--hub", "http://hub.example")]);
    assert!(!said.contains(HOST_KEY), "{said}");
}
