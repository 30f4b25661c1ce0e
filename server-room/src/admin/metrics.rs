//! What the room counts for Prometheus. No label names a player or carries an id.

mod process;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use bevy::prelude::Resource;
use game::{protocol::registry::ToRegistry, room::guard::mishap};
use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
    },
    registry::Registry,
};

use crate::{telemetry, vitals::Vitals};

/// Media type of [`Metrics::exposition`].
pub const EXPOSITION: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds. A tick has a sixtieth of one; what a room may owe ends them.
const TIMES: [f64; 11] = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.0167, 0.0333, 0.0667, 0.25];

const PREFIX: &str = "fogline_room";

type Label = [(&'static str, &'static str); 1];
type Labels = [(&'static str, &'static str); 2];

/// Counters of one room. Cheap to clone.
#[derive(Resource, Clone, Default)]
pub struct Metrics(Arc<Counted>);

/// What there is in the app at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Glance {
    pub entities: u32,
    /// Players linked by UDP, WebTransport and WebSocket.
    pub linked: [(&'static str, u32); 3],
    /// Links that nobody has used a ticket on yet.
    pub pending: u32,
    /// Whether a match is in the room.
    pub playing: bool,
}

struct Counted {
    registry: Registry,
    ticks: Histogram,
    working: Histogram,
    lateness: Histogram,
    turns: Counter,
    skipped: Counter<f64, AtomicU64>,
    matches: Family<Label, Counter>,
    refused: Family<Label, Counter>,
    turned_away: Family<Labels, Counter>,
    links: Family<Label, Gauge>,
    pending: Gauge,
    entities: Gauge,
    playing: Gauge,
}

impl Metrics {
    /// The rules of one tick took this long.
    pub fn ticked(&self, took: Duration) {
        self.0.ticks.observe(took.as_secs_f64());
    }

    /// A turn that did a tick took this long, with all that came by the wire and went out.
    pub fn worked(&self, took: Duration) {
        self.0.working.observe(took.as_secs_f64());
    }

    /// A turn that had a tick to do began so long after the tick was due.
    pub fn tick_was_due(&self, ago: Duration) {
        self.0.lateness.observe(ago.as_secs_f64());
    }

    /// The loop has turned once.
    pub fn turned(&self) {
        self.0.turns.inc();
    }

    /// The simulation will never make up for so much time.
    pub fn skipped(&self, time: Duration) {
        self.0.skipped.inc_by(time.as_secs_f64());
    }

    /// The room has told the hub this.
    pub fn reported(&self, report: &ToRegistry) {
        let outcome = match report {
            ToRegistry::Prepared { .. } => "prepared",
            ToRegistry::Declined { .. } => "declined",
            ToRegistry::Result { .. } => "played",
            _ => return,
        };
        self.0.matches.get_or_create(&[("outcome", outcome)]).inc();
    }

    pub fn looked(&self, glance: &Glance) {
        for (transport, count) in glance.linked {
            self.0.links.get_or_create(&[("transport", transport)]).set(i64::from(count));
        }
        self.0.pending.set(i64::from(glance.pending));
        self.0.entities.set(i64::from(glance.entities));
        self.0.playing.set(i64::from(glance.playing));
    }

    /// The guard has refused `total` things for this reason since the start.
    pub fn refused(&self, why: &'static str, total: u64) {
        let counter = self.0.refused.get_or_create_owned(&[("why", why)]);
        counter.inc_by(total.saturating_sub(counter.get()));
    }

    /// This door has turned `total` away for this reason since the start.
    pub fn turned_away(&self, door: &'static str, why: &'static str, total: u64) {
        let counter = self.0.turned_away.get_or_create_owned(&[("door", door), ("why", why)]);
        counter.inc_by(total.saturating_sub(counter.get()));
    }

    /// Everything in the text format of OpenMetrics, which Prometheus reads; the hub has not confirmed
    /// `waiting` results.
    ///
    /// # Errors
    ///
    /// A figure cannot be formatted.
    pub fn exposition(&self, vitals: &Vitals, waiting: usize) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.0.registry)?;
        encode_registry(&mut text, &now(vitals, waiting))?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// What is read when it is asked for.
fn now(vitals: &Vitals, waiting: usize) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let mut gauge = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
    };
    gauge("hub_line_up", "Whether the hub knows the room", u64::from(vitals.is_registered()));
    gauge("draining", "Whether the room takes no match any more", u64::from(vitals.is_draining()));
    let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
    gauge("results_waiting", "Results that the hub has not confirmed", waiting);
    if let Some(bytes) = process::resident_bytes() {
        gauge("memory_bytes", "Resident memory", bytes);
    }
    if let Some(files) = process::open_files() {
        gauge("open_files", "Open files and sockets", files);
    }
    let mut counter = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstCounter::new(value));
    };
    counter("mishaps", "Errors of systems that were survived", mishap::happened());
    counter("simulated_ticks", "Ticks since the start", u64::from(vitals.tick()));
    counter("hub_lines_lost", "Lines to the hub that broke", vitals.lines_lost());
    counter("log_lines_lost", "Log lines dropped because stderr was blocked", telemetry::lines_lost());
    registry
}

