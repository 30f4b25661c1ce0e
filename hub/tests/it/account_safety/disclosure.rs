//! What answers (threat T19) and the database files (threat T20) give away.

use std::{fs, path::PathBuf};

use hub::clock::unix_ms;
use reqwest::StatusCode;

use super::passwords_hashed;
use crate::{
    account::{new_password, registered, reset_code},
    support::{PASSWORD, TestHub, problem},
};

#[tokio::test]
async fn t19_unknown_name_and_wrong_password_get_one_answer_for_one_amount_of_work() {
    let hub = TestHub::start().await;
    registered(&hub, "Ann").await;
    let guest = hub.guest().await;
    let mut answers = Vec::new();
    for name in ["Ann", "Nobody", guest.name.as_str(), "x", "a\u{7}b", "Deleted-AAAAAAAA"] {
        let before = passwords_hashed(&hub).await;
        answers.push(problem(hub.login(name, "wrong horse").await).await);
        assert_eq!(passwords_hashed(&hub).await - before, 1, "`{}`", name.escape_debug());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);

    for name in ["Ann", "Nobody"] {
        for _ in 0..4 {
            hub.login(name, "wrong horse").await;
        }
        let paused = hub.login(name, "wrong horse").await;
        assert_eq!(paused.status(), StatusCode::TOO_MANY_REQUESTS, "a name that nobody has waits, too");
    }
}

#[tokio::test]
async fn t19_unknown_name_and_wrong_code_get_one_answer_for_one_amount_of_work() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    registered(&hub, "Bob").await;
    reset_code(&hub, ann.account, unix_ms() + 60_000).await;
    let mut answers = Vec::new();
    for name in ["Ann", "Bob", "Nobody"] {
        let before = passwords_hashed(&hub).await;
        let wrong = new_password(name, "AAAAA-AAAAA-AAAAA-AAAAA", "another good horse");
        answers.push(problem(hub.post("/api/v1/password/reset", &wrong).await).await);
        assert_eq!(passwords_hashed(&hub).await - before, 1, "{name}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn t20_no_secret_is_in_the_database_files() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    let token = hub.socket_token(&ann.bearer).await;
    let code = reset_code(&hub, ann.account, unix_ms() + 60_000).await;
    let plain_code = code.replace('-', "");
    let database = hub.web_root().with_file_name("hub.db");
    let files = ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", database.display())));
    let bytes = files.iter().filter_map(|file| fs::read(file).ok()).flatten().collect::<Vec<_>>();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Ann") && holds("$argon2id$v=19$m=19456,t=2,p=1$"), "the account should be there");
    for secret in [PASSWORD, ann.bearer.as_str(), token.as_str(), code.as_str(), plain_code.as_str()] {
        assert!(!holds(secret), "a secret is in the database");
    }
}
