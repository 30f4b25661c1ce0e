//! Worse weather for the own link, for whoever wants to know how the game feels then.

use std::time::Duration;

use bevy::prelude::*;
use lightyear::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Weather>().add_systems(PreUpdate, change);
}

fn change(weather: Res<Weather>, fresh: Query<(), Added<Client>>, mut links: Query<&mut Link, With<Client>>) {
    if !weather.is_changed() && fresh.is_empty() {
        return;
    }
    for mut link in &mut links {
        link.recv.conditioner = weather.conditioner();
    }
}

/// What happens to packets of the room on their last way, in whole milliseconds.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq)]
pub struct Weather {
    /// Makes every round trip longer.
    pub lag: Duration,
    /// So much more or less.
    pub jitter: Duration,
    /// Share of packets that are lost: 0 to 1.
    pub loss: f32,
}

impl Weather {
    fn conditioner(&self) -> Option<RecvLinkConditioner> {
        let config = LinkConditionerConfig::default()
            .with_incoming_latency(self.lag)
            .with_incoming_jitter(self.jitter)
            .with_fixed_loss(self.loss.clamp(0.0, 1.0));
        (*self != Self::default()).then(|| RecvLinkConditioner::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_weather_leaves_the_link_alone() {
        assert!(Weather::default().conditioner().is_none());
        assert!(Weather { loss: 0.1, ..default() }.conditioner().is_some());
    }
}
