//! What belongs to somebody else (threat T28).

use hub::clock::unix_ms;
use protocol::http::{PasswordChange, Profile, SessionRow};
use reqwest::{Method, StatusCode};

use crate::{
    account::{call, new_password, post, registered, reset_code},
    support::{PASSWORD, TestHub, body},
};

#[tokio::test]
async fn t28_nobody_reaches_what_belongs_to_somebody_else() {
    let hub = TestHub::start().await;
    let (ann, bob) = (registered(&hub, "Ann").await, registered(&hub, "Bob").await);
    let list = async |bearer: &str| -> Vec<SessionRow> {
        body(call(&hub, Method::GET, "/api/v1/sessions", bearer).await).await
    };
    let (anns, bobs) = (list(&ann.bearer).await, list(&bob.bearer).await);
    assert_eq!((anns.len(), bobs.len()), (1, 1), "a list holds the own sessions only");
    assert_ne!(anns[0].id, bobs[0].id);

    let end = format!("/api/v1/sessions/{}", anns[0].id);
    assert_eq!(call(&hub, Method::DELETE, &end, &bob.bearer).await.status(), StatusCode::NOT_FOUND);
    for bearer in ["", anns[0].id.as_str()] {
        let nobody = call(&hub, Method::DELETE, &end, bearer).await;
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "what names a session does not open it");
    }
    let change = PasswordChange { current: PASSWORD.to_owned(), new: "bobs own horse".to_owned() };
    assert_eq!(post(&hub, "/api/v1/password", &bob.bearer, &change).await.status(), StatusCode::NO_CONTENT);
    let left = call(&hub, Method::POST, "/api/v1/sessions/end-all", &bob.bearer).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);

    let me: Profile = body(call(&hub, Method::GET, "/api/v1/me", &ann.bearer).await).await;
    assert_eq!(me.account, ann.account, "Ann's session and password are untouched");
    assert!(hub.login("Ann", PASSWORD).await.status().is_success());
}

#[tokio::test]
async fn t28_code_of_one_account_does_not_open_another() {
    let hub = TestHub::start().await;
    let ann = registered(&hub, "Ann").await;
    registered(&hub, "Bob").await;
    let code = reset_code(&hub, ann.account, unix_ms() + 60_000).await;
    let stolen = hub.post("/api/v1/password/reset", &new_password("Bob", &code, "another good horse")).await;
    assert_eq!(stolen.status(), StatusCode::FORBIDDEN);
    assert!(hub.login("Bob", PASSWORD).await.status().is_success());
}
