//! `cargo xtask up`: everything at once on this machine.

use std::{
    fs::{File, TryLockError},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{
    children::Watch,
    interrupt::{self, Interrupted},
    keys::Keys,
    layout::Layout,
    progress::Progress,
    setup::{Need, set_up},
    system::{self, Output, System, require_free},
    weather::Weather,
    web,
};

#[derive(Args)]
pub struct Options {
    /// How many rooms to run
    #[arg(long, default_value_t = 2, value_name = "N")]
    rooms: usize,
    /// Release builds: slow to make, fast to run
    #[arg(long)]
    release: bool,
    /// Without the client for browsers
    #[arg(long)]
    no_web: bool,
    /// Where the website is served
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the hub keeps its data, as `sqlite://PATH` or `postgres://...`; without it in a SQLite file of
    /// this machine's
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Length of a match
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(5..=3600))]
    match_seconds: Option<u16>,
    /// Makes every round trip between players and rooms so much longer
    #[arg(long, default_value_t = 0, value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=5000))]
    lag: u64,
    /// Lets a round trip be so much shorter or longer
    #[arg(long, default_value_t = 0, value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=5000))]
    jitter: u64,
    /// Loses so many of the packets between players and rooms, each way
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT", value_parser = percent)]
    loss: f64,
}

impl Options {
    /// None if the players should reach the rooms without a detour.
    fn weather(&self) -> Option<Weather> {
        let weather = Weather {
            lag: Duration::from_millis(self.lag),
            jitter: Duration::from_millis(self.jitter),
            loss: self.loss,
            ..Weather::default()
        };
        (weather != Weather::default()).then_some(weather)
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a share from 0 to 100".to_owned()),
    }
}

pub fn run(layout: &Layout, options: &Options) -> Result<()> {
    require_free(options.port)?;
    let _alone = lock(layout)?;
    let mut progress = Progress::new(if options.no_web { 3 } else { 5 });
    progress.begin("set-up");
    set_up(layout, &[Need::Native], &mut progress, &mut || Ok(()))?;
    let keys = Keys::load(layout)?;
    progress.note("nothing is missing");
    if !options.no_web {
        web::park(layout)?;
        progress.show_on_page(layout.web_progress());
    }

    let mut system = System::start(layout, &keys, &system_options(layout, options), &mut progress)?;
    if !options.no_web {
        progress.begin("web tools");
        let built = make_client(layout, options.release, &mut progress, &mut || system.check());
        if let Err(error) = &built
            && !error.is::<Interrupted>()
        {
            progress.fail(error);
        }
        built?;
    }
    if options.weather().is_some() {
        progress.note("players reach the rooms through bad weather");
    }
    println!("\nready: http://{}  (Ctrl-C stops everything)\n", system.hub());
    while interrupt::pause(Duration::from_millis(200)).is_ok() {
        system.check()?;
    }
    println!("stopping");
    Ok(())
}

fn make_client(layout: &Layout, release: bool, progress: &mut Progress, watch: Watch<'_>) -> Result<()> {
    set_up(layout, &Need::for_web(release), progress, watch)?;
    web::build(layout, release, progress, watch)
}

/// Database, keys and the built client are one set for this machine, so one `up` has them at a time.
fn lock(layout: &Layout) -> Result<File> {
    let file = File::create(layout.state.join("up.lock")).context("unable to create the lock file")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another `cargo xtask up` is running; stop it first"),
        Err(TryLockError::Error(error)) => Err(error).context("unable to lock `up.lock`"),
    }
}

fn system_options(layout: &Layout, options: &Options) -> system::Options {
    system::Options {
        port: options.port,
        rooms: options.rooms,
        release: options.release,
        hub_alone: true,
        match_seconds: options.match_seconds,
        bots_after_secs: None,
        weather: options.weather(),
        database: options.database.clone().unwrap_or_else(|| layout.database()),
        folder: layout.state.clone(),
        output: Output::Console,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_packets_is_a_percentage() {
        assert_eq!(percent("0.5"), Ok(0.5));
        assert_eq!(percent("30%"), Ok(30.0));
        assert!(percent("101").is_err() && percent("-1").is_err() && percent("much").is_err());
    }
}
