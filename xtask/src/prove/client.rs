//! A running client, in a page or headless: told what to do, asked how it is.

use std::time::Duration;

use anyhow::Result;

use super::{
    game_state::{FinalScore, GameState},
    wait::{Look, until},
};

/// The longest that loading or a slow renderer may take.
pub const LOADING: Duration = Duration::from_secs(120);

/// One whole match, with time to spare.
pub const MATCH: Duration = Duration::from_secs(90);

/// An answer to something that is done at once.
pub const ANSWER: Duration = Duration::from_secs(30);

pub trait Client {
    fn name(&self) -> &str;

    /// `None` while there is nothing to see yet.
    fn state(&mut self) -> Result<Option<GameState>>;

    /// From the hub into the queue.
    fn press_play(&mut self) -> Result<()>;

    /// From the result back to the hub.
    fn press_back(&mut self) -> Result<()>;

    /// How the client reached its room, as the hook spells it.
    fn transport(&self) -> &'static str;
}

/// Waits until `pick` finds in the state what it looks for.
pub fn wait_for<T>(
    client: &mut (impl Client + ?Sized),
    what: &str,
    limit: Duration,
    pick: impl Fn(&GameState) -> Option<T>,
) -> Result<T> {
    let what = format!("{what} ({})", client.name());
    until(&what, limit, || {
        Ok(match client.state()? {
            Some(state) => match pick(&state) {
                Some(found) => Look::Found(found),
                None => Look::Instead(state.to_string()),
            },
            None => Look::Instead("no state yet".to_owned()),
        })
    })
}

pub fn wait_for_screen(client: &mut (impl Client + ?Sized), screen: &str, limit: Duration) -> Result<()> {
    wait_for(client, &format!("the screen `{screen}`"), limit, |state| {
        (state.screen() == screen).then_some(())
    })
}

/// Waits until the own tank can be driven; its seat.
pub fn wait_for_control(client: &mut (impl Client + ?Sized)) -> Result<u64> {
    wait_for(client, "control of a tank", LOADING, GameState::seat)
}

pub fn wait_for_result(client: &mut (impl Client + ?Sized)) -> Result<FinalScore> {
    wait_for(client, "the result", MATCH, GameState::result)
}
