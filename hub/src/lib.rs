#![doc = include_str!("../README.md")]

pub mod account;
pub mod admin;
pub mod clock;
pub mod config;
pub mod error;
pub mod lobby;
pub mod matches;
pub mod matchmaking;
pub mod openapi;
pub mod operator;
pub mod rooms;
pub mod router;
pub mod secret;
pub mod shutdown;
pub mod site;
pub mod socket;
pub mod state;
pub mod store;
pub mod telemetry;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum_server::{Handle, Server};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    account::{limit::Gate, password::Passwords, socket_token::SocketTokens},
    admin::metrics::Metrics,
    config::Config,
    lobby::Lobby,
    socket::{allowance::Allowances, door::Door},
    state::AppState,
    store::Store,
};

/// How long requests and sockets may take to end when the hub stops.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How long a peer may take to say what it wants.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the hub on `listener` until `shutdown`.
pub async fn serve(listener: TcpListener, config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let url = config.database.clone();
    let store = tokio::task::spawn_blocking(move || Store::open(&url)).await??;
    let oldest = account::session::oldest(clock::unix_ms());
    store
        .write(move |connection| account::store::expire_sessions(connection, oldest))
        .await
        .with_context(|| format!("unable to write {}", store.name()))?;
    let metrics = Metrics::default();
    let (lobby, lobby_task) = Lobby::start(store.clone(), &config, metrics.clone(), shutdown.clone())
        .await
        .context("unable to read what was running")?;
    let door = Door::new(config.sockets_per_address);
    let state = AppState {
        limits: Gate::new(config.limits),
        allowances: Allowances::default(),
        config: Arc::new(config),
        store,
        passwords: Passwords::default(),
        socket_tokens: SocketTokens::default(),
        lobby,
        metrics,
        sockets: TaskTracker::new(),
        shutdown: shutdown.clone(),
    };
    let sockets = state.sockets.clone();
    let admin = tokio::spawn(admin::serve(state.clone(), shutdown.clone()));
    let router = router::router(state)?.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::<SocketAddr>::new();
    let mut server = Server::<SocketAddr>::from_listener(listener)
        .acceptor(door)
        .handle(handle.clone())
        .first_request_timeout(REQUEST_PATIENCE);
    server.http_builder().http1().header_read_timeout(REQUEST_PATIENCE);
    let stop = shutdown.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        handle.graceful_shutdown(Some(LAST_WORDS));
    });
    server.serve(router).await.context("unable to go on serving")?;
    shutdown.cancel();
    sockets.close();
    if timeout(LAST_WORDS, sockets.wait()).await.is_err() {
        tracing::warn!("a socket took too long to end");
    }
    admin.await.context("the admin listener failed")??;
    lobby_task.await.context("the lobby failed")
}
