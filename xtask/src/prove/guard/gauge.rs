//! What a room tells of itself on its admin port.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::prove::{dial::HERE, http::Api};

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
    pub fn refused(&self, why: &str) -> f64 {
        self.figure(&format!("fogline_room_refused_total{{why=\"{why}\"}}")).unwrap_or_default()
    }

    pub fn memory_kb(&self) -> Result<f64> {
        Ok(self.figure("fogline_room_memory_bytes")? / 1024.0)
    }

    /// Errors that ended nothing.
    pub fn mishaps(&self) -> Result<f64> {
        self.figure("fogline_room_mishaps_total")
    }

    /// The share of ticks since `earlier` that took longer than 4 ms.
    pub fn slow_ticks_since(&self, earlier: &Gauge) -> Result<f64> {
        let since = |name: &str| anyhow::Ok(self.figure(name)? - earlier.figure(name)?);
        let all = since("fogline_room_tick_seconds_count")?;
        let quick = since("fogline_room_tick_seconds_bucket{le=\"0.004\"}")?;
        Ok(if all > 0.0 { 1.0 - quick / all } else { 1.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge(ticks: u32, quick: u32) -> Gauge {
        Gauge(format!(
            "# TYPE fogline_room_tick_seconds histogram\n\
             fogline_room_tick_seconds_count {ticks}\n\
             fogline_room_tick_seconds_bucket{{le=\"0.004\"}} {quick}\n\
             fogline_room_refused_total{{why=\"shape\"}} 7\n"
        ))
    }

    #[test]
    fn figures_are_read_with_their_labels() {
        let now = gauge(200, 190);
        assert_eq!((now.refused("shape"), now.refused("flood")), (7.0, 0.0));
        let slow = now.slow_ticks_since(&gauge(100, 100)).expect("both figures are there");
        assert!((slow - 0.1).abs() < 1e-9);
        assert!(now.memory_kb().is_err());
    }
}
