//! Every route of the hub, by who calls it.

use anyhow::Context as _;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse as _, Response},
    routing::{any, delete, get, post},
};
use tower_http::{
    csrf::{CsrfLayer, ProtectionError},
    services::ServeDir,
};

use crate::{
    account::{self, limit::throttle},
    admin::metrics::measure,
    error::ApiError,
    matches, openapi,
    site::{assets, pages, play, security},
    socket,
    state::AppState,
};

const BODY_BYTES: usize = 16 * 1024;

pub fn router(state: AppState) -> anyhow::Result<Router> {
    let browser = Router::new()
        .route("/", get(pages::front::landing))
        .route("/register", get(pages::sign_in::register_form).post(pages::sign_in::register))
        .route("/login", get(pages::sign_in::login_form).post(pages::sign_in::login))
        .route("/logout", post(pages::sign_in::logout))
        .route("/guest", post(pages::sign_in::guest))
        .route("/reset", get(pages::reset::page).post(pages::reset::reset))
        .route("/account", get(pages::settings::page))
        .route("/account/claim", post(pages::settings::claim))
        .route("/account/password", post(pages::settings::change_password))
        .route("/account/sessions/end", post(pages::settings::end_session))
        .route("/account/sessions/end-all", post(pages::settings::end_all_sessions))
        .route("/account/delete", post(pages::settings::delete))
        .route("/history", get(pages::history::page))
        .route("/matches/{id}", get(pages::matches::page))
        .route("/profile/{name}", get(pages::profile::page))
        .route("/leaderboard", get(pages::leaderboard::page))
        .route("/rooms", get(pages::rooms::page))
        .route("/join/{code}", get(pages::invitation::page))
        .route("/play/", get(play::page))
        .nest("/play", client_files(&state))
        .route("/style.css", get(assets::style))
        .route("/building.js", get(assets::building_script))
        .route("/scene.svg", get(assets::scene))
        .route("/mark.svg", get(assets::mark))
        .route("/fonts/Barlow-Regular.ttf", get(assets::barlow_regular))
        .route("/fonts/Barlow-SemiBold.ttf", get(assets::barlow_semibold))
        .route("/fonts/BarlowCondensed-SemiBold.ttf", get(assets::barlow_condensed_semibold))
        .fallback(pages::front::not_found);

    let client = Router::new()
        .route("/api/v1/guest", post(account::routes::guest))
        .route("/api/v1/register", post(account::routes::register))
        .route("/api/v1/login", post(account::routes::login))
        .route("/api/v1/logout", post(account::routes::logout))
        .route("/api/v1/socket-token", post(account::routes::socket_token))
        .route("/api/v1/me", get(account::routes::me))
        .route("/api/v1/claim", post(account::routes::credentials::claim))
        .route("/api/v1/password", post(account::routes::credentials::change_password))
        .route("/api/v1/password/reset", post(account::routes::credentials::reset_password))
        .route("/api/v1/account/delete", post(account::routes::credentials::delete_account))
        .route("/api/v1/sessions", get(account::routes::sessions::list_sessions))
        .route("/api/v1/sessions/{id}", delete(account::routes::sessions::end_session))
        .route("/api/v1/sessions/end-all", post(account::routes::sessions::end_all_sessions))
        .route("/api/v1/history", get(matches::routes::history))
        .route("/api/v1/matches/{id}", get(matches::routes::match_detail))
        .route("/api/v1/profiles/{name}", get(matches::routes::profile))
        .route("/api/v1/leaderboard", get(matches::routes::leaderboard))
        .route("/api/v1/status", get(pages::front::status))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/socket/client", any(socket::client::open));

    let room = Router::new().route("/socket/room", any(socket::room::open));

    let mut same_site = CsrfLayer::new();
    if let Some(url) = &state.config.public_url {
        same_site = same_site
            .add_trusted_origin(url)
            .with_context(|| format!("setting `public-url`: `{url}` is not an origin"))?;
    }
    let tls = state.config.tls();
    Ok(browser
        .merge(client)
        .merge(room)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), throttle))
        .layer(same_site.with_rejection_response(refuse_cross_site))
        .layer(from_fn_with_state(state.clone(), measure))
        .layer(map_response(move |response: Response| security::guard(tls, response)))
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
