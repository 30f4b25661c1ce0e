//! Errors that nobody has handled. A room survives them: one packet must not end a match.

use std::sync::atomic::{AtomicU64, Ordering};

use bevy::{
    ecs::error::{BevyError, ErrorContext},
    log::warn,
};

static HAPPENED: AtomicU64 = AtomicU64::new(0);

/// Bevy's error handler for rooms: counts, and tells of the 1st, 2nd, 4th, 8th and so on.
pub fn survive(error: BevyError, context: ErrorContext) {
    let count = HAPPENED.fetch_add(1, Ordering::Relaxed) + 1;
    if count.is_power_of_two() {
        warn!("mishap number {count}, in {} `{}`: {error}", context.kind(), context.name());
    }
}

/// In this process, since it started.
pub fn happened() -> u64 {
    HAPPENED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use bevy::{ecs::error::FallbackErrorHandler, prelude::*};

    use super::*;

    fn fail() -> Result {
        Err("this system always fails".into())
    }

    #[test]
    fn l13_failing_system_is_counted_and_the_app_goes_on() {
        let before = happened();
        let mut app = App::new();
        app.insert_resource(FallbackErrorHandler(survive)).add_systems(Update, fail);
        for _ in 0..3 {
            app.update();
        }
        assert_eq!(happened() - before, 3);
    }
}
