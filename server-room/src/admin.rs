//! The admin port: whether the room lives, whether it can take a match, and its figures.
//!
//! It listens on loopback only and shares nothing with the sockets that players reach. It only tells;
//! nothing can be ordered here.

pub mod metrics;

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use bevy::log::info;
use game::protocol::http::Problem;
use serde::Serialize;

use crate::{admin::metrics::Metrics, vitals::Vitals};

/// Nothing here has a body.
const BODY_BYTES: usize = 1024;

/// The port, open but not answering yet.
pub struct Port(TcpListener);

/// What is shown there.
#[derive(Clone)]
pub struct Shown {
    pub vitals: Vitals,
    pub metrics: Metrics,
    /// How many results the hub has not confirmed.
    pub waiting: Arc<AtomicUsize>,
}

impl Port {
    /// Takes the port on loopback, 0 for a free one, and writes `IP:PORT` into `addr_file`.
    ///
    /// # Errors
    ///
    /// The port is taken, or the file cannot be written.
    pub fn open(port: u16, addr_file: Option<&Path>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("unable to listen on 127.0.0.1:{port} (--admin-port)"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        if let Some(file) = addr_file {
            write(file, address)
                .with_context(|| format!("unable to write --admin-addr-file `{}`", file.display()))?;
        }
        info!(%address, "admin port on http://{address}");
        Ok(Self(listener))
    }
}

/// Answers for as long as the process lives.
///
/// # Errors
///
/// The port fails.
pub async fn serve(Port(listener): Port, shown: Shown) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, router(shown)).await.context("the admin port failed")
}

fn router(shown: Shown) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(shown)
}

async fn alive(State(shown): State<Shown>) -> Result<Json<Health>, Refused> {
    shown.vitals.alive().map_err(unavailable)?;
    Ok(Json(Health { status: "alive" }))
}

async fn ready(State(shown): State<Shown>) -> Result<Json<Health>, Refused> {
    shown.vitals.ready().map_err(unavailable)?;
    Ok(Json(Health { status: "ready" }))
}

async fn figures(State(shown): State<Shown>) -> Result<Response, Refused> {
    let written = shown.metrics.exposition(&shown.vitals, shown.waiting.load(Ordering::Relaxed));
    let text = written.map_err(|error| Refused {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: format!("unable to write the figures: {error}"),
    })?;
    Ok(([(CONTENT_TYPE, metrics::EXPOSITION)], text).into_response())
}

async fn nothing() -> Refused {
    Refused { status: StatusCode::NOT_FOUND, error: "there is nothing at this address".to_owned() }
}

fn unavailable(error: String) -> Refused {
    Refused { status: StatusCode::SERVICE_UNAVAILABLE, error }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Why a request was not answered with what it asked for. Only operators read it.
struct Refused {
    status: StatusCode,
    error: String,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(Problem { error: self.error })).into_response()
    }
}

/// A reader sees the old file or the whole new one.
fn write(file: &Path, address: SocketAddr) -> io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, address.to_string())?;
    fs::rename(part, file)
}
