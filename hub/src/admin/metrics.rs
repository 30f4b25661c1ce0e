//! What the hub counts for Prometheus. No label names a player or carries an id.

mod glance;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use protocol::refusal::Refusal;

use crate::{lobby::Overview, state::AppState};

/// Media type of [`Metrics::exposition`].
pub const EXPOSITION: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds, from a write that hit the cache to a client that gave up.
const LATENCIES: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

const PREFIX: &str = "fogline";

type Label = [(&'static str, String); 1];

/// Counters of one hub. Cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Counted>);

/// Whose socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    Client,
    Room,
}

/// Counts a socket for as long as it lives.
pub struct OpenSocket(Gauge);

struct Counted {
    registry: Registry,
    results: Family<Label, Counter>,
    voids: Family<Label, Counter>,
    room_losses: Family<Label, Counter>,
    messages_refused: Family<Label, Counter>,
    logins: Family<Label, Counter>,
    sockets: Family<Label, Gauge>,
    store_write: Histogram,
    http: Family<Label, Histogram>,
}

impl Metrics {
    /// A result was written down for the first time.
    pub fn result_recorded(&self) {
        self.0.results.get_or_create(&label("outcome", "recorded")).inc();
    }

    /// A result that is written down came again and got the same receipt.
    pub fn result_repeated(&self) {
        self.0.results.get_or_create(&label("outcome", "repeated")).inc();
    }

    /// A result came for an allocation that is not, or no longer, the room's.
    pub fn result_refused(&self) {
        self.0.results.get_or_create(&label("outcome", "refused")).inc();
    }

    /// A match became void, for one of the few reasons that players read.
    pub fn match_void(&self, reason: &'static str) {
        self.0.voids.get_or_create(&label("reason", reason)).inc();
    }

    /// A registered room is gone. `reason` is one of a few short words such as `silent`.
    pub fn room_lost(&self, reason: &'static str) {
        self.0.room_losses.get_or_create(&label("reason", reason)).inc();
    }

    /// A message on a socket was refused or declined.
    pub fn message_refused(&self, refusal: &Refusal) {
        self.0.messages_refused.get_or_create(&label("reason", why(refusal))).inc();
    }

    pub fn login_succeeded(&self) {
        self.0.logins.get_or_create(&label("outcome", "ok")).inc();
    }

    /// Name or password was wrong.
    pub fn login_failed(&self) {
        self.0.logins.get_or_create(&label("outcome", "failed")).inc();
    }

    /// A login was not tried, since there were too many.
    pub fn login_limited(&self) {
        self.0.logins.get_or_create(&label("outcome", "limited")).inc();
    }

    /// A socket was opened; drop what this returns when it closes.
    pub fn socket_opened(&self, kind: SocketKind) -> OpenSocket {
        let kind = match kind {
            SocketKind::Client => "client",
            SocketKind::Room => "room",
        };
        let open = self.0.sockets.get_or_create_owned(&label("kind", kind));
        open.inc();
        OpenSocket(open)
    }

    /// A transaction that writes took `took` from asking for a connection to its commit.
    pub fn store_written(&self, took: Duration) {
        self.0.store_write.observe(took.as_secs_f64());
    }

    pub fn http_answered(&self, status: StatusCode, took: Duration) {
        let class = match status.as_u16() / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.0.http.get_or_create(&label("class", class)).observe(took.as_secs_f64());
    }

    /// Everything in the text format of OpenMetrics, which Prometheus reads; `password_hashes` were
    /// made since the start.
    pub fn exposition(&self, overview: &Overview, password_hashes: u64) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.0.registry)?;
        encode_registry(&mut text, &glance::of(overview, password_hashes))?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// Measures every request that goes through it.
pub async fn measure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let answer = next.run(request).await;
    state.metrics.http_answered(answer.status(), began.elapsed());
    answer
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Counted {
    fn default() -> Self {
        let latency: fn() -> Histogram = || Histogram::new(LATENCIES);
        let mut counted = Self {
            registry: Registry::with_prefix(PREFIX),
            results: Family::default(),
            voids: Family::default(),
            room_losses: Family::default(),
            messages_refused: Family::default(),
            logins: Family::default(),
            sockets: Family::default(),
            store_write: latency(),
            http: Family::new_with_constructor(latency),
        };
        counted.register();
        counted
    }
}

impl Counted {
    /// What an alert looks for begins at 0 instead of missing.
    fn register(&mut self) {
        for outcome in ["recorded", "repeated", "refused"] {
            self.results.get_or_create_owned(&label("outcome", outcome));
        }
        for outcome in ["ok", "failed", "limited"] {
            self.logins.get_or_create_owned(&label("outcome", outcome));
        }
        for kind in ["client", "room"] {
            self.sockets.get_or_create_owned(&label("kind", kind));
        }
        let registry = &mut self.registry;
        registry.register("results", "Results that rooms reported", self.results.clone());
        registry.register("voids", "Matches that became void", self.voids.clone());
        registry.register("room_losses", "Registered rooms that went", self.room_losses.clone());
        registry.register(
            "messages_refused",
            "Socket messages refused or declined",
            self.messages_refused.clone(),
        );
        registry.register("logins", "Log-ins tried", self.logins.clone());
        registry.register("sockets_open", "Sockets that are open", self.sockets.clone());
        registry.register(
            "store_write_seconds",
            "Time of a transaction that writes",
            self.store_write.clone(),
        );
        registry.register("http_request_seconds", "Time of an HTTP request", self.http.clone());
    }
}

fn label(name: &'static str, value: impl Into<String>) -> Label {
    [(name, value.into())]
}

/// The refusal's kind as the wire calls it, without its details.
fn why(refusal: &Refusal) -> String {
    serde_json::to_value(refusal)
        .ok()
        .and_then(|value| value.get("why")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| "other".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn busy() -> Metrics {
        let metrics = Metrics::default();
        metrics.match_void("room_lost");
        metrics.room_lost("silent");
        metrics.message_refused(&Refusal::NoSuchPlayer { name: "ann".to_owned() });
        metrics.store_written(Duration::from_millis(3));
        metrics.http_answered(StatusCode::NOT_FOUND, Duration::from_millis(2));
        metrics
    }

    fn told(metrics: &Metrics) -> String {
        metrics.exposition(&Overview::default(), 0).expect("writing into memory should not fail")
    }

    #[test]
    fn counts_begin_at_zero_and_go_up() {
        let metrics = Metrics::default();
        assert!(told(&metrics).contains("fogline_results_total{outcome=\"recorded\"} 0\n"));
        metrics.result_recorded();
        metrics.login_limited();
        let text = told(&metrics);
        assert!(text.contains("fogline_results_total{outcome=\"recorded\"} 1\n"), "{text}");
        assert!(text.contains("fogline_logins_total{outcome=\"limited\"} 1\n"), "{text}");
        assert!(text.ends_with("# EOF\n"), "one exposition ends once: {text}");
        assert_eq!(text.matches("# EOF").count(), 1);
    }

    #[test]
    fn two_hubs_in_one_process_count_apart() {
        let (first, second) = (Metrics::default(), Metrics::default());
        first.clone().result_recorded();
        assert!(told(&first).contains("fogline_results_total{outcome=\"recorded\"} 1\n"));
        assert!(told(&second).contains("fogline_results_total{outcome=\"recorded\"} 0\n"));
    }

    #[test]
    fn a_socket_counts_while_it_lives() {
        let metrics = Metrics::default();
        let open = metrics.socket_opened(SocketKind::Room);
        assert!(told(&metrics).contains("fogline_sockets_open{kind=\"room\"} 1\n"));
        drop(open);
        assert!(told(&metrics).contains("fogline_sockets_open{kind=\"room\"} 0\n"));
    }

    #[test]
    fn a_refusal_is_counted_without_its_details() {
        let text = told(&busy());
        assert!(text.contains("fogline_messages_refused_total{reason=\"no_such_player\"} 1\n"), "{text}");
        assert!(!text.contains("ann\""), "no name should be in the figures: {text}");
    }

    #[test]
    fn the_operators_page_names_every_figure() {
        let text = told(&busy());
        let told = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect::<BTreeSet<_>>();
        let page = include_str!("../../../docs/operators.md");
        let (_, table) =
            page.split_once("<!-- figures -->").expect("the page should mark where figures begin");
        let (table, _) =
            table.split_once("<!-- end of figures -->").expect("the page should mark where they end");
        let written = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `fogline_")?.split('`').next())
            .map(|name| format!("fogline_{}", name.trim_end_matches("_total")))
            .collect::<BTreeSet<_>>();
        assert_eq!(written.iter().map(String::as_str).collect::<BTreeSet<_>>(), told);
    }
}
