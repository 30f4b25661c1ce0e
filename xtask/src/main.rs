//! The one entry for every chore: `cargo xtask --help`.

mod build;
mod cargo;
mod children;
mod fuzz;
mod interrupt;
mod keys;
mod layout;
mod play;
mod postgres;
mod progress;
mod prove;
mod scratch;
mod setup;
mod system;
mod test;
mod up;
mod weather;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    interrupt::Interrupted,
    layout::Layout,
    progress::Progress,
    setup::{Need, set_up},
};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Every chore of Fogline")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Sets up what is missing, builds everything and runs hub, rooms and website until Ctrl-C
    Up(up::Options),
    /// Builds and starts the native client against the running hub
    Play(play::Options),
    /// Passes every test, on a real browser and both databases
    Test,
    /// Runs one claim as an experiment and prints its figures
    Prove {
        claim: Claim,
        /// Only what fits into a minute
        #[arg(long)]
        quick: bool,
        /// Repeats the random moments of an earlier `crash`, `abuse`, `feel`, `guard` or `soak`, which has printed its seed
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
    },
    /// Gives every decoder of the wires what nobody should send, and looks what it does
    Fuzz(fuzz::Options),
    /// Runs a throw-away PostgreSQL for `cargo test` until Ctrl-C
    Postgres,
    /// Builds the wasm client only
    Web(ReleaseOption),
    /// Installs what the other chores need, or names the command that does
    Setup {
        /// Also what only the tests need
        #[arg(long)]
        tests: bool,
    },
}

#[derive(Args)]
struct ReleaseOption {
    /// Build for release: minutes longer, megabytes smaller
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Claim {
    /// Guest to driving to history row, over each transport
    Play,
    /// Random walks over the life of matches: nobody lost, nothing twice
    Lifecycle,
    /// Hub, rooms and database killed, stopped and starved: no result lost or doubled
    Crash,
    /// What attackers do, each with the figure that bounds it
    Abuse,
    /// Players over links from good to awful: corrections, delays, nothing lost
    Feel,
    /// Matches that differ only in what is hidden: not one byte of what is told may
    Fog,
    /// What attackers do to a room, beside a match that people play
    Guard,
    /// Match after match in one room for half an hour: nothing grows
    Soak,
}

fn main() -> ExitCode {
    match run(Arguments::parse().chore) {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<ExitCode> {
    interrupt::listen()?;
    let layout = Layout::find()?;
    match chore {
        Chore::Up(options) => up::run(&layout, &options)?,
        Chore::Play(options) => return play::run(&layout, &options),
        Chore::Test => return test::run(&layout),
        Chore::Prove { claim, quick, seed } => {
            let tally = match claim {
                Claim::Play => prove::play(&layout, quick),
                Claim::Lifecycle => prove::lifecycle(&layout, quick),
                Claim::Crash => prove::crash(&layout, quick, seed),
                Claim::Abuse => prove::abuse(&layout, quick, seed),
                Claim::Feel => prove::feel(&layout, quick, seed),
                Claim::Fog => prove::fog(&layout, quick),
                Claim::Guard => prove::guard(&layout, quick, seed),
                Claim::Soak => prove::soak(&layout, quick, seed),
            };
            return Ok(tally?.exit_code());
        }
        Chore::Fuzz(options) => return fuzz::run(&layout, &options),
        Chore::Postgres => postgres::run()?,
        Chore::Web(ReleaseOption { release }) => {
            let mut progress = Progress::new(2);
            progress.begin("set-up");
            set_up(&layout, &Need::for_web(release), &mut progress, &mut || Ok(()))?;
            web::build(&layout, release, &mut progress, &mut || Ok(()))?;
            progress.note(&format!("the client is in {}", layout.web().display()));
        }
        Chore::Setup { tests } => {
            let mut progress = Progress::new(1);
            progress.begin("set-up");
            let mut needs = Need::for_web(false);
            if tests {
                needs.push(Need::Test);
            }
            set_up(&layout, &needs, &mut progress, &mut || Ok(()))?;
            progress.note("nothing is missing");
        }
    }
    Ok(ExitCode::SUCCESS)
}
