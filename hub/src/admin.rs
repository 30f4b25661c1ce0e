//! The admin port: whether the hub lives, how it does, and what an operator may have it do.
//!
//! It listens on loopback only and shares nothing with the listener that players reach. Looking at
//! health and figures needs no token; everything else does.

mod account;
mod health;
pub mod metrics;
pub mod room;
pub(crate) mod token;

use anyhow::{Context as _, ensure};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use protocol::http::Problem;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    admin::token::Token,
    config::{AdminConfig, address_file},
    state::AppState,
    store::StoreError,
};

const BODY_BYTES: usize = 4 * 1024;

/// Answers until `shutdown`, if there is to be an admin port. A hub that cannot listen there stops.
///
/// # Errors
///
/// The address is not on loopback or not free, or a file cannot be written.
pub async fn serve(state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Some(config) = state.config.admin.clone() else {
        return Ok(());
    };
    let answered = answer(config, state, shutdown.clone()).await;
    if answered.is_err() {
        shutdown.cancel();
    }
    answered
}

async fn answer(config: AdminConfig, state: AppState, shutdown: CancellationToken) -> anyhow::Result<()> {
    let AdminConfig { bind, addr_file, token_file } = config;
    ensure!(bind.ip().is_loopback(), "the admin port listens on loopback only, not on `{bind}`");
    let token = Token::load_or_make(&token_file)?;
    let listener = TcpListener::bind(bind).await.with_context(|| {
        format!("setting `admin-bind`: unable to listen on `{bind}`; choose another, port 0 or `none`")
    })?;
    let address = listener.local_addr()?;
    if let Some(file) = &addr_file {
        address_file::write(file, address)
            .with_context(|| format!("setting `admin-addr-file`: unable to write `{}`", file.display()))?;
    }
    tracing::info!(%address, "admin port on http://{address}");
    axum::serve(listener, router(state, token))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
        .context("the admin port failed")
}

fn router(state: AppState, token: Token) -> Router {
    let open = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(figures));
    let guarded = Router::new()
        .route("/rooms", get(room::list))
        .route("/rooms/drain", post(room::drain_all))
        .route("/rooms/{room}/drain", post(room::drain))
        .route("/accounts/{account}/refresh", post(account::refresh))
        .route_layer(from_fn_with_state(token, token::required));
    open.merge(guarded).fallback(nothing).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(state)
}

async fn figures(State(state): State<AppState>) -> Result<Response, Refused> {
    let written = state.metrics.exposition(&state.lobby.overview(), state.passwords.count());
    let text = written.map_err(|error| Refused {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: format!("unable to write the figures: {error}"),
    })?;
    Ok(([(CONTENT_TYPE, metrics::EXPOSITION)], text).into_response())
}

async fn nothing() -> Refused {
    Refused { status: StatusCode::NOT_FOUND, error: "there is nothing at this address".to_owned() }
}

/// Why a request to the admin port was not carried out. Only operators read it.
pub struct Refused {
    status: StatusCode,
    error: String,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(Problem { error: self.error })).into_response()
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request to the admin port failed in the store");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: format!("the database failed: {error}") }
    }
}
