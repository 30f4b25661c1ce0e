//! What every request may reach.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    account::{limit::Gate, password::Passwords, socket_token::SocketTokens},
    admin::metrics::Metrics,
    config::Config,
    lobby::Lobby,
    socket::allowance::Allowances,
    store::Store,
};

/// Cheap to clone: handles only.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub store: Store,
    pub passwords: Passwords,
    pub socket_tokens: SocketTokens,
    pub lobby: Lobby,
    pub limits: Gate,
    pub allowances: Allowances,
    pub metrics: Metrics,
    /// Sockets run in here, so that shutdown can wait for their last words.
    pub sockets: TaskTracker,
    pub shutdown: CancellationToken,
}
