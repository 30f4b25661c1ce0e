//! What a room tells of itself on its admin port.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::prove::{dial::HERE, http::Api};

/// Histograms of [`Gauge::p99_ms_since`]: the rules of a tick, a whole turn that did one, and how late it was.
pub const TICKS: &str = "fogline_room_tick_seconds";
pub const TURNS: &str = "fogline_room_turn_seconds";
pub const LATENESS: &str = "fogline_room_tick_lateness_seconds";

/// The room's figures at one moment.
pub struct Gauge(String);

impl Gauge {
    /// Asks the room that has written its admin address to this file.
    pub fn read(address: &Path) -> Result<Self> {
        let address = fs::read_to_string(address).context("the room should have written where it answers")?;
        let api = Api::new(address.trim().parse().context("the room should have written an address")?, HERE);
        let answer = api.get("/metrics", None)?;
        anyhow::ensure!(answer.status == 200, "the room's figures were answered with {}", answer.status);
        Ok(Self(answer.body))
    }

    /// The figure of this name, labels included.
    pub fn figure(&self, name: &str) -> Result<f64> {
        let value = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.with_context(|| format!("the room should tell `{name}`"))
    }

    /// How often something was refused for this reason.
    pub fn refused(&self, why: &str) -> Result<f64> {
        self.figure(&format!("fogline_room_refused_total{{why=\"{why}\"}}"))
    }

    pub fn memory_kb(&self) -> Result<f64> {
        Ok(self.figure("fogline_room_memory_bytes")? / 1024.0)
    }

    /// Errors that ended nothing.
    pub fn mishaps(&self) -> Result<f64> {
        self.figure("fogline_room_mishaps_total")
    }

    /// What 99 of 100 values that a histogram of times has got since `earlier` did not exceed, in
    /// milliseconds. Within a bucket they are taken to lie evenly. 0 without any.
    pub fn p99_ms_since(&self, earlier: &Gauge, histogram: &str) -> Result<f64> {
        let (now, then) = (self.buckets(histogram), earlier.buckets(histogram));
        anyhow::ensure!(!now.is_empty() && now.len() == then.len(), "the room should tell `{histogram}`");
        let since = now.iter().zip(&then).map(|((bound, now), (_, then))| (*bound, now - then));
        let wanted = 0.99 * since.clone().next_back().map_or(0.0, |(_, all)| all);
        let (mut below, mut counted) = (0.0, 0.0);
        for (bound, count) in since {
            if count >= wanted && count > counted {
                let share = (wanted - counted) / (count - counted);
                let bound = if bound.is_finite() { bound } else { below };
                return Ok((below + share * (bound - below)) * 1_000.0);
            }
            (below, counted) = (bound, count);
        }
        Ok(0.0)
    }

    /// Upper bounds in seconds, and how many values do not exceed each.
    fn buckets(&self, histogram: &str) -> Vec<(f64, f64)> {
        let read = |line: &str| {
            let (bound, count) =
                line.strip_prefix(histogram)?.strip_prefix("_bucket{le=\"")?.split_once("\"} ")?;
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse::<f64>().ok()? };
            Some((bound, count.trim().parse::<f64>().ok()?))
        };
        self.0.lines().filter_map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_with_their_labels() {
        let gauge = Gauge(
            "# TYPE fogline_room_refused counter\n\
             fogline_room_refused_total{why=\"shape\"} 7\n\
             fogline_room_refused_total{why=\"flood\"} 0\n"
                .to_owned(),
        );
        assert_eq!((gauge.refused("shape").ok(), gauge.refused("flood").ok()), (Some(7.0), Some(0.0)));
        assert!(gauge.refused("stranger").is_err(), "a figure that is missing is not 0");
        assert!(gauge.memory_kb().is_err());
    }

    #[test]
    fn times_are_read_from_what_was_added_to_a_histogram() {
        let gauge = |counts: [u32; 3]| {
            let bounds = ["0.001", "0.002", "+Inf"];
            let line =
                |(bound, count)| format!("fogline_room_tick_seconds_bucket{{le=\"{bound}\"}} {count}\n");
            Gauge(bounds.into_iter().zip(counts).map(line).collect())
        };
        let p99 = |now, then| gauge(now).p99_ms_since(&gauge(then), "fogline_room_tick_seconds").ok();
        let near = |value: Option<f64>, wanted: f64| value.is_some_and(|value| (value - wanted).abs() < 1e-9);
        assert!(near(p99([200, 200, 200], [100, 100, 100]), 0.99));
        assert!(near(p99([150, 200, 200], [100, 100, 100]), 1.98));
        assert!(near(p99([0, 0, 100], [0, 0, 0]), 2.0), "what has no bound is taken for the last one");
        assert!(near(p99([7, 7, 7], [7, 7, 7]), 0.0));
        assert_eq!(Gauge(String::new()).p99_ms_since(&Gauge(String::new()), "none").ok(), None);
    }
}
