//! `GET /api/v1/openapi.json`: every call of the API, described where it is carried out.

use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use crate::{
    account::routes::{self as account, credentials, sessions},
    matches::routes as matches,
    site::pages::front,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fogline hub",
        description = "Accounts, sessions, matches and players. JSON both ways. Every error is a `Problem`, \
            whose text is for the person who asked; 429 and 503 say in `Retry-After` when to come back. An \
            address may send 30 requests a second."
    ),
    paths(
        account::guest,
        account::register,
        account::login,
        account::logout,
        account::socket_token,
        account::me,
        credentials::claim,
        credentials::change_password,
        credentials::reset_password,
        credentials::delete_account,
        sessions::list_sessions,
        sessions::end_session,
        sessions::end_all_sessions,
        matches::history,
        matches::match_detail,
        matches::profile,
        matches::leaderboard,
        front::status,
        document,
    ),
    tags(
        (name = "account", description = "Who one is, and proving it."),
        (name = "matches", description = "What was played, and by whom."),
        (name = "hub", description = "The hub itself.")
    ),
    modifiers(&Keys)
)]
struct Document;

/// How a request proves who sends it.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let cookie = ApiKeyValue::with_description(
            "fogline_session",
            "Set by every sign-in; called `__Host-fogline_session` where the hub is reached over TLS.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", bearer);
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "hub",
    responses((status = 200, description = "An OpenAPI document.", content_type = "application/json"))
)]
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_has_a_name_of_its_own_and_says_what_it_answers() {
        let document = serde_json::to_value(Document::openapi()).expect("the document should be JSON");
        let paths = document["paths"].as_object().expect("there should be paths");
        let mut names = BTreeSet::new();
        for (path, calls) in paths {
            for (method, call) in calls.as_object().expect("a path should have calls") {
                let name = call["operationId"].as_str().expect("a call should have a name");
                assert!(names.insert(name.to_owned()), "`{name}` is the name of two calls");
                assert!(call["summary"].is_string(), "{method} {path} should say what it does");
                let answers = call["responses"].as_object().expect("a call should have answers");
                assert!(!answers.is_empty(), "{method} {path} should say what it answers");
            }
        }
    }

    #[test]
    fn every_type_that_is_named_is_described() {
        let text = serde_json::to_string(&Document::openapi()).expect("the document should be JSON");
        let document: serde_json::Value = serde_json::from_str(&text).expect("the document should be JSON");
        let schemas = document["components"]["schemas"].as_object().expect("there should be types");
        for named in text.split("#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap_or_default();
            assert!(schemas.contains_key(name), "`{name}` should be described");
        }
    }
}
