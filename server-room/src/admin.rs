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
    time::Duration,
};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use bevy::log::{debug, info, warn};
use game::protocol::http::Problem;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use serde::Serialize;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::{
    admin::metrics::Metrics,
    vitals::{Unfit, Vitals},
};

/// Nothing here has a body.
const BODY_BYTES: usize = 1024;

/// Of a request.
const HEAD_BYTES: usize = 16 * 1024;

/// At once: a scraper, a prober, and whoever looks.
const CONNECTIONS: usize = 16;

/// How long the head of a request may take; with the answer it may take twice as long.
const PATIENCE: Duration = Duration::from_secs(2);

/// After an error that is likely to come again at once, such as too many open files.
const PAUSE: Duration = Duration::from_millis(250);

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

/// Answers for as long as the process lives, one request a connection. More connections than there are places
/// wait.
///
/// # Errors
///
/// The port fails.
pub async fn serve(Port(listener): Port, shown: Shown) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = TowerToHyperService::new(router(shown));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = places.clone().acquire_owned().await?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!("unable to accept a connection on the admin port: {error}");
                sleep(PAUSE).await;
                continue;
            }
        };
        let service = service.clone();
        tokio::spawn(async move {
            let answered = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .keep_alive(false)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), service);
            if let Ok(Err(error)) = timeout(2 * PATIENCE, answered).await {
                debug!("a connection to the admin port broke: {error}");
            }
            drop(place);
        });
    }
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

fn unavailable(why: Unfit) -> Refused {
    Refused { status: StatusCode::SERVICE_UNAVAILABLE, error: why.to_string() }
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
