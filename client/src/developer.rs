//! F3: how the link does, and worse weather for it.

use std::time::Duration;

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts, EguiPrimaryContextPass,
    egui::{self, Rect, Slider, pos2, vec2},
};
use game::{
    client::{RoomLink, shell::Shots, weather::Weather},
    sim::schedule::TICK,
};
use lightyear::prelude::{LocalTimelineSync, PredictionMetrics};

use crate::ui::{UiSystems, widget};

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Developer>()
        .add_systems(Update, toggle)
        .add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(opened));
}

fn toggle(keys: Res<ButtonInput<KeyCode>>, mut developer: ResMut<Developer>) {
    if keys.just_pressed(KeyCode::F3) {
        developer.open = !developer.open;
    }
}

fn opened(developer: Res<Developer>) -> bool {
    developer.open
}

fn show(
    mut contexts: EguiContexts,
    link: Res<RoomLink>,
    sync: Res<LocalTimelineSync>,
    metrics: Res<PredictionMetrics>,
    shots: Res<Shots>,
    mut weather: ResMut<Weather>,
) -> Result {
    let view = View {
        rtt: link.rtt,
        jitter: link.jitter,
        delay: TICK * u32::from(sync.input_delay()),
        rollbacks: metrics.rollbacks,
        replayed: metrics.rollback_ticks,
        shots: *shots,
        weather: *weather,
    };
    let rect = Rect::from_min_size(pos2(16.0, 72.0), vec2(344.0, 344.0));
    let changed = widget::panel(contexts.ctx_mut()?, "developer", rect, |ui| developer_ui(ui, &view));
    if let Some(changed) = changed {
        *weather = changed;
    }
    Ok(())
}

#[derive(Debug)]
struct View {
    rtt: Duration,
    jitter: Duration,
    /// Between a key and what the tank does.
    delay: Duration,
    rollbacks: u32,
    /// Ticks in all of them.
    replayed: u32,
    shots: Shots,
    weather: Weather,
}

impl View {
    fn lines(&self) -> [String; 4] {
        let depth = f64::from(self.replayed) / f64::from(self.rollbacks.max(1));
        [
            format!("Round trip {} ms, jitter {} ms", self.rtt.as_millis(), self.jitter.as_millis()),
            format!("Input delay {} ms", self.delay.as_millis()),
            format!("{} corrections of {depth:.0} ticks", self.rollbacks),
            format!("{} shots, {} as foreseen", self.shots.fired, self.shots.matched),
        ]
    }
}

/// The weather that is asked for.
fn developer_ui(ui: &mut egui::Ui, view: &View) -> Option<Weather> {
    widget::caption(ui, "Link");
    for line in view.lines() {
        widget::quiet(ui, &line);
    }
    ui.add_space(8.0);
    widget::caption(ui, "Weather on the way here");
    let [mut lag, mut jitter] = [view.weather.lag, view.weather.jitter].map(millis);
    let mut loss = (view.weather.loss * 100.0).round() as u32;
    let sliders = [
        ui.add(Slider::new(&mut lag, 0..=500).suffix(" ms").text("lag")),
        ui.add(Slider::new(&mut jitter, 0..=200).suffix(" ms").text("jitter")),
        ui.add(Slider::new(&mut loss, 0..=90).suffix(" %").text("loss")),
    ];
    sliders.iter().any(egui::Response::changed).then(|| Weather {
        lag: Duration::from_millis(lag.into()),
        jitter: Duration::from_millis(jitter.into()),
        loss: loss as f32 / 100.0,
    })
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// Whether the developer's panel is open.
#[derive(Resource, Default)]
pub(crate) struct Developer {
    pub open: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_link_are_read_at_a_glance() {
        let view = View {
            rtt: Duration::from_millis(121),
            jitter: Duration::from_millis(7),
            delay: TICK * 3,
            rollbacks: 2,
            replayed: 20,
            shots: Shots { fired: 9, matched: 8, ..default() },
            weather: Weather::default(),
        };
        let lines = [
            "Round trip 121 ms, jitter 7 ms",
            "Input delay 49 ms",
            "2 corrections of 10 ticks",
            "9 shots, 8 as foreseen",
        ];
        assert_eq!(view.lines(), lines);
    }
}
