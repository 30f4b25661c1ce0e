//! Every route of both listeners, asked for by everybody in every way.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    admin::Admin,
    support::{TestHub, answer, body},
};

const ROUTER: &str = include_str!("../../../src/router.rs");
const ADMIN_ROUTER: &str = include_str!("../../../src/admin.rs");

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Calls of the API that need no session.
const OPEN_CALLS: [(&str, &str); 9] = [
    ("post", "/api/v1/guest"),
    ("post", "/api/v1/register"),
    ("post", "/api/v1/login"),
    ("post", "/api/v1/password/reset"),
    ("get", "/api/v1/matches/{id}"),
    ("get", "/api/v1/profiles/{name}"),
    ("get", "/api/v1/leaderboard"),
    ("get", "/api/v1/status"),
    ("get", "/api/v1/openapi.json"),
];

/// First parts of the addresses of pages that everybody may see, `progress` being below `play`.
const OPEN_PAGES: [&str; 14] = [
    "",
    "fonts",
    "guest",
    "join",
    "leaderboard",
    "login",
    "logout",
    "matches",
    "play",
    "profile",
    "progress",
    "register",
    "reset",
    "rooms",
];

/// First parts of the addresses of a player's own pages.
const OWN_PAGES: [&str; 2] = ["account", "history"];

/// Forms that somebody without a session may send.
const OPEN_FORMS: [&str; 5] = ["/guest", "/login", "/logout", "/register", "/reset"];

/// Everything on the admin port, and whether it needs no token.
const ADMIN_ROUTES: [(&str, &str, bool); 7] = [
    ("get", "/healthz", true),
    ("get", "/readyz", true),
    ("get", "/metrics", true),
    ("get", "/rooms", false),
    ("post", "/rooms/drain", false),
    ("post", "/rooms/{room}/drain", false),
    ("post", "/accounts/{account}/refresh", false),
];

const SOMETHING: &str = "01a0a5b0-0000-7000-8000-000000000000";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    Player,
    Operator,
}

const CALLERS: [Caller; 3] = [Caller::Nobody, Caller::Player, Caller::Operator];

struct Matrix {
    hub: TestHub,
    admin: Admin,
    unexpected: Vec<String>,
}

impl Matrix {
    async fn bearer(&self, caller: Caller) -> Option<String> {
        match caller {
            Caller::Nobody => None,
            Caller::Player => Some(self.hub.guest().await.bearer),
            Caller::Operator => Some(self.admin.token.clone()),
        }
    }

    /// Asks and notes a success that is not `allowed`, and an error of the hub's own.
    async fn ask(&mut self, origin: &str, method: &Method, path: &str, caller: Caller, allowed: bool) {
        let mut request = self.hub.http.request(method.clone(), format!("{origin}{}", filled(path)));
        if let Some(bearer) = self.bearer(caller).await {
            request = request.bearer_auth(bearer);
        }
        if *method != Method::GET {
            request = request.json(&json!({ "by": "t27" }));
        }
        let status = answer(request).await.status();
        let failed = status == StatusCode::INTERNAL_SERVER_ERROR;
        if failed || (status.is_success() && !allowed) {
            self.unexpected.push(format!("{caller:?} {method} {origin}{path}: {status}"));
        }
    }
}

#[tokio::test]
async fn t27_no_route_answers_whom_it_should_not() {
    let hub = TestHub::start().await;
    let admin = Admin::of(&hub).await;
    let document: Value = body(hub.get("/api/v1/openapi.json").await).await;
    let calls = documented(&document);
    let routes = routes_of(ROUTER);
    for path in routes.iter().filter(|path| path.starts_with("/api/")) {
        assert!(calls.contains_key(path), "`{path}` should be described by the OpenAPI document");
    }
    let listed = ADMIN_ROUTES.iter().map(|(_, path, _)| (*path).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(routes_of(ADMIN_ROUTER), listed, "every route of the admin port should be in the matrix");

    let mut matrix = Matrix { hub, admin, unexpected: Vec::new() };
    let (public, private) = (matrix.hub.origin(), matrix.admin.origin.clone());
    for caller in CALLERS {
        for method in &METHODS {
            for (path, methods) in &calls {
                let known = methods.contains(method.as_str());
                let open = OPEN_CALLS
                    .iter()
                    .any(|(verb, open)| method.as_str().eq_ignore_ascii_case(verb) && open == path);
                matrix.ask(&public, method, path, caller, known && (open || caller == Caller::Player)).await;
                matrix.ask(&private, method, path, caller, false).await;
            }
            for path in routes.iter().filter(|path| !path.starts_with("/api/")) {
                let allowed = page_allowed(method, path, caller);
                matrix.ask(&public, method, path, caller, allowed).await;
            }
            for (verb, path, open) in ADMIN_ROUTES {
                let known = method.as_str().eq_ignore_ascii_case(verb);
                let allowed = known && (open || caller == Caller::Operator);
                matrix.ask(&private, method, path, caller, allowed).await;
                let page = path == "/rooms" && *method == Method::GET;
                matrix.ask(&public, method, path, caller, page).await;
            }
        }
    }
    assert!(matrix.unexpected.is_empty(), "{:#?}", matrix.unexpected);
}

/// Methods in capitals, by path.
fn documented(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().expect("the document should have paths");
    paths
        .iter()
        .map(|(path, calls)| {
            let calls = calls.as_object().expect("a path should have calls");
            (path.clone(), calls.keys().map(|method| method.to_uppercase()).collect())
        })
        .collect()
}

/// The paths in a router's source.
fn routes_of(source: &str) -> BTreeSet<String> {
    let literal = |after: &str| after.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
    source.split(".route(").skip(1).filter_map(literal).collect()
}

fn page_allowed(method: &Method, path: &str, caller: Caller) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let file = first.contains('.');
    let own = OWN_PAGES.contains(&first);
    if first == "socket" {
        return false;
    }
    assert!(file || own || OPEN_PAGES.contains(&first), "`{path}` should be in the matrix");
    if *method == Method::GET {
        !own || caller == Caller::Player
    } else {
        *method == Method::POST && (OPEN_FORMS.contains(&path) || own && caller == Caller::Player)
    }
}

/// The path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let part = |part| if str::starts_with(part, '{') { SOMETHING } else { part };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
