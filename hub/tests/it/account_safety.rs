//! What accounts withstand; the ids are those of the threat table.

mod cross_site;
mod disclosure;
mod guessing;
mod impersonation;
mod injection;
mod ownership;
mod revocation;

use std::{fs, time::Duration};

use hub::account::limit::Limits;
use tokio::time::timeout;

use crate::support::{Setup, TestHub, answer};

const PATIENCE: Duration = Duration::from_secs(20);

/// A hub with other limits than those of most tests.
async fn limited(limits: impl FnOnce(Limits) -> Limits) -> TestHub {
    let setup = Setup::default();
    let limits = limits(setup.limits);
    TestHub::start_with(Setup { limits, ..setup }).await
}

/// How many passwords the hub has hashed or verified, as its admin port tells it.
async fn passwords_hashed(hub: &TestHub) -> u64 {
    let file = hub.web_root().with_file_name("admin.addr");
    let address = timeout(PATIENCE, async {
        loop {
            match fs::read_to_string(&file) {
                Ok(address) if !address.is_empty() => break address,
                _ => tokio::task::yield_now().await,
            }
        }
    });
    let address = address.await.expect("the admin port should open");
    let figures = answer(hub.http.get(format!("http://{}/metrics", address.trim()))).await;
    let figures = figures.text().await.expect("the figures should be text");
    let count = figures.lines().find_map(|line| line.strip_prefix("fogline_password_hashes_total "));
    count.and_then(|count| count.parse().ok()).expect("the figure should be there")
}
