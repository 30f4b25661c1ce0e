//! What whoever runs the process has in hand: signals, and the admin port. Both are attended to on a
//! thread of their own, so that they work even when the loop or the line to the hub does not.

use std::{
    process,
    thread::{self, Thread},
    time::Duration,
};

use async_channel::{Receiver, Sender, bounded};
use bevy::{
    log::{error, info},
    prelude::Resource,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use crate::admin::{self, Port, Shown};

/// How long the loop may take to end when it is told to end now.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How the process was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The room takes no match any more and goes when nothing is left to do.
    Drain,
    /// The time for that is up: the room goes now.
    TimeUp,
    /// Nobody wants to wait: the room goes now, and says that it was cut short.
    AtOnce,
}

/// The app's end.
#[derive(Resource)]
pub struct Endings(pub Receiver<Ending>);

/// Starts the thread. The first SIGTERM or SIGINT drains the room, for `patience` at most; the second
/// ends it at once. The calling thread is woken for either.
///
/// # Errors
///
/// The process cannot listen for signals, or cannot start a thread.
pub fn attend(port: Option<Port>, shown: Shown, patience: Duration) -> anyhow::Result<Endings> {
    let (tell, endings) = bounded(2);
    let app = thread::current();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? }
    };
    thread::Builder::new().name("operator".into()).spawn(move || {
        runtime.block_on(async move {
            if let Some(port) = port {
                tokio::spawn(async move {
                    if let Err(error) = admin::serve(port, shown).await {
                        error!("{error:#}");
                    }
                });
            }
            heed(&mut signals, patience, &tell, &app).await;
        });
    })?;
    Ok(Endings(endings))
}

async fn heed(signals: &mut Signals, patience: Duration, tell: &Sender<Ending>, app: &Thread) {
    signals.next().await;
    info!("told to end: the room drains for {} s at most, a second signal ends it now", patience.as_secs());
    pass(Ending::Drain, tell, app);
    let ending = tokio::select! {
        () = signals.next() => Ending::AtOnce,
        () = sleep(patience) => Ending::TimeUp,
    };
    pass(ending, tell, app);
    sleep(LAST_WORDS).await;
    error!("the loop does not end, so the process does");
    process::exit(1);
}

fn pass(ending: Ending, tell: &Sender<Ending>, app: &Thread) {
    // The channel holds all that are ever sent, and without its other end the app is on its way out.
    let _ = tell.try_send(ending);
    app.unpark();
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
