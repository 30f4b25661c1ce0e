//! Bodies of the HTTP API, those that the hub reads and those that a client reads.

use protocol::http::{Credentials, Deletion, PasswordChange, PasswordReset, Problem, SignedIn, SocketTicket};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) fn body(bytes: &[u8]) -> bool {
    let taken = [
        same::<Credentials>(bytes),
        same::<PasswordChange>(bytes),
        same::<PasswordReset>(bytes),
        same::<Deletion>(bytes),
        same::<SignedIn>(bytes),
        same::<SocketTicket>(bytes),
        same::<Problem>(bytes),
    ];
    taken.contains(&true)
}

fn same<M: Serialize + DeserializeOwned>(bytes: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<M>(bytes) else { return false };
    let write = |body: &M| serde_json::to_vec(body).expect("a body should be written");
    let written = write(&body);
    let again = serde_json::from_slice::<M>(&written).expect("what is written should be read");
    assert_eq!(write(&again), written);
    true
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    [
        r#"{"name":"Ann","password":"correct horse"}"#,
        r#"{"current":"correct horse","new":"battery staple"}"#,
        r#"{"name":"Ann","code":"K7WQ-2M4P","new":"battery staple"}"#,
        r#"{"password":null}"#,
        r#"{"account":"0198f000-0000-7000-8000-000000000001","name":"Ann","guest":true,"bearer":"c2VjcmV0"}"#,
        r#"{"token":"c2VjcmV0"}"#,
        r#"{"error":"This name is taken."}"#,
    ]
    .map(|json| json.as_bytes().to_vec())
    .to_vec()
}
