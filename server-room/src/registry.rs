//! The line to the hub: dialled, registered, kept alive, dialled again. Runs on a thread of its own;
//! the app talks to it through bounded channels.

mod desk;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize},
    },
    thread,
};

use anyhow::{Context as _, bail};
use async_channel::{Receiver, Sender, bounded};
use bevy::{app::AppExit, log::error, prelude::Resource};
use game::protocol::{
    registry::{Allocation, FromRegistry, ToRegistry},
    ticket::RoomAddresses,
};

use crate::{
    journal::{Entry, Journal, Word},
    registry::desk::Desk,
    vitals::Vitals,
};

/// Messages that may wait on either side of the line.
const WAITING: usize = 256;

/// The app's end of the line.
#[derive(Resource)]
pub struct Line {
    pub orders: Receiver<FromRegistry>,
    /// Matches whose result is in the journal from now on.
    pub recorded: Receiver<Allocation>,
    /// Where players reach the room. The line stands when it has them, and is dialled anew when they
    /// change.
    pub addresses: Sender<RoomAddresses>,
    /// Where the simulation is.
    pub tick: Arc<AtomicU32>,
    /// How many results the hub has not confirmed.
    pub waiting: Arc<AtomicUsize>,
    /// The hub will never take this room.
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
/// earlier rooms in the journal. The calling thread is woken for whatever the hub says.
///
/// # Errors
///
/// `hub` is no WebSocket's URL, or a thread cannot be started.
pub fn dial(
    hub: &str,
    host_key: String,
    journal: Journal,
    left: Vec<Entry>,
    vitals: Vitals,
) -> anyhow::Result<Line> {
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
    let app = thread::current();
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
        draining: false,
        unconfirmed: left,
        addresses,
        vitals,
        app: app.clone(),
    };
    thread::Builder::new().name("journal".into()).spawn(move || journal.keep(words, record, write))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("registry".into()).spawn(move || {
        let error = runtime.block_on(desk.keep());
        error!("{error:#}");
        let _ = exits.try_send(AppExit::error());
        app.unpark();
    })?;
    Ok(Line { orders, recorded, addresses: address, tick, waiting, exit, reports: report, journal: word })
}
