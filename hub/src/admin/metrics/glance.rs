//! What is so at this moment.

use std::collections::BTreeMap;

use prometheus_client::{
    metrics::{
        counter::ConstCounter,
        family::Family,
        gauge::{ConstGauge, Gauge},
    },
    registry::Registry,
};

use crate::{
    admin::metrics::{Label, PREFIX, label},
    lobby::Overview,
    telemetry,
};

/// A state that no room is in is told, too.
const ROOM_STATES: [&str; 5] = ["free", "playing", "resting", "draining", "suspect"];

/// Read when it is asked for.
pub fn of(overview: &Overview, password_hashes: u64) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let mut gauge = |name: &str, help: &str, value: usize| {
        registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
    };
    gauge("players_online", "Players with an open socket", overview.players_online);
    gauge("players_waiting", "Players in a queue", usize::try_from(overview.waiting).unwrap_or(usize::MAX));
    gauge("matches_running", "Matches that are being played", overview.matches_running);
    let states = Family::<Label, Gauge>::default();
    for (state, count) in rooms_by_state(overview) {
        states.get_or_create(&label("state", state)).set(count);
    }
    registry.register("rooms", "Registered rooms", states);
    registry.register("password_hashes", "Passwords hashed", ConstCounter::new(password_hashes));
    registry.register(
        "log_lines_lost",
        "Log lines dropped because stderr was blocked",
        ConstCounter::new(telemetry::lines_lost()),
    );
    registry
}

fn rooms_by_state(overview: &Overview) -> BTreeMap<&'static str, i64> {
    let mut states = BTreeMap::from(ROOM_STATES.map(|state| (state, 0)));
    for room in &overview.rooms_listed {
        *states.entry(room.state).or_default() += 1;
    }
    states
}
