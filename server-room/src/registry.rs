//! The line to the hub: dialled, registered, kept alive, dialled again. Runs on a thread of its own;
//! the app talks to it through bounded channels.

mod desk;

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize},
};

use anyhow::{Context as _, bail};
use async_channel::{Receiver, Sender, bounded};
use bevy::{app::AppExit, log::error, prelude::Resource};
use game::protocol::{
    registry::{Allocation, FromRegistry, ToRegistry},
    ticket::RoomAddresses,
};
use tokio::signal::unix::SignalKind;

use crate::{
    journal::{Entry, Journal, Word},
    registry::desk::Desk,
};

/// Messages that may wait on either side of the line.
const WAITING: usize = 256;

/// The app's end of the line.
#[derive(Resource)]
pub struct Line {
    pub orders: Receiver<FromRegistry>,
    /// Matches whose result is in the journal from now on.
    pub recorded: Receiver<Allocation>,
    pub addresses: Sender<RoomAddresses>,
    /// Where the simulation is.
    pub tick: Arc<AtomicU32>,
    /// How many results the hub has not confirmed.
    pub waiting: Arc<AtomicUsize>,
    /// The process should end.
    pub exit: Receiver<AppExit>,
    reports: Sender<ToRegistry>,
    journal: Sender<Word>,
}

impl Line {
    /// Sends a report on its way; a result by way of the journal. Fails when too many wait.
    pub fn report(&self, report: ToRegistry) -> anyhow::Result<()> {
        match report {
            ToRegistry::Result { allocation, result } => self
                .journal
                .try_send(Word::Write(Entry { allocation, result }))
                .context("the journal does not keep up"),
            report => self.reports.try_send(report).context("the line is full"),
        }
    }
}

/// Starts the thread that keeps the line and the one that keeps the journal. `left` are the results of
/// earlier rooms in the journal.
pub fn dial(hub: &str, host_key: String, journal: Journal, left: Vec<Entry>) -> anyhow::Result<Line> {
    let url = format!("{}/socket/room", hub.trim_end_matches('/'));
    if !(url.starts_with("ws://") || url.starts_with("wss://")) {
        bail!("--hub `{hub}` should begin with ws:// or wss://");
    }
    let (order, orders) = bounded(WAITING);
    let (report, reports) = bounded(WAITING);
    let (word, words) = bounded(WAITING);
    let (record, recorded) = bounded(WAITING);
    let (write, written) = bounded(WAITING);
    let (address, addresses) = bounded(1);
    let (exits, exit) = bounded(1);
    let (tick, waiting) = (Arc::new(AtomicU32::new(0)), journal.waiting());
    let desk = Desk {
        url,
        host_key,
        orders: order,
        reports,
        written,
        journal: word.clone(),
        tick: tick.clone(),
        beaten: 0,
        playing: None,
        unconfirmed: left,
    };
    std::thread::Builder::new().name("journal".into()).spawn(move || journal.keep(words, record, write))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("registry".into()).spawn(move || {
        let code = runtime.block_on(async {
            tokio::select! {
                error = desk.keep(addresses) => {
                    error!("{error:#}");
                    AppExit::error()
                }
                () = told_to_stop() => AppExit::Success,
            }
        });
        let _ = exits.try_send(code);
    })?;
    Ok(Line { orders, recorded, addresses: address, tick, waiting, exit, reports: report, journal: word })
}

async fn told_to_stop() {
    let mut terminate = match tokio::signal::unix::signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            error!("unable to listen for SIGTERM: {error}");
            return;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
