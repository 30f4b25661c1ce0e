#![doc = include_str!("../README.md")]

pub mod account;
pub mod clock;
pub mod config;
pub mod error;
pub mod lobby;
pub mod matches;
pub mod matchmaking;
pub mod rooms;
pub mod router;
pub mod secret;
pub mod shutdown;
pub mod site;
pub mod socket;
pub mod state;
pub mod store;
pub mod telemetry;

use std::{future::IntoFuture as _, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    account::{password::Passwords, socket_token::SocketTokens},
    config::Config,
    lobby::Lobby,
    state::AppState,
    store::Store,
};

/// How long requests and sockets may take to end when the hub stops.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Runs the hub on `listener` until `shutdown`.
pub async fn serve(listener: TcpListener, config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let url = config.database.clone();
    let store = tokio::task::spawn_blocking(move || Store::open(&url)).await??;
    let oldest = account::session::oldest(clock::unix_ms());
    store.write(move |connection| account::store::expire_sessions(connection, oldest)).await?;
    let (lobby, lobby_task) = Lobby::start(store.clone(), &config, shutdown.clone())
        .await
        .context("unable to read what was running")?;
    let state = AppState {
        config: Arc::new(config),
        store,
        passwords: Passwords::default(),
        socket_tokens: SocketTokens::default(),
        lobby,
        sockets: TaskTracker::new(),
        shutdown: shutdown.clone(),
    };
    let sockets = state.sockets.clone();
    let router = router::router(state)?;
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "unable to switch off Nagle's algorithm");
        }
    });
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(shutdown.clone().cancelled_owned())
        .into_future();
    tokio::select! {
        served = serving => served.context("unable to go on serving")?,
        () = overdue(&shutdown) => tracing::warn!("a request took too long to end"),
    }
    shutdown.cancel();
    sockets.close();
    if timeout(LAST_WORDS, sockets.wait()).await.is_err() {
        tracing::warn!("a socket took too long to end");
    }
    lobby_task.await.context("the lobby failed")
}

async fn overdue(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
}