impl Default for Counted {
    fn default() -> Self {
        let mut counted = Self {
            registry: Registry::with_prefix(PREFIX),
            ticks: Histogram::new(TIMES),
            working: Histogram::new(TIMES),
            lateness: Histogram::new(TIMES),
            turns: Counter::default(),
            skipped: Counter::default(),
            matches: Family::default(),
            refused: Family::default(),
            turned_away: Family::default(),
            links: Family::default(),
            pending: Gauge::default(),
            entities: Gauge::default(),
            playing: Gauge::default(),
        };
        counted.register();
        counted
    }
}

impl Counted {
    /// What an alert looks for begins at 0 instead of missing.
    fn register(&mut self) {
        for outcome in ["prepared", "declined", "played"] {
            self.matches.get_or_create_owned(&[("outcome", outcome)]);
        }
        let registry = &mut self.registry;
        registry.register("tick_seconds", "Time that the rules of a tick took", self.ticks.clone());
        registry.register(
            "turn_seconds",
            "Time that a turn with a tick took, packets and all",
            self.working.clone(),
        );
        registry.register(
            "tick_lateness_seconds",
            "Time between a tick's due moment and the turn that did it",
            self.lateness.clone(),
        );
        registry.register("turns", "Turns of the loop", self.turns.clone());
        registry.register("skipped_seconds", "Time that was never simulated", self.skipped.clone());
        registry.register("matches", "Matches by what became of them", self.matches.clone());
        registry.register("refused", "What the guard refused, by reason", self.refused.clone());
        registry.register(
            "turned_away",
            "Whom the doors did not let in, by reason",
            self.turned_away.clone(),
        );
        registry.register("links", "Players linked, by transport", self.links.clone());
        registry.register("links_pending", "Links without a used ticket", self.pending.clone());
        registry.register("entities", "Entities in the app", self.entities.clone());
        registry.register("playing", "Whether a match is in the room", self.playing.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(metrics: &Metrics) -> String {
        metrics.exposition(&Vitals::default(), 2).expect("writing into memory should not fail")
    }

    #[test]
    fn figures_begin_at_zero_and_end_once() {
        let text = told(&Metrics::default());
        for line in [
            "fogline_room_matches_total{outcome=\"played\"} 0\n",
            "fogline_room_hub_line_up 0\n",
            "fogline_room_hub_lines_lost_total 0\n",
            "fogline_room_results_waiting 2\n",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
        assert_eq!(text.matches("# EOF").count(), 1);
    }

    #[test]
    fn page_names_every_figure() {
        let metrics = Metrics::default();
        metrics.refused("shape", 1);
        metrics.turned_away("websocket", "origin", 1);
        let page = include_str!("../../../docs/hosting.md");
        let told = told(&metrics);
        let names: Vec<_> =
            told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        assert!(names.len() > 15, "{names:?}");
        for name in names {
            assert!(page.contains(&format!("`{name}")), "docs/hosting.md should name `{name}`");
        }
    }

    #[test]
    fn what_was_counted_elsewhere_is_told_as_it_stands() {
        let metrics = Metrics::default();
        metrics.turned_away("websocket", "origin", 2);
        metrics.turned_away("websocket", "origin", 5);
        metrics.turned_away("webtransport", "origin", 0);
        let text = told(&metrics);
        for (door, count) in [("websocket", 5), ("webtransport", 0)] {
            let line = format!("fogline_room_turned_away_total{{door=\"{door}\",why=\"origin\"}} {count}\n");
            assert!(text.contains(&line), "{line} is missing in {text}");
        }
    }

    #[test]
    fn glance_replaces_the_last_one() {
        let metrics = Metrics::default();
        let linked = [("udp", 3), ("webtransport", 1), ("websocket", 0)];
        metrics.looked(&Glance { entities: 90, linked, pending: 2, playing: true });
        metrics.looked(&Glance { entities: 80, linked, pending: 0, playing: false });
        let text = told(&metrics);
        assert!(text.contains("fogline_room_entities 80\n"), "{text}");
        assert!(text.contains("fogline_room_links_pending 0\n"), "{text}");
        assert!(text.contains("fogline_room_links{transport=\"udp\"} 3\n"), "{text}");
    }

    #[test]
    fn time_is_told_in_seconds() {
        let metrics = Metrics::default();
        metrics.ticked(Duration::from_millis(3));
        metrics.skipped(Duration::from_millis(1500));
        let text = told(&metrics);
        assert!(text.contains("fogline_room_tick_seconds_bucket{le=\"0.004\"} 1\n"), "{text}");
        assert!(text.contains("fogline_room_tick_seconds_bucket{le=\"0.002\"} 0\n"), "{text}");
        assert!(text.contains("fogline_room_skipped_seconds_total 1.5\n"), "{text}");
    }
}
