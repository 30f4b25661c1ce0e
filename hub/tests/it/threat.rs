//! What the hub withstands; the ids are those of the threat table.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Setup, TestHub};

/// Longer than the hub waits for a request.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn t9_connection_that_asks_for_nothing_is_cut() {
    let hub = TestHub::start().await;
    for beginning in ["", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(hub.address).await.expect("the hub should accept");
        stream.write_all(beginning.as_bytes()).await.expect("the hub should read");
        let mut rest = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .expect("the hub should hang up")
            .expect("the hub should hang up in order");
    }
}

#[tokio::test]
async fn t9_one_address_holds_a_limited_number_of_connections() {
    let hub = TestHub::start_with(Setup { sockets_per_address: 3, ..Setup::default() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(TcpStream::connect(hub.address).await.expect("the hub should accept"));
    }
    let mut fourth = TcpStream::connect(hub.address).await.expect("the system should accept");
    let mut nothing = [0; 1];
    let read = timeout(PATIENCE, fourth.read(&mut nothing)).await.expect("the hub should hang up");
    assert!(matches!(read, Ok(0) | Err(_)), "the fourth should be turned away");
    drop(held);
    timeout(PATIENCE, async {
        while hub.http.get(hub.url("/")).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("a place should be free again");
}

#[test]
fn t30_every_dependency_is_pinned_and_comes_from_the_registry() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = fs::read_to_string(lock).expect("Cargo.lock should be readable");
    let own = ["game", "game-protocol", "client", "server-room", "hub", "xtask", "fuzz"];
    let mut without = BTreeSet::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            package.lines().find_map(|line| {
                line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned)
            })
        };
        let name = field("name").expect("a package should have a name");
        let source = field("source").unwrap_or_default();
        if !source.starts_with("registry+") || field("checksum").is_none() {
            without.insert(name);
        }
    }
    assert_eq!(without, own.map(str::to_owned).into(), "only our own crates are not from the registry");
}
