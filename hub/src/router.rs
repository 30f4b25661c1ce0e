//! Every route of the hub, by who calls it.

use anyhow::Context as _;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, map_response},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use tower_http::{
    csrf::{CsrfLayer, ProtectionError},
    services::ServeDir,
};

use crate::{
    account,
    error::ApiError,
    matches,
    site::{assets, pages, play, security},
    socket,
    state::AppState,
};

const BODY_BYTES: usize = 16 * 1024;

pub fn router(state: AppState) -> anyhow::Result<Router> {
    let browser = Router::new()
        .route("/", get(pages::landing))
        .route("/register", get(pages::register_form).post(pages::register))
        .route("/login", get(pages::login_form).post(pages::login))
        .route("/logout", post(pages::logout))
        .route("/guest", post(pages::guest))
        .route("/history", get(pages::history))
        .route("/play/", get(play::page))
        .nest("/play", client_files(&state))
        .route("/style.css", get(assets::style))
        .route("/building.js", get(assets::building_script))
        .route("/scene.svg", get(assets::scene))
        .route("/mark.svg", get(assets::mark))
        .route("/fonts/Barlow-Regular.ttf", get(assets::barlow_regular))
        .route("/fonts/Barlow-SemiBold.ttf", get(assets::barlow_semibold))
        .route("/fonts/BarlowCondensed-SemiBold.ttf", get(assets::barlow_condensed_semibold))
        .fallback(pages::not_found);

    let client = Router::new()
        .route("/api/v1/guest", post(account::routes::guest))
        .route("/api/v1/register", post(account::routes::register))
        .route("/api/v1/login", post(account::routes::login))
        .route("/api/v1/logout", post(account::routes::logout))
        .route("/api/v1/socket-token", post(account::routes::socket_token))
        .route("/api/v1/history", get(matches::routes::history))
        .route("/api/v1/status", get(pages::status))
        .route("/socket/client", any(socket::client::open));

    let room = Router::new().route("/socket/room", any(socket::room::open));

    let mut same_site = CsrfLayer::new();
    if let Some(url) = &state.config.public_url {
        same_site = same_site
            .add_trusted_origin(url)
            .with_context(|| format!("flag `--public-url`: `{url}` is not an origin"))?;
    }
    Ok(browser
        .merge(client)
        .merge(room)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(same_site.with_rejection_response(refuse_cross_site))
        .layer(map_response(security::guard))
        .with_state(state))
}

/// The wasm client: its page, how far its build is, and its files.
fn client_files(state: &AppState) -> Router<AppState> {
    let files = ServeDir::new(&state.config.web_root).append_index_html_on_directories(false);
    Router::new()
        .route("/", get(play::page))
        .route("/progress", get(play::progress))
        .fallback_service(files)
        .layer(from_fn(play::cached))
}

fn refuse_cross_site(_: ProtectionError) -> Response {
    ApiError::CrossSite.into_response()
}
